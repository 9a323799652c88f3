"""The best few sources of every target, chosen the same way whatever the order of the nodes."""

import numpy as np

from edgelab.typing import Array, Bool, Float


def best_per_target(
    score: Float[Array, "sources targets"], n_best: int
) -> Bool[Array, "sources targets"]:
    """Mark the largest scores of every column.

    Args:
        score: NaN is never marked.
        n_best: How many to mark per column; all that have a score when there are fewer.

    Returns:
        True at the marked entries. Of equal scores at the boundary those of the first rows are
        marked.

    Example:
        >>> best_per_target(np.array([[0.1], [0.7], [0.7], [float("nan")]]), n_best=1).ravel().tolist()
        [False, True, False, False]
    """
    known = ~np.isnan(score)
    if n_best >= score.shape[0]:
        return known
    # A copy with -inf for NaN finds the boundary; `known` keeps NaN apart from scores that are -inf
    # themselves.
    filled = np.where(known, score, -np.inf)
    boundary = np.partition(filled, score.shape[0] - n_best, axis=0)[score.shape[0] - n_best]
    above = filled > boundary
    level = (filled == boundary) & known
    room = n_best - above.sum(axis=0)
    return above | (level & (np.cumsum(level, axis=0, dtype=np.int32) <= room))
