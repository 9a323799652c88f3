"""Losses as sums over samples, so that a sample's gradient does not depend on its batch.

A mean loss divides gradients by the size of the batch: a short last batch would then weigh more
than the others, and statistics of gradients would depend on how samples are cut into batches.
"""

import copy
import inspect
import math
from functools import partial
from typing import NamedTuple

import torch
from torch import nn

from edgelab.errors import ConfigError, DataError
from edgelab.typing import Float, Num, Tensor

from ._batch import Batch
from ._criteria import Criterion, choose_criterion, squared_error

# Two float32 sums over the same numbers in another order agree to about a tenth of this share.
_SAME_SUM = 1e-4


class LossSum(NamedTuple):
    """A loss in two parts, so that losses of batches of different size add up.

    Attributes:
        total: Sum of the losses of all entries, a scalar with its graph.
        counted: Sum of the weights of these entries, a scalar.
    """

    total: Float[Tensor, ""]
    counted: Float[Tensor, ""]

    def mean(self) -> Tensor:
        """Return the loss per counted entry.

        Returns:
            `total / counted`; 0 where nothing counts, because then there is nothing to learn.

        Example:
            >>> LossSum(torch.tensor(6.0), torch.tensor(4.0)).mean()
            tensor(1.5000)
        """
        return self.total / torch.where(
            self.counted > 0, self.counted, torch.ones_like(self.counted)
        )


def batch_loss(
    prediction: Float[Tensor, "batch outputs"], batch: Batch, criterion: Criterion
) -> LossSum:
    """Sum the losses of one batch over the entries that count.

    Args:
        prediction: What the model says about `batch.x`.
        batch: The truth and its weights.
        criterion: Element-wise loss.

    Returns:
        Weighted sum of the losses and the sum of the weights (the number of entries without
        weights).

    Raises:
        ConfigError: If prediction and truth differ in shape, or the criterion does not return one
            loss per entry.

    Example:
        >>> weight = torch.tensor([[1.0, 0.0]])
        >>> batch = Batch(torch.zeros(1, 3), torch.tensor([[2.0, 9.0]]), weight)
        >>> batch_loss(torch.zeros(1, 2), batch, squared_error)
        LossSum(total=tensor(4.), counted=tensor(1.))
    """
    if prediction.shape != batch.y.shape:
        raise ConfigError(
            f"the model predicts shape {tuple(prediction.shape)} where y has "
            f"{tuple(batch.y.shape)}. Give y one column per output of the model, in the model's "
            "order."
        )
    total = summed_loss(prediction, batch, criterion, per_entry=True)
    if batch.weight is None:
        return LossSum(total, total.new_tensor(batch.y.numel()))
    return LossSum(total, batch.weight.sum().to(total.dtype))


def summed_loss(
    prediction: Tensor,
    batch: Batch,
    criterion: str | Criterion | None = None,
    *,
    per_entry: bool = False,
) -> Float[Tensor, ""]:
    """The loss of a batch as the sum of the losses of its samples.

    A criterion may return one loss per entry or per sample (they are summed, with `batch.weight`
    where given), or one number for the batch. Then splitting the batch shows whether it is a sum
    (taken as it is) or a mean over samples (multiplied by their number, and so the sum of the
    samples' mean losses).

    Args:
        prediction: What the model says about `batch.x`, with its graph.
        batch: The truth, and how much each entry counts.
        criterion: A name in `CRITERIA` or `function(prediction, target)`; the squared error when
            absent.
        per_entry: Refuse a criterion that does not return one loss per entry.

    Returns:
        A scalar with its graph.

    Raises:
        DataError: If squared errors are to compare tensors of different shapes.
        ConfigError: If the criterion's result has another shape, is neither a sum nor a mean over
            samples, or cannot take the batch's weights into account.

    Example:
        >>> batch = Batch(torch.zeros(4, 1), torch.full((4, 2), 3.0))
        >>> losses = None, nn.L1Loss(), nn.L1Loss(reduction="sum")
        >>> [summed_loss(torch.zeros(4, 2), batch, loss).item() for loss in losses]
        [72.0, 12.0, 24.0]
    """
    if criterion is None and prediction.shape != batch.y.shape:
        raise DataError(
            "y must have one column per output of the model, shape "
            f"{tuple(prediction.shape)}, got {tuple(batch.y.shape)}; order the columns as "
            "`model.output_names`"
        )
    function = squared_error if criterion is None else choose_criterion(criterion)
    loss = function(prediction, batch.y)
    if loss.shape == batch.y.shape:
        return loss.sum() if batch.weight is None else (loss * batch.weight).sum()
    if per_entry or batch.weight is not None:
        reason = "" if batch.weight is None else "these batches weigh their entries, so "
        raise ConfigError(
            f"{reason}the criterion must return one loss per entry, shape {tuple(batch.y.shape)}, "
            f"got {tuple(loss.shape)}; use reduction='none'"
        )
    if loss.shape == batch.y.shape[:1]:
        return loss.sum()
    if loss.ndim > 0:
        raise ConfigError(
            f"the criterion returned shape {tuple(loss.shape)} for y of shape "
            f"{tuple(batch.y.shape)}; it must return one loss per entry, one per sample, or one "
            "number"
        )
    return loss * _samples_per_loss(function, prediction.detach(), batch.y, float(loss.detach()))


