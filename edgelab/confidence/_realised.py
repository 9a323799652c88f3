"""False discovery proportions as they came out, beside what was promised."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from edgelab.typing import Array, Bool, Float

LEVELS = (0.05, 0.1, 0.2)
"""Nominal false discovery rates that are looked at unless others are asked for."""


def realised_proportions(
    q_value: Float[Array, " pairs"],
    is_true: Bool[Array, " pairs"],
    levels: Sequence[float] = LEVELS,
) -> pd.DataFrame:
    """What calling all pairs with q at most a level would have meant, level by level.

    Args:
        q_value: NaN is never called.
        is_true: Truth for the estimand that q is about.
        levels: Nominal false discovery rates.

    Returns:
        One row per level: `nominal, n_called, n_false, realised` (the share of false calls, 0
        without calls), `low, high` (95 % Clopper-Pearson interval of that share, taking calls for
        independent; NaN without calls) and `power` (share of the true pairs that were called; NaN
        without true pairs).

    Example:
        >>> q_value, is_true = np.array([0.01, 0.04, 0.3]), np.array([True, False, True])
        >>> realised = realised_proportions(q_value, is_true, [0.05])
        >>> realised[["n_called", "n_false", "realised", "power"]].values.tolist()
        [[2.0, 1.0, 0.5, 0.5]]
    """
    n_true = int(is_true.sum())
    rows = []
    for level in levels:
        called = q_value <= level
        n_called = int(called.sum())
        n_false = int((called & ~is_true).sum())
        low, high = binomial_interval(n_false, n_called)
        rows.append(
            {
                "nominal": level,
                "n_called": n_called,
                "n_false": n_false,
                "realised": n_false / max(1, n_called),
                "low": low,
                "high": high,
                "power": (n_called - n_false) / n_true if n_true else np.nan,
            }
        )
    return pd.DataFrame(rows)


def binomial_interval(n_hits: int, n_trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Lower and upper end of the Clopper-Pearson interval of a proportion; NaN without trials."""
    if n_trials == 0:
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, n_hits, n_trials - n_hits + 1) if n_hits else 0.0
    high = stats.beta.ppf(1 - tail, n_hits + 1, n_trials - n_hits) if n_hits < n_trials else 1.0
    return float(low), float(high)
