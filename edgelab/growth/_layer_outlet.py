"""A growing layer as the one before another."""

from typing import Protocol, runtime_checkable

import torch
from torch import nn

from edgelab.typing import Float, Int, Num, Tensor

from ._activations import for_new_neurons
from ._adapter import LayerAdapter
from ._outlet import Outlet, as_scaling
from ._resize import Growable, Insertion
from ._statistics import Statistics
from ._tensor_statistic import TensorStatistic

# More samples of the kept batch would not change the size of a typical pre-activation.
_SAMPLES_FOR_SIZE = 256


@runtime_checkable
class GrowingLayer(Protocol):
    """What an outlet needs of the growing module that it belongs to."""

    name: str
    post_layer_function: nn.Module
    extended_post_layer_function: nn.Module | None

    @property
    def adapter(self) -> LayerAdapter: ...

    def layer_of_tensor(
        self, weight: Tensor, bias: Tensor | None = None, force_bias: bool = True
    ) -> Growable: ...

    def layer_out_extension(
        self, weight: Tensor, bias: Tensor | None = None
    ) -> list[Insertion]: ...


class LayerOutlet(Outlet):
    """The outlet of a growing layer; its neurons read all inputs of the layer."""

    def __init__(self, owner: GrowingLayer, statistics: Statistics) -> None:
        self.owner = owner
        self.statistics = statistics
        self.extension: Growable | None = None
        self.scaling = 0.0

    @property
    def name(self) -> str:  # type: ignore[override]
        """That of the layer."""
        return self.owner.name

    @property
    def weight(self) -> Tensor:
        """That of the layer."""
        return self.owner.adapter.layer.weight

    @property
    def has_bias(self) -> bool:
        """Whether the layer has a bias."""
        return self.owner.adapter.has_bias

    @property
    def n_readings(self) -> int:
        """How many numbers a new neuron would read, the one of the bias left out."""
        return self.owner.adapter.in_features

    @property
    def n_neurons(self) -> int:
        """How many neurons the next layer receives from this one."""
        return self.owner.adapter.out_features

    @property
    def second_moment(self) -> TensorStatistic:
        """S of the layer, shared: never counted twice."""
        return self.statistics["tensor_s"]

    def start_recording(self) -> None:
        """Keep the layer's inputs, for the next layer."""
        self.statistics.start("next")

    def stop_recording(self) -> None:
        """Keep the layer's inputs for the next layer no longer."""
        self.statistics.stop("next")

    def rows(self) -> Float[Tensor, "samples readings"]:
        """The layer's kept input."""
        return self.owner.adapter.rows_of(self.statistics.input)

    def windows(self) -> Float[Tensor, "batch readings height width"] | None:
        """The layer's kept input, window by window."""
        return self.owner.adapter.windows_of(self.statistics.input)

    def blocks(self) -> list[Int[Tensor, " inputs"] | None]:
        """Every new neuron reads all inputs."""
        return [None]

    @torch.no_grad()
    def store(self, alpha: Float[Tensor, "neurons readings"]) -> None:
        """Store new neurons as a layer."""
        weight, bias = self.owner.adapter.split_rows(alpha.to(self.weight))
        self.extension = self.owner.layer_of_tensor(weight, bias) if len(alpha) else None

    def layers(self) -> list[Growable]:
        """One layer, or none."""
        return [] if self.extension is None else [self.extension]

    def select(self, kept: Int[Tensor, " neurons"]) -> None:
        """Keep some of the stored neurons; no layer is left if that is none."""
        if self.extension is None:
            return
        weight = self.extension.weight[kept]
        bias = self.extension.bias
        bias = None if bias is None else bias[kept]
        self.extension = self.owner.layer_of_tensor(weight, bias) if len(kept) else None

    def drop(self) -> None:
        """Forget the stored neurons."""
        self.extension = None

    @torch.no_grad()
    def apply(self) -> list[Insertion]:
        """Append the stored neurons, times `scaling`, to the layer, and forget them here."""
        extension = self.extension
        if extension is None:
            return []
        scale = self.scaling.to(self.weight)
        bias = None if extension.bias is None else extension.bias * scale
        self.extension = None
        return self.owner.layer_out_extension(extension.weight * scale, bias)

    def slots(self, count: int) -> list[tuple[int, Int[Tensor, " neurons"]]]:
        """All behind the present neurons."""
        return [(self.n_neurons, torch.arange(count))]

    @property
    def scaling(self) -> Float[Tensor, " 1"]:
        """Factor of the stored neurons."""
        return self._scaling

    @scaling.setter
    def scaling(self, value: float | Tensor) -> None:
        self._scaling = as_scaling(value, self.weight)

    def activation(self, x: Num[Tensor, "..."]) -> Num[Tensor, "..."] | None:
        """What the stored neurons pass on at their present scaling; None without any."""
        if self.extension is None:
            return None
        pre_activity = self.scaling * self.extension(x)
        if self.owner.extended_post_layer_function is not None:
            return self.owner.extended_post_layer_function(pre_activity)
        n_new = self.extension.weight.shape[0]
        return for_new_neurons(self.owner.post_layer_function, n_new)(pre_activity)

    def function(self) -> nn.Module:
        """The function after the layer."""
        return self.owner.post_layer_function

    @torch.no_grad()
    def constant_lift(self) -> Float[Tensor, ""]:
        """A thousandth of the root mean square of the last kept batch's pre-activations."""
        if not self.has_bias:
            return self.weight.new_zeros(())
        pre_activity = self.owner.adapter.layer(self.statistics.input[:_SAMPLES_FOR_SIZE])
        size = pre_activity.square().mean().sqrt()
        return torch.where(size > 0, 1e-3 * size, 1e-3)

    def reading_length(self) -> Float[Tensor, ""]:
        """Mean norm of the weights of a neuron; 1 without neurons."""
        if not self.weight.numel():
            return self.weight.new_ones(())
        return self.weight.flatten(1).norm(dim=1).mean()
