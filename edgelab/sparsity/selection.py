"""Exact choices of the k largest: one partial selection, and ties always broken in the same way."""

import math

import torch

from edgelab.typing import Bool, Float, Tensor


def mark_largest(score: Float[Tensor, " candidates"], count: int) -> Bool[Tensor, " candidates"]:
    """Mark the candidates with the largest scores.

    Args:
        score: Any number; NaN ranks after everything but -inf.
        count: How many to mark; below 0 counts as 0, above the number of candidates as all.

    Returns:
        A mask with exactly `count` entries set. Among equal scores those with the lowest index are taken, on every
        device and in every dtype.

    Example:
        >>> mark_largest(torch.tensor([1.0, 3.0, 2.0, 2.0]), 2).tolist()
        [False, True, True, False]
    """
    count = min(max(count, 0), score.numel())
    if count == 0 or count == score.numel():
        return torch.full_like(score, count > 0, dtype=torch.bool)
    score = score.nan_to_num(nan=torch.finfo(score.dtype).min, posinf=math.inf, neginf=-math.inf)
    # The k-th largest value decides all but the ties: two orders of magnitude cheaper than sorting everything.
    threshold = score.topk(count, sorted=False).values.min()
    chosen = score > threshold
    ties = (score == threshold).nonzero().squeeze(1)
    chosen[ties[: count - int(chosen.sum())]] = True
    return chosen


def mark_smallest(score: Float[Tensor, " candidates"], count: int) -> Bool[Tensor, " candidates"]:
    """Mark the candidates with the smallest scores.

    Args:
        score: Any number.
        count: How many to mark; clamped like in `mark_largest`.

    Returns:
        A mask with exactly `count` entries set, lowest index first among equals.

    Example:
        >>> mark_smallest(torch.tensor([1.0, 3.0, 2.0, 1.0]), 1).tolist()
        [True, False, False, False]
    """
    return mark_largest(-score, count)


def share_of(rate: float, count: int) -> int:
    """Number of items that a share of them amounts to, rounded up.

    Args:
        rate: A share; below 0 counts as 0.
        count: Of how many.

    Returns:
        An integer in [0, count].

    Example:
        >>> share_of(0.3, 7), share_of(0.0, 7)
        (3, 0)
    """
    return min(max(math.ceil(rate * count), 0), count)
