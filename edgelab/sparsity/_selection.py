"""Exact choices of the k largest: one partial selection, and ties always broken in the same way."""

import math

import torch

from edgelab.typing import Bool, Float, Tensor

SAMPLE_STRIDE = 61
"""One score in so many is looked at first; a prime, so that rows and columns are sampled alike."""


def mark_largest(
    score: Float[Tensor, " candidates"],
    count: int,
    among: Bool[Tensor, " candidates"] | None = None,
) -> Bool[Tensor, " candidates"]:
    """Mark the candidates with the largest scores.

    Args:
        score: Any number; NaN ranks last, with -inf.
        count: How many to mark; below 0 counts as 0, above the number of candidates as all.
        among: The only ones that may be marked; None for all.

    Returns:
        A mask with exactly `count` entries set. Among equal scores those with the lowest index are
        taken, on every device and in every dtype.

    Example:
        >>> mark_largest(torch.tensor([1.0, 3.0, 2.0, 2.0]), 2).tolist()
        [False, True, True, False]
        >>> mark_largest(torch.tensor([1.0, 3.0]), 1, among=torch.tensor([True, False])).tolist()
        [True, False]
    """
    among = torch.ones_like(score, dtype=torch.bool) if among is None else among
    n_candidates = int(torch.count_nonzero(among))
    if count <= 0:
        return torch.zeros_like(among)
    if count >= n_candidates:
        return among.clone()
    finalists = _finalists(score, count, among)
    positions = among.nonzero().squeeze(1) if finalists is None else finalists
    chosen = torch.zeros_like(among)
    chosen[positions[_mark_by_threshold(_nan_last(score[positions]), count)]] = True
    return chosen


def mark_smallest(
    score: Float[Tensor, " candidates"],
    count: int,
    among: Bool[Tensor, " candidates"] | None = None,
) -> Bool[Tensor, " candidates"]:
    """Mark the candidates with the smallest scores.

    Args:
        score: Any number.
        count: How many to mark; clamped like in `mark_largest`.
        among: The only ones that may be marked; None for all.

    Returns:
        A mask with exactly `count` entries set, lowest index first among equals.

    Example:
        >>> mark_smallest(torch.tensor([1.0, 3.0, 2.0, 1.0]), 1).tolist()
        [True, False, False, False]
    """
    return mark_largest(-score, count, among)


def _nan_last(score: Tensor) -> Tensor:
    return score.nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)


def _mark_by_threshold(score: Tensor, count: int) -> Tensor:
    # The k-th largest value decides all but the ties, and is much cheaper to find than an order.
    threshold = score.topk(count, sorted=False).values.min()
    chosen = score > threshold
    ties = (score == threshold).nonzero().squeeze(1)
    chosen[ties[: count - int(torch.count_nonzero(chosen))]] = True
    return chosen


def _finalists(score: Tensor, count: int, among: Tensor) -> Tensor | None:
    """Positions of a few candidates that surely hold the largest; None if it is not worth it."""
    if score.numel() < 64 * SAMPLE_STRIDE:
        return None
    sample = _nan_last(score[::SAMPLE_STRIDE]).masked_fill_(~among[::SAMPLE_STRIDE], -math.inf)
    # A quarter more than expected and a few standard deviations: a bound that is missed only by
    # structured scores.
    expected = count / SAMPLE_STRIDE
    rank = min(math.ceil(1.25 * expected + 6 * math.sqrt(expected + 1)), sample.numel())
    bound = sample.topk(rank, sorted=False).values.min()
    if bound == -math.inf:
        return None
    finalists = ((score >= bound) & among).nonzero().squeeze(1)
    return finalists if finalists.numel() >= count else None


def share_of(rate: float, count: int) -> int:
    """How many of so many items a share amounts to, rounded up, from none to all."""
    return min(max(math.ceil(rate * count), 0), count)
