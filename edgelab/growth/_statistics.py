"""What passes a layer or a merge while someone asks: the last batch, and means over all batches."""

from collections.abc import Callable, Collection, Mapping

import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Num, Tensor

from ._tensor_statistic import TensorStatistic

UpdateFunction = Callable[[], tuple[Tensor, int]]


class Statistics:
    """The kept batch and the statistics that count it.

    There are two purposes: `own`, the statistics of the owner, and `next`, those of the layer
    after it. The `shared` statistic, the second moment of what new neurons read, serves both and
    lives as long as one of them.
    """

    def __init__(
        self, owner: str, updates: Mapping[str, UpdateFunction], shared: str, kept: str = "input"
    ) -> None:
        self.owner = owner  # for messages, as `kept`
        self.shared = shared
        self.kept = kept
        self.n_averaged = 1.0
        self._statistics = {
            name: TensorStatistic(None, update, name=f"{name} of {owner}")
            for name, update in updates.items()
        }
        self._counted: tuple[str, ...] = ()
        self._purposes: set[str] = set()
        self._input: Tensor | None = None
        self._pre_activity: Tensor | None = None

    def __getitem__(self, name: str) -> TensorStatistic:
        return self._statistics[name]

    def samples(self) -> dict[str, int]:
        """How many samples each statistic has counted."""
        return {name: statistic.samples for name, statistic in self._statistics.items()}

    # Keeping the last batch.

    @property
    def is_recording(self) -> bool:
        """Whether batches are kept, for whatever purpose."""
        return bool(self._purposes)

    @property
    def is_counting(self) -> bool:
        """Whether they are kept for the owner's statistics."""
        return "own" in self._purposes

    def start(self, purpose: str) -> None:
        """Keep batches from now on."""
        if purpose in self._purposes or not self._purposes:
            self[self.shared].init()
        self._purposes.add(purpose)

    def stop(self, purpose: str) -> None:
        """Keep batches for this purpose no longer; forget the last one if there is no other."""
        self._purposes.discard(purpose)
        if not self._purposes:
            self[self.shared].reset()
            self.forget()

    def keep(self, values: Num[Tensor, "..."], pre_activity: Num[Tensor, "..."]) -> None:
        """Take note of a forward pass; does nothing without gradients, as in an evaluation."""
        if not torch.is_grad_enabled():
            return
        for statistic in self._statistics.values():
            statistic.updated = False
        if not self.is_recording:
            return
        self._input = values.detach()
        if self.is_counting and pre_activity.requires_grad:
            pre_activity.retain_grad()
            self._pre_activity = pre_activity

    def protected(
        self, pre_activity: Num[Tensor, "..."], function: nn.Module
    ) -> Num[Tensor, "..."]:
        """A pre-activity that may be given to a function: one that works in place gets a copy."""
        is_in_place = any(getattr(part, "inplace", False) for part in function.modules())
        return pre_activity.clone() if is_in_place and self.is_recording else pre_activity

    def forget(self) -> None:
        """Forget the kept batch."""
        self._input = None
        self._pre_activity = None

    @property
    def has_input(self) -> bool:
        """Whether a batch is kept."""
        return self._input is not None

    @property
    def input(self) -> Num[Tensor, "..."]:
        """The kept input (of a merge: its activity)."""
        if self._input is None:
            raise GrowthError(
                f"{self.owner} keeps no {self.kept}; call init_computation() before the forward "
                "pass"
            )
        return self._input

    @property
    def pre_activity(self) -> Num[Tensor, "..."]:
        """The kept pre-activity; its `grad` is the gradient."""
        if self._pre_activity is None:
            raise GrowthError(
                f"{self.owner} keeps no pre-activity; call init_computation() before the forward "
                "pass, and leave gradients enabled"
            )
        return self._pre_activity

    @property
    def pre_activity_gradient(self) -> Num[Tensor, "..."]:
        """Gradient of the loss as it came."""
        gradient = self.pre_activity.grad
        if gradient is None:
            raise GrowthError(
                f"no gradient has reached {self.owner}; call loss.backward() before "
                "update_computation()"
            )
        return gradient

    def gradient(self) -> Num[Tensor, "..."]:
        """Gradient of the summed loss."""
        gradient = self.pre_activity_gradient
        return gradient if self.n_averaged == 1 else gradient * self.n_averaged

    # Counting.

    def init(self, counted: Collection[str]) -> None:
        """Start counting these from nothing."""
        self.start("own")
        self._counted = tuple(counted)
        self._clear_own()

    def update(self, n_averaged: float) -> None:
        """Count the kept batch once; its loss was averaged over `n_averaged` terms."""
        if not n_averaged > 0:
            raise ConfigError(
                f"n_averaged must be positive, got {n_averaged!r}; give 1 for a summed loss"
            )
        if not self.is_counting:
            raise GrowthError(
                f"{self.owner} does not count at present; call init_computation() first"
            )
        self.n_averaged = n_averaged
        for name in self._counted:
            self[name].update()

    def reset(self) -> None:
        """Stop counting and forget what was counted; the shared statistic stays if it is needed."""
        self._counted = ()
        self._clear_own()
        self.stop("own")

    def _clear_own(self) -> None:
        for name, statistic in self._statistics.items():
            if name != self.shared:  # the next layer may need it; start and stop know
                statistic.init()
