"""What the layer after a growing layer asks of it: new neurons that read here and speak there."""

from abc import ABC, abstractmethod

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Float, Tensor

from ._activations import for_new_neurons, slope_right_of_zero
from ._module_layer import Growable
from ._module_statistics import StatisticsPart
from ._resize import Insertion
from ._statistics import TensorStatistic


class Predecessor(ABC):
    """Whatever new neurons can be put behind: a growing layer, or a merge of several."""

    @property
    @abstractmethod
    def tensor_s(self) -> TensorStatistic:
        """S_X of what new neurons would read."""

    @abstractmethod
    def start_recording(self, purpose: str) -> None:
        """Keep inputs from now on."""

    @abstractmethod
    def stop_recording(self, purpose: str) -> None:
        """Keep inputs no longer."""

    @abstractmethod
    def growth_rows(self) -> Tensor:
        """Return what new neurons would read as a matrix, ones left out."""

    @property
    @abstractmethod
    def growth_ones(self) -> bool:
        """Whether new neurons have a bias."""

    @abstractmethod
    def growth_blocks(self) -> list[Tensor | None]:
        """Return which inputs one new neuron may read: None for all, or indices for each layer with
        its own neurons.
        """

    @abstractmethod
    def set_output_extension(self, alpha: Tensor) -> None:
        """Store new neurons, one row each, the bias last."""

    @abstractmethod
    def output_extensions(self) -> list[Growable]:
        """Return the stored new neurons as layers."""

    @abstractmethod
    def select_output_extension(self, kept: Tensor) -> None:
        """Keep some of the stored neurons."""

    @abstractmethod
    def drop_output_extension(self) -> None:
        """Forget the stored neurons."""

    @abstractmethod
    def apply_output_extension(self) -> list[Insertion]:
        """Make the stored neurons part of the network."""

    @abstractmethod
    def input_slots(self, count: int) -> list[tuple[int, Tensor]]:
        """Return where new neurons arrive: position among the present ones, and which of the new."""

    @abstractmethod
    def constant_lift(self) -> Float[Tensor, ""]:
        """Return a small pre-activation that brings a neuron past a kink at 0."""

    @abstractmethod
    def reading_length(self) -> Float[Tensor, ""]:
        """Return the mean norm of what a neuron's weights are."""

    @property
    @abstractmethod
    def output_extension_scaling(self) -> Tensor:
        """Factor of the stored neurons."""

    @abstractmethod
    def outgoing_function(self) -> nn.Module:
        """Return what neurons pass through on their way to the next layer."""


class OutgoingPart(StatisticsPart, Predecessor):
    """A growing layer as the one before another; see `GrowingModule`."""

    def growth_rows(self) -> Tensor:
        """Return what new neurons of this layer would read as a matrix, ones left out."""
        return self.rows_of(self.input)

    @property
    def growth_ones(self) -> bool:
        """Whether new neurons of this layer have a bias."""
        return self.use_bias

    def growth_blocks(self) -> list[Tensor | None]:
        """Return that every new neuron reads all inputs."""
        return [None]

    @torch.no_grad()
    def set_output_extension(self, alpha: Float[Tensor, "neurons inputs"]) -> None:
        """Store new neurons of this layer.

        Args:
            alpha: One row per neuron, the bias last if the layer has one.
        """
        if alpha.shape[0] == 0:
            self.extended_output_layer = None
            return
        alpha = alpha.to(self.weight)
        weight = alpha[:, : self.in_features].reshape(-1, *self.weight.shape[1:])
        self.extended_output_layer = self.layer_of_tensor(
            weight, alpha[:, -1] if self.use_bias else None
        )

    def output_extensions(self) -> list[Growable]:
        """Return the stored new neurons as a layer, in a list that is empty without any."""
        return [] if self.extended_output_layer is None else [self.extended_output_layer]

    def select_output_extension(self, kept: Tensor) -> None:
        """Keep some of the stored neurons.

        Args:
            kept: Their indices.
        """
        extension = self.extended_output_layer
        if extension is not None:
            bias = None if extension.bias is None else extension.bias[kept]
            self.extended_output_layer = (
                self.layer_of_tensor(extension.weight[kept], bias) if len(kept) else None
            )

    def drop_output_extension(self) -> None:
        """Forget the stored neurons."""
        self.extended_output_layer = None

    @torch.no_grad()
    def apply_output_extension(self) -> list[Insertion]:
        """Make the stored neurons, times `output_extension_scaling`, part of this layer, and forget
        the store.

        Returns:
            Which parameters grew.
        """
        extension = self.extended_output_layer
        if extension is None:
            return []
        scale = self.output_extension_scaling.to(self.weight)
        bias = None if extension.bias is None else extension.bias * scale
        self.extended_output_layer = None
        return self.layer_out_extension(extension.weight * scale, bias)

    def input_slots(self, count: int) -> list[tuple[int, Tensor]]:
        """Return where new neurons arrive at the next layer: after all present ones.

        Args:
            count: How many are new.

        Returns:
            One position with all indices.
        """
        return [(self.n_outgoing, torch.arange(count))]

    @property
    def n_outgoing(self) -> int:
        """How many neurons the next layer receives from this one."""
        return self.weight.shape[0]

    @torch.no_grad()
    def constant_lift(self) -> Float[Tensor, ""]:
        """Return a small pre-activation: a thousandth of the root mean square of the last kept
        batch's.

        Returns:
            0 if the layer has no bias to put it in.
        """
        if not self.use_bias:
            return self.weight.new_zeros(())
        size = self.layer(self.input[:256]).square().mean().sqrt()
        return torch.where(size > 0, 1e-3 * size, 1e-3)

    def reading_length(self) -> Float[Tensor, ""]:
        """Return the mean norm of the weights of a neuron; 1 without neurons."""
        return (
            self.weight.flatten(1).norm(dim=1).mean()
            if self.weight.numel()
            else self.weight.new_ones(())
        )

    def outgoing_function(self) -> nn.Module:
        """Return the function after this layer, norms included."""
        return self.post_layer_function

    def activation_of_new(self, pre_activity: Tensor, n_neurons: int) -> Tensor:
        """Return what new neurons of this layer pass on, `extended_post_layer_function` if there is
        one.

        Args:
            pre_activity: Of the new neurons.
            n_neurons: How many they are.

        Returns:
            Of the same shape.
        """
        if self.extended_post_layer_function is not None:
            return self.extended_post_layer_function(pre_activity)
        return for_new_neurons(self.post_layer_function, n_neurons)(pre_activity)

    @property
    def output_extension_scaling(self) -> Tensor:
        """Factor of the stored neurons, a tensor of one number."""
        return self._output_extension_scaling

    @output_extension_scaling.setter
    def output_extension_scaling(self, value: float | Tensor) -> None:
        self._output_extension_scaling = as_scaling(value, self.weight)

    @property
    def activation_gradient(self) -> Tensor:
        """Slope, just above 0, of the function between the previous layer and this one."""
        if self.previous_module is None:
            raise GrowthError(
                f"{self.name} has no previous module, hence no activation before it; set previous_module"
            )
        return slope_right_of_zero(self.previous_module.outgoing_function(), self.weight)


def as_scaling(value: float | Tensor, like: Tensor) -> Tensor:
    """Make a tensor of one number; a tensor keeps its graph, so that scalings can be learnt.

    Args:
        value: A number.
        like: Gives type and device.

    Returns:
        Of shape (1,).

    Example:
        >>> as_scaling(2.0, torch.zeros(()))
        tensor([2.])
    """
    return torch.as_tensor(value, dtype=like.dtype, device=like.device).reshape(1)
