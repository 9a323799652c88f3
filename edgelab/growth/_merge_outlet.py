"""A merge of growing layers as the one before another."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Float, Int, Num, Tensor

from ._activations import for_new_neurons, slope_right_of_zero, widen_norms
from ._layer_outlet import LayerOutlet
from ._outlet import Outlet
from ._resize import Growable, Insertion
from ._statistics import Statistics
from ._tensor_statistic import TensorStatistic


@runtime_checkable
class Merge(Protocol):
    """What an outlet needs of the merge that it belongs to."""

    name: str
    mode: str
    post_merge_function: nn.Module


class MergeOutlet(Outlet):
    """The outlet of a merge, made of those of the layers that meet.

    A neuron behind a sum reads from every layer, jointly, with one bias; behind a concatenation it
    belongs to the one layer where it explains most.
    """

    def __init__(
        self, owner: Merge, outlets: Sequence[LayerOutlet], statistics: Statistics
    ) -> None:
        self.owner = owner
        self.outlets = list(outlets)
        self.statistics = statistics
        self.owners = torch.zeros(0, dtype=torch.int64)  # of the stored neurons: which layer's

    @property
    def name(self) -> str:  # type: ignore[override]
        """That of the merge."""
        return self.owner.name

    @property
    def is_sum(self) -> bool:
        """Whether outputs are added, not laid side by side."""
        return self.owner.mode == "sum"

    @property
    def has_bias(self) -> bool:
        """Whether a layer has one, or every layer behind a concatenation."""
        biases = [outlet.has_bias for outlet in self.outlets]
        return any(biases) if self.is_sum else all(biases)

    @property
    def second_moment(self) -> TensorStatistic:
        """Over all inputs of all layers, and one column of ones."""
        return self.statistics["growth"]

    def start_recording(self) -> None:
        """Keep the inputs of all layers, for the next one."""
        self.start("next")

    def stop_recording(self) -> None:
        """Keep the inputs for the next layer no longer."""
        self.stop("next")

    def start(self, purpose: str) -> None:
        """Keep the inputs of all layers, for a purpose of `Statistics`."""
        self.statistics.start(purpose)
        for outlet in self.outlets:
            outlet.start_recording()

    def stop(self, purpose: str) -> None:
        """Keep the inputs for this purpose no longer."""
        self.statistics.stop(purpose)
        if not self.statistics.is_recording:
            for outlet in self.outlets:
                outlet.stop_recording()

    def rows(self) -> Float[Tensor, "samples readings"]:
        """The kept inputs of all layers side by side."""
        return torch.cat([outlet.rows() for outlet in self.outlets], dim=1)

    def windows(self) -> Float[Tensor, "batch readings height width"] | None:
        """None: merges are of linear layers."""
        return None

    def blocks(self) -> list[Int[Tensor, " inputs"] | None]:
        """Everything behind a sum; one layer's inputs, and the one, behind a concatenation."""
        if self.is_sum:
            return [None]
        sizes = [outlet.n_readings for outlet in self.outlets]
        ones = [sum(sizes)] if self.has_bias else []
        device = self.outlets[0].weight.device
        start = 0
        blocks: list[Tensor | None] = []
        for size in sizes:
            indices = [*range(start, start + size), *ones]
            blocks.append(torch.tensor(indices, device=device))
            start += size
        return blocks

    @torch.no_grad()
    def store(self, alpha: Float[Tensor, "neurons readings"]) -> None:
        """Store with every layer its part of new neurons; of a sum, the bias with one layer."""
        sizes = [outlet.n_readings for outlet in self.outlets]
        parts = alpha[:, : sum(sizes)].split(sizes, dim=1)
        self.owners = torch.stack([part.abs().sum(dim=1) for part in parts]).argmax(dim=0)
        with_bias = [index for index, outlet in enumerate(self.outlets) if outlet.has_bias]
        for index, (outlet, part) in enumerate(zip(self.outlets, parts, strict=True)):
            if not outlet.has_bias:
                outlet.store(part)
                continue
            bias = torch.zeros_like(part[:, :1])
            if not self.is_sum:
                bias[self.owners == index] = alpha[self.owners == index, -1:]
            elif index == with_bias[0]:
                bias = alpha[:, -1:]
            outlet.store(torch.cat([part, bias], dim=1))

    def layers(self) -> list[Growable]:
        """One per layer that meets, or none."""
        return [layer for outlet in self.outlets for layer in outlet.layers()]

    def select(self, kept: Int[Tensor, " neurons"]) -> None:
        """Keep some of the stored neurons."""
        self.owners = self.owners[kept]
        for outlet in self.outlets:
            outlet.select(kept)

    def drop(self) -> None:
        """Forget the stored neurons."""
        for outlet in self.outlets:
            outlet.drop()

    @torch.no_grad()
    def apply(self) -> list[Insertion]:
        """Let every layer have its neurons, and the norms behind the merge follow."""
        insertions = []
        added = 0
        for index, outlet in enumerate(self.outlets):
            if outlet.extension is None:
                continue
            added = outlet.extension.weight.shape[0]
            if not self.is_sum:
                outlet.select((self.owners == index).nonzero().flatten())
            insertions += outlet.apply()
        return insertions + (widen_norms(self.owner.post_merge_function, added) if added else [])

    def slots(self, count: int) -> list[tuple[int, Int[Tensor, " neurons"]]]:
        """At the end, or at the end of their layer's part."""
        widths = [outlet.n_neurons for outlet in self.outlets]
        if self.is_sum:
            return [(widths[0], torch.arange(count))]
        end = 0
        slots = []
        for index, width in enumerate(widths):
            end += width
            slots.append((end, (self.owners == index).nonzero().flatten().cpu()))
        return slots

    @property
    def scaling(self) -> Float[Tensor, " 1"]:
        """Factor of the stored neurons, the same for all layers."""
        return self.outlets[0].scaling

    @scaling.setter
    def scaling(self, value: float | Tensor) -> None:
        for outlet in self.outlets:
            outlet.scaling = value

    def activation(self, parts: Sequence[Num[Tensor, "..."] | None]) -> Tensor | None:
        """What stored neurons pass on, of which every layer has computed its part; None of none."""
        own = [self._own_part(index, part) for index, part in enumerate(parts) if part is not None]
        if not own:
            return None
        merged = torch.stack(own).sum(dim=0)
        return for_new_neurons(self.owner.post_merge_function, merged.shape[-1])(merged)

    def _own_part(self, index: int, part: Tensor) -> Tensor:
        return part if self.is_sum else part * (self.owners == index).to(part)

    def function(self) -> nn.Module:
        """The function of the layers, then that of the merge."""
        functions = [outlet.function() for outlet in self.outlets]
        if len({float(slope_right_of_zero(function)) for function in functions}) > 1:
            raise GrowthError(
                f"layers before {self.name} have functions of different slopes at 0; give all the "
                "same"
            )
        return nn.Sequential(functions[0], self.owner.post_merge_function)

    def constant_lift(self) -> Float[Tensor, ""]:
        """The largest of the layers'; 0 behind a concatenation."""
        if not self.is_sum:  # what a neuron reads tells whose it is, so it cannot be nothing
            return self.outlets[0].weight.new_zeros(())
        return torch.stack([outlet.constant_lift() for outlet in self.outlets]).max()

    def reading_length(self) -> Float[Tensor, ""]:
        """Mean over the layers."""
        return torch.stack([outlet.reading_length() for outlet in self.outlets]).mean()
