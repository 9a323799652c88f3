"""Where several growing layers meet before the next: their outputs are added, or laid side by side."""

from collections.abc import Sequence

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Float, Num, Tensor

from ._activations import for_new_neurons, slope_right_of_zero, widen_norms
from ._merge_statistics import MergeStatisticsPart
from ._module_layer import Growable
from ._module_outgoing import Predecessor
from ._resize import Insertion
from ._statistics import TensorStatistic


class LinearMergeGrowingModule(MergeStatisticsPart, Predecessor):
    """The sum, or the concatenation, of several linear layers, and a function of it.

    A neuron that is added before the next layer reads from every predecessor of a sum, jointly,
    with one bias; behind a concatenation it belongs to the one predecessor where it explains most.
    Weights of the next layer, its optimiser state, and norms follow.

    Args:
        previous_modules: The layers that meet; their own functions must have one slope at 0.
        mode: `sum` or `concat`.
        post_merge_function: What follows the merge; the identity by default. Norms are allowed
            after a sum.
        name: For messages.

    Raises:
        ConfigError: If there are no layers, the mode is unknown, or widths of a sum differ.

    Example:
        >>> from edgelab.growth import LinearGrowingModule
        >>> left, right = LinearGrowingModule(3, 4), LinearGrowingModule(2, 4)
        >>> merge = LinearMergeGrowingModule([left, right], post_merge_function=nn.ReLU())
        >>> after = LinearGrowingModule(4, 1, previous_module=merge)
        >>> x, y = torch.randn(9, 3), torch.randn(9, 2)
        >>> after.init_computation()
        >>> after(merge(left(x), right(y))).exp().sum().backward()
        >>> after.update_computation()
        >>> _ = after.compute_optimal_updates(maximum_added_neurons=1)
        >>> after.reset_computation()
        >>> _ = after.apply_change(scaling_factor=0.1)
        >>> left.out_features, right.out_features, after.in_features
        (5, 5, 5)
    """

    _owners: Tensor

    @property
    def tensor_s(self) -> TensorStatistic:
        """S_X of what new neurons would read: all inputs of all predecessors, and one column of
        ones.
        """
        return self._statistics["growth"]

    def extended_forward(
        self, outputs: Sequence[Num[Tensor, "..."]], extensions: Sequence[Num[Tensor, "..."] | None]
    ) -> tuple[Num[Tensor, "..."], Num[Tensor, "..."] | None]:
        """Merge what the predecessors' `extended_forward` returned.

        Args:
            outputs: Activations.
            extensions: Those of new neurons.

        Returns:
            Merged activations, and those of new neurons (None without any).
        """
        merged = self.post_merge_function(self._merge(outputs))
        given = [
            self._own_part(index, new) for index, new in enumerate(extensions) if new is not None
        ]
        if not given:
            return merged, None
        new = torch.stack(given).sum(dim=0)
        return merged, for_new_neurons(self.post_merge_function, new.shape[-1])(new)

    def _own_part(self, index: int, new: Tensor) -> Tensor:
        return new if self.mode == "sum" else new * (self._owners == index).to(new)

    def growth_blocks(self) -> list[Tensor | None]:
        """Return that new neurons of a sum read everything, and those of a concatenation one
        predecessor's inputs.
        """
        if self.mode == "sum":
            return [None]
        device = self.previous_modules[0].weight.device
        start = 0
        blocks: list[Tensor | None] = []
        last = sum(module.in_features for module in self.previous_modules)
        for module in self.previous_modules:
            indices = [
                *range(start, start + module.in_features),
                *([last] if self.growth_ones else []),
            ]
            blocks.append(torch.tensor(indices, device=device))
            start += module.in_features
        return blocks

    @torch.no_grad()
    def set_output_extension(self, alpha: Float[Tensor, "neurons inputs"]) -> None:
        """Store with every predecessor its part of new neurons.

        Args:
            alpha: One row per neuron; the inputs of all predecessors, and the bias last.
        """
        sizes = [module.in_features for module in self.previous_modules]
        parts = alpha[:, : sum(sizes)].split(sizes, dim=1)
        self._owners = torch.stack([part.abs().sum(dim=1) for part in parts]).argmax(dim=0)
        first_with_bias = next(
            (i for i, module in enumerate(self.previous_modules) if module.use_bias), None
        )
        for index, (module, part) in enumerate(zip(self.previous_modules, parts, strict=True)):
            if module.use_bias:
                bias = torch.zeros_like(part[:, :1])
                if self.mode == "concat":
                    bias[self._owners == index] = alpha[self._owners == index, -1:]
                elif index == first_with_bias:
                    bias = alpha[:, -1:]
                part = torch.cat([part, bias], dim=1)
            module.set_output_extension(part)

    def output_extensions(self) -> list[Growable]:
        """Return the stored new neurons as layers, one per predecessor."""
        return [layer for module in self.previous_modules for layer in module.output_extensions()]

    def select_output_extension(self, kept: Tensor) -> None:
        """Keep some of the stored neurons.

        Args:
            kept: Their indices.
        """
        self._owners = self._owners[kept]
        for module in self.previous_modules:
            module.select_output_extension(kept)

    def drop_output_extension(self) -> None:
        """Forget the stored neurons."""
        for module in self.previous_modules:
            module.drop_output_extension()

    @torch.no_grad()
    def apply_output_extension(self) -> list[Insertion]:
        """Make the stored neurons part of the predecessors.

        Returns:
            Which parameters grew.
        """
        insertions = []
        added = 0
        for index, module in enumerate(self.previous_modules):
            extension = module.extended_output_layer
            if extension is None:
                continue
            added = extension.weight.shape[0]
            if self.mode == "concat":
                own = (self._owners == index).nonzero().flatten()
                module.select_output_extension(own)
            insertions += module.apply_output_extension()
        return insertions + (widen_norms(self.post_merge_function, added) if added else [])

    def input_slots(self, count: int) -> list[tuple[int, Tensor]]:
        """Return where new neurons arrive at the next layer: at the end, or at the end of their
        predecessor's part.

        Args:
            count: How many are new.

        Returns:
            Positions and indices, positions rising.
        """
        if self.mode == "sum":
            return [(self.in_features, torch.arange(count))]
        ends = (
            torch.tensor([module.out_features for module in self.previous_modules])
            .cumsum(0)
            .tolist()
        )
        return [
            (end, (self._owners == index).nonzero().flatten().cpu())
            for index, end in enumerate(ends)
        ]

    def constant_lift(self) -> Float[Tensor, ""]:
        """Return a small pre-activation, or 0 if no predecessor of a sum has a bias, or for a
        concatenation.
        """
        if self.mode == "concat":
            return self.previous_modules[0].weight.new_zeros(
                ()
            )  # what a neuron reads says whose it is
        lifts = torch.stack([module.constant_lift() for module in self.previous_modules])
        return lifts.max()

    def reading_length(self) -> Float[Tensor, ""]:
        """Return the mean norm of the weights of a neuron."""
        return torch.stack([module.reading_length() for module in self.previous_modules]).mean()

    def outgoing_function(self) -> nn.Module:
        """Return what neurons pass through: the function of the predecessors, then that of the
        merge.

        Raises:
            GrowthError: If functions of predecessors differ in their slope at 0.
        """
        functions = [module.outgoing_function() for module in self.previous_modules]
        if len({float(slope_right_of_zero(function)) for function in functions}) > 1:
            raise GrowthError(
                f"layers before {self.name} have functions of different slopes at 0; give all the same"
            )
        return nn.Sequential(functions[0], self.post_merge_function)

    @property
    def output_extension_scaling(self) -> Tensor:
        """Factor of the stored neurons, a tensor of one number."""
        return self.previous_modules[0].output_extension_scaling

    @output_extension_scaling.setter
    def output_extension_scaling(self, value: float | Tensor) -> None:
        for module in self.previous_modules:
            module.output_extension_scaling = value