def _samples_per_loss(
    criterion: Criterion, prediction: Tensor, target: Tensor, whole: float
) -> int:
    """1 for a criterion that sums over samples, the number of samples for one that averages."""
    count = len(target)
    if count == 1:
        return 1
    first, second = _losses_of_halves(criterion, prediction, target)
    if math.isclose(first + second, whole, rel_tol=_SAME_SUM, abs_tol=0.0):
        return 1
    n_first = count // 2
    sum_of_means = first * n_first + second * (count - n_first)
    if math.isclose(sum_of_means, whole * count, rel_tol=_SAME_SUM, abs_tol=0.0):
        return count
    raise ConfigError(
        f"the criterion gives {whole:.6g} for a batch of {count} samples but {first:.6g} and "
        f"{second:.6g} for its halves: neither a sum nor a mean over samples, so results would "
        "depend on the batch size. Return one loss per entry (reduction='none')."
    )


def _losses_of_halves(
    criterion: Criterion, prediction: Tensor, target: Tensor
) -> tuple[float, float]:
    middle = len(prediction) // 2
    first = float(criterion(prediction[:middle], target[:middle]))
    second = float(criterion(prediction[middle:], target[middle:]))
    return first, second


def summed(criterion: Criterion) -> Criterion:
    """The sum over entries of a criterion that may be a mean.

    Unlike `summed_loss` it turns a mean over entries into their sum, which needs an option of the
    criterion, and so refuses a mean that has none.

    Args:
        criterion: `function(prediction, target)`. Losses of torch, and all others with an option
            `reduction`, are asked to sum. Any other may return one number per entry or sample, or
            a sum over samples.

    Returns:
        A function that returns the sum. It raises `ConfigError` where the result is one number that
        is not a sum.

    Example:
        >>> prediction, target = torch.zeros(4, 2), torch.full((4, 2), 3.0)
        >>> losses = nn.MSELoss(), nn.functional.mse_loss
        >>> [summed(loss)(prediction, target).item() for loss in losses]
        [72.0, 72.0]
        >>> summed(lambda x, y: (x - y).square().mean())(prediction, target)
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: the loss gives 9 for 4 samples, but 9 and 9 for their halves:
        not a sum...
    """
    if isinstance(criterion, nn.Module) and hasattr(criterion, "reduction"):
        criterion = copy.copy(criterion)
        criterion.reduction = "sum"  # type: ignore[assignment]
        return criterion
    if "reduction" in inspect.signature(criterion).parameters:
        return partial(criterion, **{"reduction": "sum"})
    return partial(_checked_sum, criterion)


def _checked_sum(
    criterion: Criterion, prediction: Num[Tensor, "..."], target: Num[Tensor, "..."]
) -> Tensor:
    loss = criterion(prediction, target)
    if loss.ndim > 0:
        return loss.sum()
    if len(prediction) > 1:
        whole = float(loss.detach())
        first, second = _losses_of_halves(criterion, prediction.detach(), target)
        if not math.isclose(first + second, whole, rel_tol=_SAME_SUM, abs_tol=0.0):
            raise ConfigError(
                f"the loss gives {whole:.6g} for {len(prediction)} samples, but {first:.6g} and "
                f"{second:.6g} for their halves: not a sum over samples. Return the sum, or one "
                "loss per sample"
            )
    return loss
