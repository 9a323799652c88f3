"""Ranks of true sources among all sources of their target, and what is averaged from them."""

from dataclasses import dataclass

import numpy as np

from edgelab.errors import TableError
from edgelab.typing import Array, Bool, Float, Int

from ._pair_metrics import score_levels


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """Ranks of the true pairs, 1 for the best place.

    Attributes:
        best: Rank if the pair wins every tie.
        worst: Rank if it loses every tie.
    """

    best: Int[Array, " positives"]
    worst: Int[Array, " positives"]

    @property
    def mean(self) -> Float[Array, " positives"]:
        """Rank in the middle of its ties: the expected rank if ties were broken at random."""
        return (self.best + self.worst) / 2


def ranks_within_target(
    score: Float[Array, " rows"],
    target: Int[Array, " rows"],
    is_positive: Bool[Array, " rows"],
    is_competitor: Bool[Array, " rows"] | None = None,
) -> Ranks:
    """Rank every true pair among the competitors that share its target.

    Args:
        score: Larger means likelier; NaN ranks last.
        target: Target of each row, as a number from 0.
        is_positive: Marks the rows that are ranked.
        is_competitor: Marks the rows they are ranked against; a row never competes with itself.
            None means every row that is not positive: the *filtered* setting, in which true sources
            of a target do not push each other down.

    Returns:
        Ranks of the positive rows, in the order of the rows.

    Source: Bordes et al. (2013), NeurIPS (filtered ranks); Berrendorf et al. (2020), arXiv
        2002.06914 (ties).

    Example:
        >>> score, target = np.array([0.9, 0.8, 0.8, 0.1]), np.zeros(4, dtype=int)
        >>> ranks = ranks_within_target(score, target, np.array([True, True, False, False]))
        >>> ranks.best.tolist(), ranks.mean.tolist(), ranks.worst.tolist()
        ([1, 1], [1.0, 1.5], [1, 2])
    """
    is_competitor = ~is_positive if is_competitor is None else is_competitor
    level = score_levels(score)
    n_levels = level.max(initial=0) + 1
    # One sorted array holds all competitors, target by target and by level within a target: ranks
    # are two look-ups.
    place = target.astype(np.int64) * n_levels + level
    competitors = np.sort(place[is_competitor])
    own = place[is_positive]
    not_above = np.searchsorted(competitors, own, side="right")
    of_target = np.searchsorted(competitors, (target[is_positive].astype(np.int64) + 1) * n_levels)
    tied = not_above - np.searchsorted(competitors, own) - is_competitor[is_positive]
    best = 1 + of_target - not_above
    return Ranks(best=best, worst=best + tied)


def mean_reciprocal_rank(rank: Float[Array, " positives"]) -> float:
    """Mean of 1 / rank.

    Args:
        rank: At least 1; infinite for a true pair that was not ranked at all, which adds 0 to the
            sum.

    Returns:
        A number in [0, 1].

    Raises:
        TableError: If there is no rank.

    Source: Voorhees (1999), The TREC-8 question answering track report.

    Example:
        >>> mean_reciprocal_rank(np.array([1.0, 4.0, np.inf, np.inf]))
        0.3125
    """
    _check_any(rank)
    return float(np.mean(1 / rank))


def top_at_k(rank: Float[Array, " positives"], k: int) -> float:
    """Fraction of the true pairs whose rank is at most k.

    Args:
        rank: At least 1; infinite for a true pair that was not ranked at all. A mean rank counts as
            it is: of two sources tied for the first place, each at rank 1.5, none is in the top 1.
        k: How many places count.

    Returns:
        A number in [0, 1].

    Raises:
        TableError: If there is no rank.

    Example:
        >>> top_at_k(np.array([1.0, 1.5, 3.0, 7.0]), 3)
        0.75
    """
    _check_any(rank)
    return float(np.mean(rank <= k))


def _check_any(rank: Float[Array, " positives"]) -> None:
    if not rank.size:
        raise TableError("there are no ranks to average; at least one true pair is needed")
