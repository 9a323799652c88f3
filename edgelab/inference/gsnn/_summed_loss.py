"""Any loss as a sum over samples, so that one sample's gradient does not depend on the batch it
came in.

A mean loss divides gradients by the size of the batch: a short last batch would then weigh more
than the others, and correlations over samples of batches of different sizes would be wrong.
"""

import math
from collections.abc import Callable

from edgelab.errors import ConfigError
from edgelab.ops import Batch
from edgelab.training import choose_criterion, squared_error
from edgelab.typing import Tensor

AnyCriterion = str | Callable[[Tensor, Tensor], Tensor]
"""A name in `edgelab.training.CRITERIA`, or `function(prediction, target)`: see `summed_loss`."""

# Two float32 sums over the same numbers in another order agree to about this share.
SAME_SUM = 1e-5


def summed_loss(prediction: Tensor, batch: Batch, criterion: AnyCriterion | None = None) -> Tensor:
    """The loss of a batch as the sum of the losses of its samples.

    A criterion may return one loss per entry or per sample (they are summed, with `batch.weight`
    where given), or one number for the batch. Then splitting the batch shows whether it is a sum
    (taken as it is) or a mean over samples (multiplied by their number, and so the sum of the
    samples' mean losses).

    Args:
        prediction: What the model says about `batch.x`, with its graph.
        batch: The truth, and how much each entry counts.
        criterion: The summed squared error when absent.

    Returns:
        A scalar with its graph.

    Raises:
        ConfigError: If the criterion's result has another shape, is neither a sum nor a mean over
            samples, or cannot take the batch's weights into account.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> batch = Batch(torch.zeros(4, 1), torch.full((4, 2), 3.0))
        >>> losses = None, nn.L1Loss(), nn.L1Loss(reduction="sum")
        >>> [summed_loss(torch.zeros(4, 2), batch, loss).item() for loss in losses]
        [72.0, 12.0, 24.0]
    """
    function = squared_error if criterion is None else choose_criterion(criterion)
    loss = function(prediction, batch.y)
    if loss.shape == batch.y.shape:
        return loss.sum() if batch.weight is None else (loss * batch.weight).sum()
    if batch.weight is not None:
        raise ConfigError(
            f"these batches weigh their entries, so the criterion must return one loss per entry, shape "
            f"{tuple(batch.y.shape)}, got {tuple(loss.shape)}; use reduction='none'"
        )
    if loss.shape == batch.y.shape[:1]:
        return loss.sum()
    if loss.ndim > 0:
        raise ConfigError(
            f"the criterion returned shape {tuple(loss.shape)} for y of shape {tuple(batch.y.shape)}; it must return "
            "one loss per entry, one per sample, or one number"
        )
    return loss * _samples_per_loss(function, prediction.detach(), batch.y, float(loss.detach()))


def _samples_per_loss(
    function: Callable[[Tensor, Tensor], Tensor], prediction: Tensor, target: Tensor, whole: float
) -> int:
    """1 for a criterion that sums over samples, the number of samples for one that averages."""
    count = len(target)
    if count == 1:
        return 1
    first = count // 2
    parts = [
        float(function(prediction[rows], target[rows]))
        for rows in (slice(0, first), slice(first, count))
    ]
    if math.isclose(parts[0] + parts[1], whole, rel_tol=SAME_SUM, abs_tol=0.0):
        return 1
    if math.isclose(
        parts[0] * first + parts[1] * (count - first), whole * count, rel_tol=SAME_SUM, abs_tol=0.0
    ):
        return count
    raise ConfigError(
        f"the criterion gives {whole:.6g} for a batch of {count} samples but {parts[0]:.6g} and {parts[1]:.6g} for its "
        "halves: neither a sum nor a mean over samples, so results would depend on the batch size. "
        "Return one loss per entry (reduction='none')."
    )
