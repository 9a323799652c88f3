"""A merge of growing layers: what it computes and counts."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Float, Num, Tensor

from ._linear_module import LinearGrowingModule
from ._solve import first_order_decrease, optimal_delta
from ._statistics import TensorStatistic, moment_sum, second_moment_sum

_OWN = ("activity", "inputs", "inputs_and_gradient")
"""What the merge counts for itself; `growth` is for the layer after it."""


class MergeStatisticsPart(nn.Module):
    """Forward pass and statistics of a merge; see `LinearMergeGrowingModule`."""

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
        if mode not in {"sum", "concat"}:
            raise ConfigError(f"unknown mode of a merge {mode!r}; choose 'sum' or 'concat'")
        widths = {module.out_features for module in previous_modules}
        if not widths or (mode == "sum" and len(widths) > 1):
            raise ConfigError(
                f"layers that are added must have one width, got {sorted(widths)}; use mode='concat'"
            )
        object.__setattr__(
            self, "previous_modules", list(previous_modules)
        )  # neighbours, not parts
        object.__setattr__(self, "next_module", None)
        self.mode = mode
        self.name = name or type(self).__name__
        self.post_merge_function = (
            post_merge_function if post_merge_function is not None else nn.Identity()
        )
        self._recording: set[str] = set()
        self._activity: Tensor | None = None
        self._merged: Tensor | None = None
        self._n_averaged = 1.0
        self._statistics = {
            name: TensorStatistic(None, update, name=f"{name} of {self.name}")
            for name, update in self._updates().items()
        }
        for module in self.previous_modules:
            module.next_module = self

    def __setattr__(self, name: str, value: Any) -> None:
        if name in {"previous_modules", "next_module", "output_extension_scaling"}:
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _updates(self) -> dict[str, Callable[[], tuple[Tensor, int]]]:
        return {
            "growth": self._growth_update,
            "activity": self._activity_update,
            "inputs": self._inputs_update,
            "inputs_and_gradient": self._inputs_and_gradient_update,
        }

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

    def forward(self, *outputs: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
        """Merge what the predecessors put out.

        Args:
            *outputs: One per predecessor, in their order.

        Returns:
            The function of their sum, or of their concatenation.
        """
        merged = self._merge(outputs)
        activity = self.post_merge_function(merged)
        if self._recording and torch.is_grad_enabled():
            for statistic in self._statistics.values():
                statistic.updated = False
            if "own" in self._recording and merged.requires_grad:
                merged.retain_grad()
            self._merged, self._activity = merged, activity.detach()
        return activity

    def _merge(self, outputs: Sequence[Tensor]) -> Tensor:
        if len(outputs) != len(self.previous_modules):
            raise GrowthError(
                f"{self.name} merges {len(self.previous_modules)} layers, got {len(outputs)} outputs"
            )
        return (
            torch.cat(list(outputs), dim=-1)
            if self.mode == "concat"
            else torch.stack(list(outputs)).sum(dim=0)
        )

    def init_computation(self) -> None:
        """Start counting what the best joint change of all predecessors needs."""
        self.start_recording("own")
        for name in _OWN:
            self._statistics[name].init()

    def update_computation(self, n_averaged: float = 1.0) -> None:
        """Count the batch that has just been through forward and backward.

        Args:
            n_averaged: As for `GrowingModule.update_computation`.

        Raises:
            GrowthError: If counting was not started.
        """
        if "own" not in self._recording:
            raise GrowthError(
                f"{self.name} does not count at present; call init_computation() first"
            )
        self._n_averaged = n_averaged
        for name in _OWN:
            self._statistics[name].update()

    def reset_computation(self) -> None:
        """Stop counting and forget what was counted and kept."""
        for name in _OWN:
            self._statistics[name].reset()
        self.stop_recording("own")

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

    def _activity_update(self) -> tuple[Tensor, int]:
        if self._activity is None:
            raise GrowthError(
                f"{self.name} keeps no activity; call init_computation() before the forward pass"
            )
        rows = self._activity.reshape(-1, self._activity.shape[-1])
        return second_moment_sum(rows, ones=True), len(rows)

    def _rows(self) -> Tensor:
        parts = []
        for module in self.previous_modules:
            rows = module.rows_of(module.input)
            parts += [rows, rows.new_ones(len(rows), 1)] if module.use_bias else [rows]
        return torch.cat(parts, dim=1)

    def _inputs_update(self) -> tuple[Tensor, int]:
        rows = self._rows()
        return second_moment_sum(rows), len(rows)

    def _inputs_and_gradient_update(self) -> tuple[Tensor, int]:
        if self._merged is None or self._merged.grad is None:
            raise GrowthError(
                f"no gradient has reached {self.name}; call loss.backward() before update_computation()"
            )
        gradient = self._merged.grad.reshape(-1, self.in_features) * self._n_averaged
        rows = self._rows()
        return moment_sum(rows, gradient), len(rows)

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
        parts = delta.split(
            [module.in_features + module.use_bias for module in self.previous_modules], dim=1
        )
        changes = []
        for module, part in zip(self.previous_modules, parts, strict=True):
            part = part.to(module.weight)
            weight, bias = part[:, : module.in_features], part[:, -1] if module.use_bias else None
            changes.append((weight, bias))
            if update:
                module.optimal_delta_layer = module.layer_of_tensor(weight, bias)
        return changes, first_order_decrease(moment, delta)

    def start_recording(self, purpose: str) -> None:
        """Keep the inputs of all predecessors from now on.

        Args:
            purpose: `own` for the merge's statistics, `next` for those of the layer after it.
        """
        self._statistics["growth"].init()
        self._recording.add(purpose)
        for module in self.previous_modules:
            module.start_recording("next")

    def stop_recording(self, purpose: str) -> None:
        """Keep inputs no longer for this purpose.

        Args:
            purpose: As in `start_recording`.
        """
        self._recording.discard(purpose)
        if not self._recording:
            self._statistics["growth"].reset()
            self._merged = self._activity = None
            for module in self.previous_modules:
                module.stop_recording("next")

    def growth_rows(self) -> Tensor:
        """Return the inputs of all predecessors side by side, ones left out."""
        return torch.cat([module.rows_of(module.input) for module in self.previous_modules], dim=1)

    @property
    def growth_ones(self) -> bool:
        """Whether new neurons have a bias: if a predecessor has one, or every one behind a
        concatenation.
        """
        biases = [module.use_bias for module in self.previous_modules]
        return all(biases) if self.mode == "concat" else any(biases)

    def _growth_update(self) -> tuple[Tensor, int]:
        rows = self.growth_rows()
        return second_moment_sum(rows, ones=self.growth_ones), len(rows)
