"""Area under the receiver operating characteristic."""

import math

from sklearn.metrics import roc_auc_score

from edgelab.typing import Array, Bool, Float

from ._levels import score_levels
from ._marks import check_positives


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
        >>> import numpy as np
        >>> roc_auc(np.array([0.9, 0.1, 0.1]), np.array([True, True, False]))
        0.75
    """
    if check_positives(is_positive) == is_positive.size:
        return math.nan
    return float(roc_auc_score(is_positive, score_levels(score)))
