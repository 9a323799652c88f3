"""Where growing layers meet before the next: outputs are added, or laid side by side."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from edgelab.checks import check_choice
from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Float, Num, Tensor

from ._adapter import with_ones
from ._linear_module import LinearGrowingModule
from ._merge_outlet import MergeOutlet
from ._moments import moment_sum, second_moment_sum
from ._solve import first_order_decrease, optimal_delta
from ._statistics import Statistics
from ._tensor_statistic import TensorStatistic

# Statistics of the merge itself; "growth" is for the layer after it.
_OWN = ("activity", "inputs", "inputs_and_gradient")


class LinearMergeGrowingModule(nn.Module):
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

    previous_modules: list[LinearGrowingModule]
    next_module: Any

    def __init__(
        self,
        previous_modules: Sequence[LinearGrowingModule],
        mode: str = "sum",
        post_merge_function: nn.Module | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__()
        check_choice("mode", mode, ["sum", "concat"])
        widths = {module.out_features for module in previous_modules}
        if not widths or (mode == "sum" and len(widths) > 1):
            raise ConfigError(
                f"layers that are added must have one width, got {sorted(widths)}; use "
                "mode='concat'"
            )
        self.previous_modules = list(previous_modules)
        self.next_module = None
        self.mode = mode
        self.name = name or type(self).__name__
        self.post_merge_function = (
            nn.Identity() if post_merge_function is None else post_merge_function
        )
        updates = {
            "growth": self._growth_update,
            "activity": self._activity_update,
            "inputs": self._inputs_update,
            "inputs_and_gradient": self._inputs_and_gradient_update,
        }
        self._statistics = Statistics(self.name, updates, shared="growth", kept="activity")
        outlets = [module.outlet for module in self.previous_modules]
        self.outlet = MergeOutlet(self, outlets, self._statistics)
        for module in self.previous_modules:
            module.next_module = self

    def __setattr__(self, name: str, value: Any) -> None:
        # Neighbours are not parts, nor are scalings, even if someone wants to learn one.
        if name in {"previous_modules", "next_module", "output_extension_scaling"}:
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def in_features(self) -> int:
        """Numbers that come in after merging."""
        widths = [module.out_features for module in self.previous_modules]
        return sum(widths) if self.mode == "concat" else widths[0]

    @property
    def out_features(self) -> int:
        """Numbers that go out."""
        return self.in_features

    @property
    def total_in_features(self) -> int:
        """Numbers that all predecessors read together, ones included."""
        return sum(module.in_features + module.use_bias for module in self.previous_modules)

    # Passing samples on.

    def forward(self, *outputs: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
        """Merge what the predecessors put out.

        Args:
            *outputs: One per predecessor, in their order.

        Returns:
            The function of their sum, or of their concatenation.
        """
        merged = self._merge(outputs)
        activity = self.post_merge_function(
            self._statistics.protected(merged, self.post_merge_function)
        )
        self._statistics.keep(activity, merged)
        return activity

    def _merge(self, outputs: Sequence[Tensor]) -> Tensor:
        if len(outputs) != len(self.previous_modules):
            raise GrowthError(
                f"{self.name} merges {len(self.previous_modules)} layers, got {len(outputs)} "
                "outputs"
            )
        if self.mode == "concat":
            return torch.cat(list(outputs), dim=-1)
        return torch.stack(list(outputs)).sum(dim=0)

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
        return merged, self.outlet.activation(extensions)

    @property
    def output_extension_scaling(self) -> Tensor:
        """Factor of new neurons of the predecessors, a tensor of one number."""
        return self.outlet.scaling

    @output_extension_scaling.setter
    def output_extension_scaling(self, value: float | Tensor) -> None:
        self.outlet.scaling = value

    # Counting.

    def init_computation(self) -> None:
        """Start counting what the best joint change of all predecessors needs."""
        self.outlet.start("own")
        self._statistics.init(_OWN)

    def update_computation(self, n_averaged: float = 1.0) -> None:
        """Count the batch that has just been through forward and backward.

        Args:
            n_averaged: As for `GrowingModule.update_computation`.

        Raises:
            ConfigError: If that number is not positive.
            GrowthError: If counting was not started.
        """
        self._statistics.update(n_averaged)

    def reset_computation(self) -> None:
        """Stop counting and forget what was counted and kept."""
        self._statistics.reset()
        self.outlet.stop("own")

    @property
    def tensor_s(self) -> TensorStatistic:
        """S_X of what new neurons would read: all inputs of all predecessors, then a one."""
        return self._statistics["growth"]

    @property
    def activity_s(self) -> TensorStatistic:
        """E[B Bᵀ] of the merge's activity followed by a one."""
        return self._statistics["activity"]

    @property
    def previous_tensor_s(self) -> TensorStatistic:
        """E[X Xᵀ] of the inputs of all predecessors, each followed by its one."""
        return self._statistics["inputs"]

    @property
    def previous_tensor_m(self) -> TensorStatistic:
        """E[X dAᵀ] with the gradient at the merge."""
        return self._statistics["inputs_and_gradient"]

    def _growth_update(self) -> tuple[Tensor, int]:
        rows = self.outlet.rows()
        return second_moment_sum(rows, ones=self.outlet.has_bias), len(rows)

    def _activity_update(self) -> tuple[Tensor, int]:
        activity = self._statistics.input
        rows = activity.reshape(-1, activity.shape[-1])
        return second_moment_sum(rows, ones=True), len(rows)

    def _inputs_update(self) -> tuple[Tensor, int]:
        rows = self._rows()
        return second_moment_sum(rows), len(rows)

    def _inputs_and_gradient_update(self) -> tuple[Tensor, int]:
        gradient = self._statistics.gradient().reshape(-1, self.in_features)
        rows = self._rows()
        return moment_sum(rows, gradient), len(rows)

    def _rows(self) -> Tensor:
        parts = [outlet.rows() for outlet in self.outlet.outlets]
        biases = [outlet.has_bias for outlet in self.outlet.outlets]
        return torch.cat(
            [with_ones(part) if bias else part for part, bias in zip(parts, biases, strict=True)],
            dim=1,
        )

    # Solving.

    @torch.no_grad()
    def compute_optimal_delta(
        self, update: bool = True
    ) -> tuple[list[tuple[Tensor, Tensor | None]], Float[Tensor, ""]]:
        """Find the best joint change of all predecessors of a sum.

        Args:
            update: Stores each one's part with it.

        Returns:
            Changes of weight and bias of every predecessor, and the joint first-order decrease of
            the loss per sample.

        Raises:
            GrowthError: If the merge is a concatenation, whose predecessors change independently.
        """
        if self.mode == "concat":
            raise GrowthError(
                "layers laid side by side change by themselves; call compute_optimal_delta of each"
            )
        moment = self.previous_tensor_m()
        delta = optimal_delta(self.previous_tensor_s(), moment)
        sizes = [module.in_features + module.use_bias for module in self.previous_modules]
        changes = []
        for module, part in zip(self.previous_modules, delta.split(sizes, dim=1), strict=True):
            weight, bias = module.adapter.split_rows(part.to(module.weight))
            changes.append((weight, bias))
            if update:
                module.optimal_delta_layer = module.layer_of_tensor(weight, bias)
        return changes, first_order_decrease(moment, delta)
