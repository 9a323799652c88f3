"""Precision along a ranking: average precision, and early precision against chance."""

import numpy as np
from sklearn.metrics import average_precision_score

from edgelab.typing import Array, Bool, Float

from ._levels import score_levels
from ._marks import check_positives


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
    check_positives(is_positive)
    return float(average_precision_score(is_positive, score_levels(score)))


def early_precision_ratio(score: Float[Array, " rows"], is_positive: Bool[Array, " rows"]) -> float:
    """Precision among the top K pairs over that of a random order, where K is the number of true
    pairs.

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
        >>> early_precision_ratio(np.array([0.9, 0.5, 0.2, 0.1]), np.array([True, False, True, False]))
        1.0
    """
    n_top = check_positives(is_positive)
    level = score_levels(score)
    boundary = np.partition(level, level.size - n_top)[level.size - n_top]
    above, tied = level > boundary, level == boundary
    room = n_top - np.count_nonzero(above)
    found = np.count_nonzero(is_positive & above) + room * np.mean(is_positive[tied])
    return float(found / n_top / np.mean(is_positive))
