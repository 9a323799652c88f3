"""Which edges go and which come: arrays in, arrays out."""

import numpy as np

from edgelab.typing import Array, Bool, Float


def weak_edges(
    edges: Bool[Array, "nodes nodes"],
    support: Float[Array, "nodes nodes"],
    prior: Bool[Array, "nodes nodes"],
    least: tuple[float, float],
) -> Bool[Array, "nodes nodes"]:
    """Edges without enough support.

    Args:
        edges: The edges.
        support: Their support; elsewhere anything.
        prior: Edges that were known before.
        least: Support that edges of the prior need, and that others need.

    Returns:
        The edges to take out.

    Example:
        >>> edges, prior = np.array([[False, True], [True, False]]), np.array([[False, True], [False, False]])
        >>> weak_edges(edges, np.full((2, 2), 0.2), prior, (0.1, 0.3)).tolist()
        [[False, False], [True, False]]
    """
    return edges & ~(support >= np.where(prior, *least))


def strongest_pairs(
    score: Float[Array, "nodes nodes"], among: Bool[Array, "nodes nodes"], count: int, least: float
) -> Bool[Array, "nodes nodes"]:
    """The pairs of highest score.

    Args:
        score: Any number; NaN is never chosen.
        among: Pairs that may be chosen.
        count: How many to choose at most; below 0 counts as 0.
        least: Score that a pair must reach.

    Returns:
        The chosen pairs; among equal scores the first in reading order.

    Example:
        >>> strongest_pairs(np.array([[9.0, 2.0], [3.0, 9.0]]), ~np.eye(2, dtype=bool), 1, 0.0).tolist()
        [[False, False], [True, False]]
    """
    possible = np.flatnonzero(among & (score >= least))
    best = possible[np.argsort(-score.ravel()[possible], kind="stable")[: max(count, 0)]]
    chosen = np.zeros_like(among)
    chosen.ravel()[best] = True
    return chosen
