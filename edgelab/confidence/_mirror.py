"""Target-decoy competition by signs: q-values from the agreement of two independent estimates."""

import numpy as np

from edgelab.typing import Array, Bool, Float


def mirror_statistics(
    first: Float[Array, "*pairs"], second: Float[Array, "*pairs"]
) -> Float[Array, "*pairs"]:
    """Agreement of two independent signed estimates of the same effects: sign(a b) min(|a|, |b|).

    Where there is no effect and at least one of the two estimates is symmetric around 0 and
    independent of the other, the sign of the result is a fair coin, whatever its size. Pairs with a
    negative result thus count the false ones among those with a positive result of the same size.

    Args:
        first: Signed estimates, in units that make pairs comparable, such as standard errors.
        second: The same effects, estimated from other samples.

    Returns:
        Positive where the signs agree, negative where they differ; NaN where an estimate is NaN.

    Source: Dai, Lin, Xing and Liu (2023), Journal of the American Statistical Association 118:2551.

    Example:
        >>> mirror_statistics(np.array([3.0, -2.0, 1.0]), np.array([2.0, -5.0, -4.0])).tolist()
        [2.0, 2.0, -1.0]
    """
    return np.sign(first) * np.sign(second) * np.minimum(np.abs(first), np.abs(second))


def competition_q_values(statistic: Float[Array, " pairs"]) -> Float[Array, " pairs"]:
    """Smallest false discovery rate at which the competition would call each pair.

    The false ones among the pairs with a statistic of at least t are estimated by one plus the
    number of pairs with at most -t. Calling the pairs with q <= f keeps the expected share of false
    calls at or below f if the signs of the null pairs are independent fair coins given all sizes
    and the other pairs' signs.

    Args:
        statistic: A mirror or knockoff statistic; large and positive for true pairs. NaN takes no
            part.

    Returns:
        In (0, 1], larger for a smaller statistic; 1 where it is not positive, NaN where it is NaN.

    Source: Barber and Candes (2015), Annals of Statistics 43:2055 (knockoff+).

    Example:
        >>> competition_q_values(np.array([5.0, 4.0, -3.0, 2.0, 1.0, 0.0])).tolist()
        [0.5, 0.5, 1.0, 0.5, 0.5, 1.0]
    """
    q_value = np.full(statistic.shape, np.nan)
    known = np.flatnonzero(~np.isnan(statistic))
    value = statistic[known]
    q_value[known] = 1.0
    positive = value > 0
    level = value[positive]
    if level.size:
        targets = np.sort(level)
        decoys = np.sort(-value[value < 0])
        # At its own level each pair counts, and so do its equals: positions are taken before equal
        # values.
        n_targets = level.size - np.searchsorted(targets, level, side="left")
        n_decoys = decoys.size - np.searchsorted(decoys, level, side="left")
        order = np.argsort(level, kind="stable")
        ratio = ((1 + n_decoys) / n_targets)[order]
        # A lower threshold may have a better ratio: q is the best one among thresholds that still
        # call the pair.
        smallest = np.empty(level.size)
        smallest[order] = np.minimum.accumulate(ratio)
        q_value[known[positive]] = np.minimum(smallest, 1.0)
    return q_value


def competition_calls(statistic: Float[Array, " pairs"], level: float) -> Bool[Array, " pairs"]:
    """Which pairs the competition calls at a false discovery rate; never those with NaN."""
    return competition_q_values(statistic) <= level
