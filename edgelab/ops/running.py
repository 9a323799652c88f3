"""Exponentially forgetting means and variances, for quantities that drift while a model trains."""

from typing import NamedTuple

import torch

from edgelab.typing import Float, Tensor

from .moments import is_constant


class RunningMoments(NamedTuple):
    """What is remembered of earlier batches; all float64.

    Attributes:
        mean: Exponentially weighted mean of every column.
        variance: Exponentially weighted variance about it.
        batch: Exponentially weighted number of samples per batch, a scalar; 0 before the first batch.
    """

    mean: Float[Tensor, "*columns"]
    variance: Float[Tensor, "*columns"]
    batch: Float[Tensor, ""]


def updated_moments(
    moments: RunningMoments,
    mean: Float[Tensor, "*columns"],
    variance: Float[Tensor, "*columns"],
    count: int,
    momentum: float,
) -> RunningMoments:
    """Take one more batch into account.

    Among batches of equal size the newest has the weight `momentum`; a smaller one has proportionally less. The
    variance is that of the mixture, so the distance between the batches' means counts.

    Args:
        moments: What is remembered.
        mean: Mean of the new batch.
        variance: Its variance (divided by the number of samples).
        count: Its number of samples.
        momentum: In (0, 1]: how fast to forget.

    Returns:
        What to remember next; the batch's own moments if it is the first.

    Source: West (1979), "Updating mean and variance estimates: an improved method", CACM 22.

    Example:
        >>> zero = torch.zeros((), dtype=torch.float64)
        >>> first = updated_moments(RunningMoments(zero, zero, zero), zero + 2, zero + 1, 64, momentum=0.1)
        >>> [round(value.item(), 3) for value in updated_moments(first, zero + 3, zero + 1, 64, momentum=0.1)]
        [2.1, 1.09, 64.0]
    """
    new = torch.where(moments.batch > 0, momentum, 1.0) * count
    batch = torch.where(moments.batch > 0, 1 - momentum, 0.0) * moments.batch + new
    share = new / batch
    step = mean - moments.mean
    return RunningMoments(
        mean=moments.mean + share * step,
        variance=(1 - share) * (moments.variance + share * step.square()) + share * variance,
        batch=batch,
    )


def standardised(
    values: Float[Tensor, "*lead samples columns"], moments: RunningMoments
) -> Float[Tensor, "*lead samples columns"]:
    """Values minus the mean, in standard deviations; 0 in columns that do not vary beyond rounding.

    Args:
        values: Samples.
        moments: Of their columns, `[*lead, columns]`.

    Returns:
        In the type of `values`.

    Example:
        >>> moments = RunningMoments(*(torch.tensor(x, dtype=torch.float64) for x in ([2.0, 1.0], [4.0, 0.0], 9.0)))
        >>> standardised(torch.tensor([[6.0, 1.0]]), moments)
        tensor([[2., 0.]])
    """
    constant = is_constant(moments.variance, moments.mean, 1, torch.finfo(values.dtype).eps)
    scale = moments.variance.rsqrt().masked_fill(constant, 0.0)
    centred = values - moments.mean.unsqueeze(-2)  # in float64: the mean may be large against the spread
    return (centred * scale.unsqueeze(-2)).to(values.dtype)
