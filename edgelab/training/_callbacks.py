"""Hooks into the training loop: small, and told only what they need."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from ._history import EpochRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class StartInfo:
    """What a callback may need to set itself up.

    Attributes:
        model: The module in training, already on its device.
        optimizer: Its optimizer, for callbacks that reset momenta of weights they have replaced.
        device: Where the model is.
        epochs: Epochs that the run will have in all.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    device: torch.device
    epochs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInfo:
    """What one optimizer step showed.

    Attributes:
        epoch: Counted from 1.
        step: Counted from 1 since the run began.
        lr: Learning rate.
        loss: The mean loss that was differentiated.
        counted: Sum of the weights of all entries (their number without weights): `loss * counted`
            is the summed loss, and gradients times `counted` are those of the summed loss, which do
            not depend on the size of the batch.
        gradient_norm: Norm of the gradient of all parameters before clipping; None until it is
            known, in `after_backward`.
    """

    epoch: int
    step: int
    lr: float
    loss: float
    counted: float
    gradient_norm: float | None = None


class Callback:
    """Base of what takes part in training. Override the hooks you need; every other does nothing.

    The order in one run: `on_start`, then `load_state_dict` when the run is resumed, then for every
    step `step_context` entered → forward → backward → `after_backward` → `step_context` left →
    clipping → optimizer step → `after_step`, and `after_epoch` at the end of every epoch, after
    validation and before the checkpoint. Several callbacks are called in the order of their list.
    Randomness drawn from torch's global generator inside a hook is part of the run: seeded, and
    restored on resume.

    Attributes:
        work_per_sample: About how many numbers the hooks multiply in a step for every sample;
            counts when threads are chosen.

    Example:
        >>> class CountSteps(Callback):
        ...     def __init__(self):
        ...         self.n_steps = 0
        ...     def after_step(self, info):
        ...         self.n_steps += 1
        ...     def state_dict(self):
        ...         return {"n_steps": self.n_steps}
        ...     def load_state_dict(self, state):
        ...         self.n_steps = state["n_steps"]
    """

    work_per_sample: float = 0.0

    def on_start(self, info: StartInfo) -> None:
        """Set up, before the first step or the first step after a resume.

        Args:
            info: Model, optimizer, device and length of the run.
        """

    def step_context(self, epoch: int, step: int) -> AbstractContextManager[object]:
        """Return what surrounds forward, backward and `after_backward` of one step.

        Args:
            epoch: Counted from 1.
            step: Counted from 1 since the run began.

        Returns:
            A context manager, for example `model.capture()`; the default does nothing.
        """
        return nullcontext()

    def after_backward(self, info: StepInfo) -> None:
        """Act inside the step's context, before the gradients are clipped and used.

        Args:
            info: The step; its `gradient_norm` is still None.
        """

    def after_step(self, info: StepInfo) -> None:
        """Act on the parameters just after a step: project, renormalise, mask.

        Args:
            info: The step.
        """

    def after_epoch(self, record: EpochRecord) -> str | None:
        """Act at the end of an epoch; the model is in evaluation mode.

        Args:
            record: What the epoch showed.

        Returns:
            A reason to stop the run, or None to go on.
        """
        return None

    def state_dict(self) -> Mapping[str, object]:
        """Return what must survive a restart.

        Returns:
            Tensors, numbers, strings and nested lists, tuples and dicts of them.
        """
        return {}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Take up the state of an earlier run.

        Args:
            state: What `state_dict` returned; tensors on the CPU.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks(Callback):
    """A callback made of plain functions that keep no state of their own.

    Attributes:
        after_backward_do: Called with `StepInfo` before the optimizer step.
        after_step_do: Called with `StepInfo` after it.
        after_epoch_do: Called with `EpochRecord`; what it returns is a reason to stop, or None.

    Example:
        >>> weight = nn.Parameter(torch.tensor([3.0, 4.0]))
        >>> def renormalise(info):
        ...     with torch.no_grad():
        ...         weight.div_(weight.norm())
        >>> callback = Hooks(after_step_do=renormalise)
        >>> callback.after_step(StepInfo(epoch=1, step=1, lr=0.1, loss=0.0, counted=1.0))
        >>> weight.tolist()
        [0.6..., 0.8...]
    """

    after_backward_do: Callable[[StepInfo], None] | None = None
    after_step_do: Callable[[StepInfo], None] | None = None
    after_epoch_do: Callable[[EpochRecord], str | None] | None = None

    def after_backward(self, info: StepInfo) -> None:
        """Call `after_backward_do`.

        Args:
            info: The step.
        """
        if self.after_backward_do is not None:
            self.after_backward_do(info)

    def after_step(self, info: StepInfo) -> None:
        """Call `after_step_do`.

        Args:
            info: The step.
        """
        if self.after_step_do is not None:
            self.after_step_do(info)

    def after_epoch(self, record: EpochRecord) -> str | None:
        """Call `after_epoch_do`.

        Args:
            record: What the epoch showed.

        Returns:
            What the function returned.
        """
        return None if self.after_epoch_do is None else self.after_epoch_do(record)


@contextmanager
def step_contexts(callbacks: Sequence[Callback], epoch: int, step: int) -> Iterator[None]:
    """Enter the step contexts of all callbacks, the first outermost."""
    with ExitStack() as stack:
        for callback in callbacks:
            stack.enter_context(callback.step_context(epoch, step))
        yield
