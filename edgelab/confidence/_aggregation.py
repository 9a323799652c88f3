"""One q-value from many random splits of the same samples, so that it does not hang on one lucky
split.

`median_q_values` promises nothing in finite samples. Its reason: a pair called at f has q <= f / 2
in at least half of the splits, so it expects at most twice the false calls that a split at f / 2
does.

`e_value_q_values` of the mean of `competition_e_values` keeps the false discovery rate at f if
every split alone keeps its own, however the splits depend on each other. It needs the level of the
splits to be fixed beforehand: `aggregated_q_values` therefore answers on a grid of levels, each
split being held to half the level.
"""

from collections.abc import Sequence

import numpy as np

from edgelab.typing import Array, Float

from ._mirror import competition_calls, competition_q_values

GRID = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
"""Levels on which `aggregated_q_values` answers."""


def median_q_values(q_value: Float[Array, "splits pairs"]) -> Float[Array, " pairs"]:
    """Twice the median over the splits, at most 1; of a single split the q-values themselves.

    Args:
        q_value: One row per split; NaN where a split could not judge the pair.

    Returns:
        In (0, 1]; NaN where no split could judge the pair.

    Source: Meinshausen, Meier and Buehlmann (2009), Journal of the American Statistical Association
        104:1671, who prove it for p-values. For q-values see the table at the top of this file.

    Example:
        >>> median_q_values(np.array([[0.01, 0.2], [0.02, 1.0], [0.5, 1.0]])).tolist()
        [0.04, 1.0]
    """
    if len(q_value) == 1:
        return q_value[0]
    judged = ~np.isnan(q_value).all(axis=0)
    result = np.full(q_value.shape[1], np.nan)
    result[judged] = np.minimum(1.0, 2 * np.nanmedian(q_value[:, judged], axis=0))
    return result


def competition_e_values(statistic: Float[Array, " pairs"], level: float) -> Float[Array, " pairs"]:
    """E-values of one split: what a pair's call is worth, with a mean of at most 1 over all null
    pairs.

    Args:
        statistic: A mirror statistic; NaN takes no part.
        level: False discovery rate at which the split makes its calls; fixed before looking at the
            data.

    Returns:
        Pairs in play / (1 + decoys beyond the threshold) at the calls, 0 elsewhere, NaN where the
        statistic is NaN.

    Source: Ren and Barber (2024), Journal of the Royal Statistical Society B 86:122.

    Example:
        >>> competition_e_values(np.array([5.0, 4.0, 3.0, -1.0]), 0.4).tolist()
        [4.0, 4.0, 4.0, 0.0]
    """
    called = competition_calls(statistic, level)
    known = ~np.isnan(statistic)
    threshold = statistic[called].min() if called.any() else np.inf
    n_decoys = np.count_nonzero(statistic[known] <= -threshold)
    return np.where(known, called * (np.count_nonzero(known) / (1 + n_decoys)), np.nan)


def e_value_q_values(e_value: Float[Array, " pairs"]) -> Float[Array, " pairs"]:
    """Smallest false discovery rate at which e-BH would call each pair.

    Args:
        e_value: Not negative; means of e-values are e-values. NaN takes no part.

    Returns:
        In (0, 1]; NaN where the e-value is NaN. Calling q <= f keeps the false discovery rate at f
        for e-values that depend on each other in any way.

    Source: Wang and Ramdas (2022), Journal of the Royal Statistical Society B 84:822.

    Example:
        >>> e_value_q_values(np.array([40.0, 10.0, 0.0, 0.0])).tolist()
        [0.1, 0.2, 1.0, 1.0]
    """
    q_value = np.full(e_value.shape, np.nan)
    known = np.flatnonzero(~np.isnan(e_value))
    order = known[np.argsort(-e_value[known], kind="stable")]
    with np.errstate(divide="ignore", over="ignore"):
        ratio = known.size / (np.arange(1, known.size + 1) * e_value[order])
    q_value[order] = np.minimum(1.0, np.minimum.accumulate(ratio[::-1])[::-1])
    return q_value


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
    for row, level in sorted(zip(total, levels, strict=True), key=lambda pair: -pair[1]):
        called = e_value_q_values(np.where(known, row / len(statistics), np.nan)) <= level
        q_value[called] = level
    return q_value
