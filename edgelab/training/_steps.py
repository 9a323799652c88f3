"""The innermost loop, without data sets, epochs or files: forward, backward, clip, step."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

import torch
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from edgelab.errors import TrainingError
from edgelab.ops import LossSum, threads_for
from edgelab.typing import Tensor

from ._callbacks import Callback, StepInfo, step_contexts

Item = TypeVar("Item")

# Samples per step where nobody says how many: the default of `TrainingConfig.batch_size`.
_USUAL_BATCH = 64


class StepsResult(NamedTuple):
    """What a series of steps came to.

    Attributes:
        step: Number of the last step.
        loss: Mean loss over all counted entries, each measured just before the step that learned
            from it.
    """

    step: int
    loss: float


def run_steps(
    batches: Iterable[Item],
    loss_of_batch: Callable[[Item], Tensor | LossSum],
    optimizer: torch.optim.Optimizer,
    *,
    clip_norm: float | None = None,
    callbacks: Sequence[Callback] = (),
    epoch: int = 1,
    step: int = 0,
    work: int | float | None = None,
) -> StepsResult:
    """Make one optimizer step per batch.

    Args:
        batches: Anything that `loss_of_batch` understands; `[None] * n` for a loss without data.
        loss_of_batch: Returns the scalar to minimise, or a `LossSum` whose mean is minimised.
        optimizer: Holds the parameters.
        clip_norm: Largest norm of the gradient of all parameters together; None does not clip.
        callbacks: Hooks around every step.
        epoch: Reported to the callbacks and in errors.
        step: Number of the last step made before.
        work: About how many numbers a step multiplies, by which threads are chosen (see
            `edgelab.ops.threads_for`); None: every parameter once for each of 64 samples.

    Returns:
        The number of the last step and the mean loss.

    Raises:
        TrainingError: If a loss or a gradient is not finite, if a loss is no single number or
            depends on no trainable parameter, or if no entry of any batch counts.

    Example:
        One step of length 0.1 down the slope of w² at w = 1, which is 2:

        >>> w = torch.nn.Parameter(torch.tensor(1.0))
        >>> run_steps([None], lambda _: w.square(), torch.optim.SGD([w], lr=0.1))
        StepsResult(step=1, loss=1.0)
        >>> w.item()
        0.8...
    """
    stepper = _Stepper(loss_of_batch, optimizer, clip_norm, callbacks)
    if work is None:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        work = _USUAL_BATCH * sum(parameter.numel() for parameter in parameters)
    # Python's floats: the epoch's mean is accumulated in float64 whatever the model's precision.
    total = 0.0
    counted = 0.0
    with threads_for(work):
        for batch in batches:
            step += 1
            info = stepper.take_step(batch, epoch, step)
            total += info.loss * info.counted
            counted += info.counted
    if not counted > 0:
        raise TrainingError(
            f"epoch {epoch} had no entry that counts in its loss. "
            "Give at least one batch, and let the corruption hide at least one entry (weight above "
            "0)."
        )
    return StepsResult(step, total / counted)


@dataclass(frozen=True, slots=True)
class _Stepper(Generic[Item]):
    loss_of_batch: Callable[[Item], Tensor | LossSum]
    optimizer: torch.optim.Optimizer
    clip_norm: float | None
    callbacks: Sequence[Callback]

    def take_step(self, batch: Item, epoch: int, step: int) -> StepInfo:
        self.optimizer.zero_grad(set_to_none=True)
        with step_contexts(self.callbacks, epoch, step):
            loss, counted = _mean_and_counted(self.loss_of_batch(batch))
            value = _checked_value(loss, epoch, step)
            loss.backward()
            lr = float(self.optimizer.param_groups[0]["lr"])
            info = StepInfo(epoch=epoch, step=step, lr=lr, loss=value, counted=counted)
            for callback in self.callbacks:
                callback.after_backward(info)
        info = replace(info, gradient_norm=_clip(self.optimizer, self.clip_norm, epoch, step))
        self.optimizer.step()
        for callback in self.callbacks:
            callback.after_step(info)
        return info


def _mean_and_counted(loss: Tensor | LossSum) -> tuple[Tensor, float]:
    if isinstance(loss, LossSum):
        return loss.mean(), float(loss.counted)
    if loss.numel() != 1:
        raise TrainingError(
            f"loss_of_batch must return one number, got a tensor of shape {tuple(loss.shape)}. "
            "Return its sum or mean, or a LossSum."
        )
    return loss, 1.0


def _checked_value(loss: Tensor, epoch: int, step: int) -> float:
    value = loss.item()
    if not math.isfinite(value):
        raise TrainingError(
            f"the loss is {value} in epoch {epoch}, step {step}; it must be finite. Lower lr, set "
            "clip_norm, or look for extreme values in x and y. The last checkpoint, if any, is "
            "untouched."
        )
    if not loss.requires_grad:
        raise TrainingError(
            f"the loss of epoch {epoch}, step {step} depends on no trainable parameter. "
            "Check that the model's parameters require gradients and that its output is not "
            "detached."
        )
    return value


def _clip(
    optimizer: torch.optim.Optimizer, clip_norm: float | None, epoch: int, step: int
) -> float:
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    norm = get_total_norm(
        [parameter.grad for parameter in parameters if parameter.grad is not None]
    )
    value = float(norm)
    if not math.isfinite(value):
        raise TrainingError(
            f"the gradient has norm {value} in epoch {epoch}, step {step}; it must be finite. "
            f"{_name_culprits(optimizer)}Lower lr, or look for a division by 0 or the root of 0 in "
            "the model or the loss. The last checkpoint, if any, is untouched."
        )
    if clip_norm is not None:
        clip_grads_with_norm_(parameters, clip_norm, norm)
    return value


def _name_culprits(optimizer: torch.optim.Optimizer) -> str:
    for group in optimizer.param_groups:
        names = group.get("param_names", [f"number {i}" for i in range(len(group["params"]))])
        for name, parameter in zip(names, group["params"], strict=True):
            if parameter.grad is not None and not parameter.grad.isfinite().all():
                return f"First affected parameter: {name}. "
    return ""
