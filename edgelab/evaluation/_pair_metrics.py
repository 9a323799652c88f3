"""Metrics over one list of scored pairs: area under the curve, and precision along the ranking."""

import math

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from edgelab.errors import TableError
from edgelab.table import descending_order
from edgelab.typing import Array, Bool, Float, Int


def score_levels(score: Float[Array, " rows"]) -> Int[Array, " rows"]:
    """Number the distinct scores from the lowest up, so that every metric treats them alike.

    NaN, infinities and ties then mean the same to all of them.

    Args:
        score: Any real number, infinities included. NaN is one level of its own, below every
            number.

    Returns:
        Levels from 0 without gaps: larger score, higher level; equal scores, equal level.

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


def roc_auc(score: Float[Array, " rows"], is_positive: Bool[Array, " rows"]) -> float:
    """Chance that a true pair scores above a false one, ties counting one half.

    Args:
        score: Larger means likelier; NaN ranks last.
        is_positive: Marks the true pairs; at least one.

    Returns:
        A number in [0, 1]; NaN when every pair is true, for then there is nothing to compare with.

    Raises:
        TableError: If no pair is true.

    Source: Hanley and McNeil (1982), Radiology 143:29; computed by scikit-learn.

    Example:
        >>> roc_auc(np.array([0.9, 0.1, 0.1]), np.array([True, True, False]))
        0.75
    """
    if _count_positives(is_positive) == is_positive.size:
        return math.nan
    return float(roc_auc_score(is_positive, score_levels(score)))


def average_precision(score: Float[Array, " rows"], is_positive: Bool[Array, " rows"]) -> float:
    """Precision averaged over the steps in which recall grows; no line is drawn between the steps.

    The trapezoid under the precision-recall curve would flatter: it gives a constant score one
    half.

    Args:
        score: Larger means likelier; NaN ranks last. Tied pairs enter together.
        is_positive: Marks the true pairs; at least one.

    Returns:
        A number in (0, 1]; for a constant score the prevalence of true pairs.

    Raises:
        TableError: If no pair is true.

    Source: Davis and Goadrich (2006), ICML, on why not to interpolate; computed by scikit-learn.

    Example:
        >>> average_precision(np.zeros(4), np.array([True, False, False, False]))
        0.25
    """
    _count_positives(is_positive)
    return float(average_precision_score(is_positive, score_levels(score)))


def early_precision_ratio(score: Float[Array, " rows"], is_positive: Bool[Array, " rows"]) -> float:
    """Precision among the top K pairs over that of a random order; K pairs are true.

    Args:
        score: Larger means likelier; NaN ranks last. Ties across the boundary count with their
            expected share.
        is_positive: Marks the true pairs; at least one.

    Returns:
        1 for a random or constant score, at most rows / K.

    Raises:
        TableError: If no pair is true.

    Source: Pratapa et al. (2020), Nature Methods 17:147 (BEELINE).

    Example:
        >>> is_positive = np.array([True, False, True, False])
        >>> early_precision_ratio(np.array([0.9, 0.5, 0.2, 0.1]), is_positive)
        1.0
    """
    n_top = _count_positives(is_positive)
    level = score_levels(score)
    boundary = np.partition(level, level.size - n_top)[level.size - n_top]
    above = level > boundary
    tied = level == boundary
    room = n_top - np.count_nonzero(above)
    n_recovered = np.count_nonzero(is_positive & above) + room * np.mean(is_positive[tied])
    return float(n_recovered / n_top / np.mean(is_positive))


def _count_positives(is_positive: Bool[Array, " rows"]) -> int:
    """How many pairs are true; without any, no ranking can be judged."""
    n_positives = int(np.count_nonzero(is_positive))
    if not n_positives:
        raise TableError(
            f"none of the {is_positive.size} pairs is positive; at least one is needed to judge a "
            "ranking"
        )
    return n_positives
