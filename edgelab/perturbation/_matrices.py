"""What one does with an adjacency matrix, dense or sparse: its Laplacian, a penalty, and the ways
out of torch.
"""

import networkx as nx
import numpy as np
import scipy.sparse
import torch

from edgelab.errors import ConfigError
from edgelab.typing import Array, Float, Tensor

from ._edge_matrix import EdgeMatrix, Matrix, as_matrix


def laplacian(matrix: Matrix) -> Matrix:
    """Return D − A, where D holds the row sums of A on its diagonal.

    Args:
        matrix: Adjacency, dense or sparse.

    Returns:
        A tensor for a dense matrix, an `EdgeMatrix` for a sparse one: without sorting or writing
        anything out.

    Example:
        >>> laplacian(torch.tensor([[0.0, 2.0], [2.0, 0.0]])).tolist()
        [[2.0, -2.0], [-2.0, 2.0]]
    """
    matrix = as_matrix(matrix)
    if isinstance(matrix, Tensor):
        return torch.diag_embed(matrix.sum(-1)) - matrix
    negative = -matrix
    own = matrix.row_sums()
    diagonal = own if negative.diagonal is None else own + negative.diagonal
    return EdgeMatrix(
        pattern=matrix.pattern,
        values=negative.values,
        diagonal=diagonal,
        transposed=matrix.transposed,
    )


def regularization_loss(matrix: Matrix) -> Float[Tensor, ""]:
    """Penalise many small changes more than a few large ones: Σ log(1 + |x|) over all entries, per
    node.

    Args:
        matrix: The change, dense or sparse.

    Returns:
        A number, 0 for no change.

    Example:
        >>> regularization_loss(torch.tensor([[0.0, 1.0], [1.0, 0.0]])).item()  # 2 · ln 2 / 2
        0.693...
    """
    values = stored_entries(matrix)[1]
    return values.abs().log1p().sum() / matrix.shape[0]


def stored_entries(matrix: Matrix) -> tuple[Tensor, Tensor]:
    """List the entries of a matrix that may differ from 0.

    Args:
        matrix: Dense or sparse.

    Returns:
        Rows and columns, `[2, entries]`, and the numbers there; both mirror images of a symmetric
        matrix.

    Example:
        >>> stored_entries(torch.tensor([[0.0, 7.0], [0.0, 0.0]]))
        (tensor([[0],
                [1]]), tensor([7.]))
    """
    matrix = as_matrix(matrix)
    if isinstance(matrix, EdgeMatrix):
        # A loop of the pattern and the diagonal may meet in one entry.
        return (
            matrix.entries() if matrix.diagonal is None else stored_entries(matrix.to_sparse_coo())
        )
    index = matrix.detach().nonzero().t()
    return index, matrix[index[0], index[1]]


def to_scipy(matrix: Matrix) -> scipy.sparse.csr_array:
    """Copy a matrix out of torch without writing out its zeros.

    Args:
        matrix: Dense or sparse, on any device.

    Returns:
        A sparse array of scipy.

    Example:
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
        >>> to_networkx(torch.tensor([[0.0, 2.0], [2.0, 0.0]]), names=["A", "B"]).edges(data=True)
        EdgeDataView([('A', 'B', {'weight': 2.0})])
    """
    n_nodes = matrix.shape[0]
    if names is not None and len(names) != n_nodes:
        raise ConfigError(f"names must hold one name for each of {n_nodes} nodes, got {len(names)}")
    labels = np.arange(n_nodes, dtype=object) if names is None else np.asarray(names, dtype=object)
    (row, column), values = (part.detach().cpu().numpy() for part in stored_entries(matrix))
    kept = np.abs(values) > threshold
    kept &= True if directed else row <= column
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
