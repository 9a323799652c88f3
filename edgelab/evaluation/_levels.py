"""Scores as whole-number levels, so that NaN, infinities and ties mean the same to every metric."""

import numpy as np

from edgelab.table import descending_order
from edgelab.typing import Array, Float, Int


def score_levels(score: Float[Array, " rows"]) -> Int[Array, " rows"]:
    """Number the distinct scores from the lowest up: larger score, higher level; equal scores,
    equal level.

    Args:
        score: Any real number, infinities included. NaN is one level of its own, below every
            number.

    Returns:
        Levels from 0 without gaps.

    Example:
        >>> score_levels(np.array([0.5, float("nan"), 7.0, 0.5, -1.0])).tolist()
        [2, 0, 3, 2, 1]
    """
    order = descending_order(score)
    ranked = score[order]
    same = (ranked[1:] == ranked[:-1]) | (np.isnan(ranked[1:]) & np.isnan(ranked[:-1]))
    steps = np.zeros(score.size, dtype=np.int64)
    steps[1:] = np.cumsum(~same)
    levels = np.empty(score.size, dtype=np.int64)
    levels[order] = steps[-1:] - steps
    return levels
