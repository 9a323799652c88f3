"""Adjacency matrices out of torch: to scipy, numpy and networkx."""

import networkx as nx
import numpy as np
import scipy.sparse

from edgelab.errors import ConfigError
from edgelab.typing import Array, Float

from ._edge_matrix import Matrix, as_matrix, stored_entries


def to_scipy(matrix: Matrix) -> scipy.sparse.csr_array:
    """Copy a matrix out of torch without writing out its zeros.

    Args:
        matrix: Dense or sparse, on any device.

    Returns:
        A sparse array of scipy.

    Example:
        >>> import torch
        >>> to_scipy(torch.tensor([[0.0, 7.0], [0.0, 0.0]])).nnz
        1
    """
    index, values = (part.detach().cpu().numpy() for part in stored_entries(matrix))
    return scipy.sparse.coo_array((values, (index[0], index[1])), shape=tuple(matrix.shape)).tocsr()


def to_numpy(matrix: Matrix) -> Float[Array, "nodes nodes"]:
    """Copy a matrix out of torch.

    Args:
        matrix: Dense or sparse, on any device.

    Returns:
        All N × N numbers.

    Example:
        >>> import torch
        >>> to_numpy(torch.eye(2).to_sparse()).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    matrix = as_matrix(matrix)
    return matrix.to_dense().detach().cpu().numpy().copy()


def to_networkx(
    matrix: Matrix,
    *,
    directed: bool = False,
    threshold: float = 1e-8,
    names: list[str] | None = None,
) -> nx.Graph:
    """Turn a matrix into a graph of networkx.

    Args:
        matrix: Dense or sparse.
        directed: Make a `DiGraph`; otherwise the entries above the diagonal stand for both
            directions.
        threshold: Entries of at most this size are left out.
        names: Of the nodes; numbers by default.

    Returns:
        All nodes, and edges with their `weight`.

    Raises:
        ConfigError: If the number of names is not that of the nodes.

    Example:
        >>> import torch
        >>> to_networkx(torch.tensor([[0.0, 2.0], [2.0, 0.0]]), names=["A", "B"]).edges(data=True)
        EdgeDataView([('A', 'B', {'weight': 2.0})])
    """
    n_nodes = matrix.shape[0]
    if names is not None and len(names) != n_nodes:
        raise ConfigError(f"names must hold one name for each of {n_nodes} nodes, got {len(names)}")
    labels = np.asarray(range(n_nodes) if names is None else names, dtype=object)
    (row, column), values = (part.detach().cpu().numpy() for part in stored_entries(matrix))
    kept = np.abs(values) > threshold
    if not directed:
        kept &= row <= column
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(labels.tolist())
    weighted = zip(
        labels[row[kept]].tolist(),
        labels[column[kept]].tolist(),
        values[kept].tolist(),
        strict=True,
    )
    graph.add_weighted_edges_from(weighted)
    return graph
