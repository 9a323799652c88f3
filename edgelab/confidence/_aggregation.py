"""One q-value from many random splits of the same samples, so that it hangs on no lucky split.

E-BH on the mean of the splits' e-values keeps the false discovery rate at f if every split alone
keeps its own, however the splits depend on each other. It needs the level of the splits to be fixed
beforehand: `aggregated_q_values` therefore answers on a grid of levels, each split being held to
half the level.
"""

from collections.abc import Sequence

import numpy as np

from edgelab.typing import Array, Float

from ._mirror import competition_calls, competition_q_values

GRID = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
"""Levels on which `aggregated_q_values` answers."""


def aggregated_q_values(
    statistics: Sequence[Float[Array, " pairs"]], levels: Sequence[float] = GRID
) -> Float[Array, " pairs"]:
    """Smallest level of a grid at which the splits together call each pair.

    Of a single split the exact `competition_q_values`. Of several: at level f every split makes its
    calls at f / 2, they turn into e-values, and e-BH calls at f those whose mean is large enough.
    Calling all pairs with q <= f, for one f on the grid chosen beforehand, keeps the false
    discovery rate if every split alone does.

    Args:
        statistics: Mirror statistics of each split; NaN takes no part.
        levels: The grid, in (0, 1).

    Returns:
        A level of the grid, or 1 for pairs that are called at none; NaN where no split has a
        statistic.

    Source: Ren and Barber (2024), Journal of the Royal Statistical Society B 86:122, whose choice
        for the inner level is f / 2, too.

    Example:
        >>> agree, differ = np.arange(60.0, 20.0, -1.0), np.array([-1.0, -2.0])
        >>> q_value = aggregated_q_values([np.concatenate([agree, differ])] * 2)
        >>> np.unique(q_value[:40]).tolist(), q_value[40:].tolist()
        ([0.05], [1.0, 1.0])
    """
    if len(statistics) == 1:
        return competition_q_values(statistics[0])
    total = np.zeros((len(levels), statistics[0].size))
    for statistic in statistics:
        for row, level in zip(total, levels, strict=True):
            row += np.nan_to_num(competition_e_values(statistic, level / 2))
    known = ~np.isnan(statistics).all(axis=0)
    q_value = np.where(known, 1.0, np.nan)
    # From the largest level down, so that the smallest at which a pair is called is what stays.
    for row, level in sorted(zip(total, levels, strict=True), key=lambda pair: -pair[1]):
        called = e_value_q_values(np.where(known, row / len(statistics), np.nan)) <= level
        q_value[called] = level
    return q_value


def competition_e_values(statistic: Float[Array, " pairs"], level: float) -> Float[Array, " pairs"]:
    """E-values of one split: pairs in play / (1 + decoys beyond the threshold) at its calls.

    0 at other pairs; NaN takes no part. Their mean over all null pairs is at most 1 if the level
    was fixed before looking at the data.

    Source: Ren and Barber (2024), Journal of the Royal Statistical Society B 86:122.
    """
    called = competition_calls(statistic, level)
    known = ~np.isnan(statistic)
    threshold = statistic[called].min() if called.any() else np.inf
    n_decoys = np.count_nonzero(statistic[known] <= -threshold)
    return np.where(known, called * (np.count_nonzero(known) / (1 + n_decoys)), np.nan)


def e_value_q_values(e_value: Float[Array, " pairs"]) -> Float[Array, " pairs"]:
    """Smallest false discovery rate at which e-BH would call each pair; NaN takes no part.

    Holds for e-values that depend on each other in any way; means of e-values are e-values.

    Source: Wang and Ramdas (2022), Journal of the Royal Statistical Society B 84:822.
    """
    q_value = np.full(e_value.shape, np.nan)
    known = np.flatnonzero(~np.isnan(e_value))
    order = known[np.argsort(-e_value[known], kind="stable")]
    with np.errstate(divide="ignore", over="ignore"):
        ratio = known.size / (np.arange(1, known.size + 1) * e_value[order])
    q_value[order] = np.minimum(1.0, np.minimum.accumulate(ratio[::-1])[::-1])
    return q_value
