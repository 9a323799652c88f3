"""What a call may claim, and which pairs are true for the claim."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from edgelab.checks import check_choice
from edgelab.typing import Array, Bool, Int

ESTIMANDS = ("total", "direct")
"""What a call may claim: that a directed path leads from source to target, or that an edge does."""


def true_pairs(
    edge_index: Int[Array, "2 edges"], n_nodes: int, estimand: str
) -> Bool[Array, "nodes nodes"]:
    """Which ordered pairs of distinct nodes are true for an estimand.

    Args:
        edge_index: The true edges: row 0 sources, row 1 targets.
        n_nodes: Number of nodes.
        estimand: `"total"` for a directed path of any length, `"direct"` for an edge.

    Returns:
        True at `[source, target]`; never on the diagonal.

    Raises:
        ConfigError: If the estimand is unknown.

    Example:
        >>> chain = np.array([[0, 1], [1, 2]])
        >>> true_pairs(chain, 3, "total").sum(), true_pairs(chain, 3, "direct").sum()
        (np.int64(3), np.int64(2))
    """
    check_choice("estimand", estimand, ESTIMANDS)
    # The graph routines of older SciPy take 32-bit ids only (1.12: Buffer dtype mismatch).
    source, target = edge_index.astype(np.int32)
    weights = np.ones(edge_index.shape[1])
    adjacency = csr_array((weights, (source, target)), shape=(n_nodes, n_nodes))
    if estimand == "direct":
        distance = adjacency.toarray()
    else:
        distance = shortest_path(adjacency, unweighted=True)
    is_true = (distance > 0) & np.isfinite(distance)
    np.fill_diagonal(is_true, False)
    return is_true
