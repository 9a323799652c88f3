"""Benjamini-Hochberg q-values, for arrays that fit into memory and for families that barely do."""

import numpy as np
from statsmodels.stats.multitest import fdrcorrection

from edgelab.typing import Array, Float

# Entries that `adjust_sorted` treats at a time: bounds its temporary memory to tens of megabytes.
CHUNK = 2**22


def bh_qvalues(p_value: Float[Array, " tests"]) -> Float[Array, " tests"]:
    """Smallest false discovery rate (Benjamini-Hochberg) at which each test would be called.

    Args:
        p_value: In [0, 1]; NaN means that there was no test, and the entry does not count.

    Returns:
        In [0, 1], never below the p-value; NaN where the p-value is NaN.

    Source: Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57:289;
        computed by statsmodels.

    Example:
        >>> bh_qvalues(np.array([0.01, 0.5, float("nan"), 0.04])).round(3).tolist()
        [0.03, 0.5, nan, 0.06]
    """
    # Rows of an edge table arrive sorted by score, often thus by p: no need to sort again. (NaN is
    # never ascending.)
    if p_value.size and bool((p_value[1:] >= p_value[:-1]).all()) and not np.isnan(p_value[0]):
        return fdrcorrection(p_value, is_sorted=True)[1]
    tested = np.flatnonzero(~np.isnan(p_value))
    q_value = np.full(p_value.shape, np.nan)
    if tested.size:
        q_value[tested] = fdrcorrection(p_value[tested])[1]
    return q_value


def bh_qvalues_within(
    p_value: Float[Array, " tests"], family: Float[Array, " family"]
) -> Float[Array, " tests"]:
    """Benjamini-Hochberg q-values of a few tests of a large family.

    No second array of the family's size is made.

    Args:
        p_value: P-values that all occur in the family; NaN gives NaN.
        family: Every p-value of the family, without NaN. **Overwritten**: it is the working memory.

    Returns:
        What `bh_qvalues(family)` would say of these entries.

    Example:
        >>> bh_qvalues_within(np.array([0.04]), np.array([0.5, 0.01, 0.04])).round(3).tolist()
        [0.06]
    """
    family.sort()
    q_value = np.full(p_value.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p_value))
    # Equal p-values share one q-value (the minimum below), so the first position of each will do.
    position = np.searchsorted(family, p_value[tested])
    adjust_sorted(family)
    q_value[tested] = family[position]
    return q_value


def adjust_sorted(ranked: Float[Array, " family"]) -> None:
    """Turn ascending p-values into Benjamini-Hochberg q-values in place.

    Of m tests, q_i is the minimum of p_j * m / j over j >= i.

    Args:
        ranked: Every p-value of the family, ascending, without NaN. **Overwritten** with the
            q-values.

    Example:
        >>> p_value = np.array([0.01, 0.04, 0.5])
        >>> adjust_sorted(p_value)
        >>> p_value.round(3).tolist()
        [0.03, 0.06, 0.5]
    """
    smallest = 1.0
    for stop in range(ranked.size, 0, -CHUNK):
        start = max(stop - CHUNK, 0)
        chunk = ranked[start:stop] * (ranked.size / np.arange(start + 1, stop + 1))
        chunk[-1] = min(chunk[-1], smallest)
        ranked[start:stop] = np.minimum.accumulate(chunk[::-1])[::-1]
        smallest = ranked[start]
