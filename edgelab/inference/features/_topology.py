"""What the known graph says about a pair, as if that very pair were unknown."""

import numpy as np

from edgelab.typing import Array, Bool, Float

Matrix = Float[Array, "nodes nodes"]


def topology_features(adjacency: Bool[Array, "nodes nodes"]) -> dict[str, Matrix]:
    """Describe every ordered pair by the rest of the known graph.

    A known edge i -> j is left out of its own description (of the degrees of i and j, of their
    neighbourhoods), so that known edges and candidates are described alike: a degree that counts
    the edge itself would give it away.

    Args:
        adjacency: `adjacency[i, j]` is the known edge i -> j; no self-loops.

    Returns:
        Matrices `[sources, targets]`:
        `out_degree` and `in_degree`, edges that leave i and enter j;
        `source_in_degree` and `target_out_degree`;
        `reverse_edge`, 1 where j -> i is known;
        `two_step_paths`, number of k with i -> k -> j;
        `co_regulation`, how much the targets of i overlap with those of the other regulators of j
        (sum of Jaccard indices); `shared_regulators`, how much the regulators of j overlap with
        those of the other targets of i (mean Jaccard index).

    Example:
        >>> known = np.zeros((3, 3), dtype=bool)
        >>> known[0, 1] = known[1, 2] = True
        >>> features = topology_features(known)
        >>> features["out_degree"][0].tolist(), features["two_step_paths"][0].tolist()
        ([1.0, 0.0, 1.0], [0.0, 0.0, 1.0])
    """
    edges = adjacency.astype(np.float64)
    n_out = edges.sum(axis=1)
    n_in = edges.sum(axis=0)
    everywhere = np.ones_like(edges)
    return {
        "out_degree": n_out[:, None] - edges,
        "in_degree": n_in[None, :] - edges,
        "source_in_degree": n_in[:, None] * everywhere,
        "target_out_degree": n_out[None, :] * everywhere,
        "reverse_edge": edges.T.copy(),
        "two_step_paths": edges @ edges,
        "co_regulation": co_regulation(edges),
        "shared_regulators": shared_regulators(edges),
    }


def co_regulation(edges: Matrix) -> Matrix:
    """Sum, over the other regulators k of j, of how much the targets of i and k but j overlap."""
    shared = edges @ edges.T
    n_out = edges.sum(axis=1)
    size = n_out[:, None] + n_out[None, :]
    # Of the two, k always has the target j; i has it where i -> j is an edge.
    unknown = _jaccard(shared, size - 1 - shared)
    known = _jaccard(shared - 1, size - 2 - (shared - 1))
    return np.where(edges == 1, known @ edges, unknown @ edges)


def shared_regulators(edges: Matrix) -> Matrix:
    """Mean, over the other targets t of i, of the overlap of the regulators of j and t but i."""
    shared = edges.T @ edges
    n_in = edges.sum(axis=0)
    size = n_in[:, None] + n_in[None, :]
    # Of the two, t always has the regulator i; j has it where i -> j is an edge.
    unknown = edges @ _jaccard(shared, size - 1 - shared).T
    known = edges @ _jaccard(shared - 1, size - 2 - (shared - 1)).T
    others = edges.sum(axis=1)[:, None] - edges
    return np.where(edges == 1, known, unknown) / np.maximum(others, 1)


def _jaccard(shared: Matrix, union: Matrix) -> Matrix:
    index = np.clip(shared, 0, None) / np.maximum(union, 1)
    np.fill_diagonal(index, 0.0)  # a node is not compared with itself
    return index
