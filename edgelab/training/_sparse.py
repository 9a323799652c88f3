"""Sparse training inside `fit`: masks over weights whose pattern moves while the model learns."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from edgelab.checks import check_integer
from edgelab.errors import CaptureError
from edgelab.sparsity import Masking

from ._callbacks import Callback, StartInfo, StepInfo


class SparseTraining(Callback):
    """Trains any model with a fixed share of its weights, as a callback of `fit`.

    Every `interval` steps the pattern moves, between backward and the optimizer's step, which is
    then made with the new pattern; so gradients are read whole, before `fit` clips them. Masks,
    prune rate and random state are stored in checkpoints. `restore_best` brings back weights of the
    best epoch with the zeros that they had then; the masks stay those of the last epoch.

    Args:
        make_masking: Makes the `Masking` for the optimizer of the run.
        interval: Steps between two moves.
        last_step: The last step at which the pattern may move; None for no end.

    Raises:
        ConfigError: If `interval` or `last_step` is not a positive integer.

    Example:
        >>> from torch import nn
        >>> from edgelab.sparsity import CosineDecay
        >>> from edgelab.training import TrainingConfig, fit
        >>> sparse = SparseTraining(
        ...     lambda optimizer: Masking(
        ...         optimizer, CosineDecay(T_max=20), density=0.25, growth_mode="absolute-gradient",
        ...         redistribution_mode="none",
        ...     ),
        ...     interval=5,
        ... )
        >>> x, model = torch.randn(40, 8), nn.Linear(8, 2)
        >>> config = TrainingConfig(epochs=4, batch_size=8, device="cpu")
        >>> history = fit(model, x, x[:, :2], config, callbacks=[sparse])
        >>> int((model.weight != 0).sum()), sparse.masking.stats.total_nonzero
        (4, 4)
    """

    def __init__(
        self,
        make_masking: Callable[[torch.optim.Optimizer], Masking],
        *,
        interval: int = 100,
        last_step: int | None = None,
    ) -> None:
        check_integer("interval", interval, why="it counts training steps")
        if last_step is not None:
            check_integer("last_step", last_step, why="it counts training steps")
        self.make_masking = make_masking
        self.interval = interval
        self.last_step = last_step
        self._masking: Masking | None = None

    @property
    def masking(self) -> Masking:
        """The masks of the run.

        Raises:
            CaptureError: If no run has begun.
        """
        if self._masking is None:
            raise CaptureError(
                "there are no masks before training begins; pass this callback to fit first"
            )
        return self._masking

    def on_start(self, info: StartInfo) -> None:
        """Lay the first masks.

        Args:
            info: Model and optimizer.
        """
        self._masking = self.make_masking(info.optimizer)
        self._masking.add_module(info.model)

    def after_backward(self, info: StepInfo) -> None:
        """Move the pattern, if this is one of its steps.

        Args:
            info: The step.
        """
        if self._moves(info.step):
            self.masking.update_connections()

    def after_step(self, info: StepInfo) -> None:
        """Set what lies outside the masks back to zero, and move the prune rate on.

        Args:
            info: The step.
        """
        if not self._moves(info.step):
            self.masking.after_optimizer_step()
            return
        # The update has counted this step already.
        self.masking.apply_mask()
        if not self.masking.dense_gradients:
            self.masking.reset_momentum()

    def _moves(self, step: int) -> bool:
        return step % self.interval == 0 and (self.last_step is None or step <= self.last_step)

    def state_dict(self) -> Mapping[str, object]:
        """Return the state of the masks."""
        return self.masking.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the masks of an earlier run.

        Args:
            state: What `state_dict` returned.
        """
        self.masking.load_state_dict(state)
