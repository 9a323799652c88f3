"""Losses of growth are sums: gradients of a mean would depend on how many samples share a batch."""

import copy
import inspect
import math
from collections.abc import Callable
from functools import partial

from torch import nn

from edgelab.errors import ConfigError
from edgelab.typing import Num, Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
_SAME_SUM = 1e-4  # float32 sums over the same numbers in another order agree to about 1e-5


def summed(loss: Loss) -> Loss:
    """The sum over samples of a loss that may be a mean.

    Args:
        loss: `function(prediction, target)`. Losses of torch, and all others with an option
            `reduction`, are asked to sum. Any other may return one number per entry or sample, or a
            sum over samples.

    Returns:
        A function that returns the sum. It raises `ConfigError` where the result is one number that
        is not a sum.

    Example:
        >>> import torch
        >>> prediction, target = torch.zeros(4, 2), torch.full((4, 2), 3.0)
        >>> [summed(loss)(prediction, target).item() for loss in (nn.MSELoss(), nn.functional.mse_loss)]
        [72.0, 72.0]
        >>> summed(lambda x, y: (x - y).square().mean())(prediction, target)
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: the loss gives 9 for 4 samples, but 9 and 9 for their halves:
        not a sum...
    """
    if isinstance(loss, nn.Module) and hasattr(loss, "reduction"):
        loss = copy.copy(loss)
        loss.reduction = "sum"  # type: ignore[assignment]
        return loss
    if "reduction" in inspect.signature(loss).parameters:
        return partial(loss, **{"reduction": "sum"})
    return partial(_summed, loss)


def _summed(loss: Loss, prediction: Num[Tensor, "..."], target: Num[Tensor, "..."]) -> Tensor:
    value = loss(prediction, target)
    if value.ndim > 0:
        return value.sum()
    if len(prediction) > 1:
        _check_sum(loss, prediction.detach(), target, float(value.detach()))
    return value


def _check_sum(loss: Loss, prediction: Tensor, target: Tensor, whole: float) -> None:
    count = len(prediction)
    parts = [
        float(loss(prediction[rows], target[rows]))
        for rows in (slice(count // 2), slice(count // 2, None))
    ]
    if not math.isclose(sum(parts), whole, rel_tol=_SAME_SUM, abs_tol=0.0):
        raise ConfigError(
            f"the loss gives {whole:.6g} for {count} samples, but {parts[0]:.6g} and {parts[1]:.6g} for their halves: "
            "not a sum over samples. Return the sum, or one loss per sample"
        )
