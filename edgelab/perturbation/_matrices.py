"""What is computed from an adjacency matrix, dense or sparse: Laplacian, penalty, pruning."""

import torch

from edgelab.errors import ConfigError
from edgelab.ops import SparsePattern
from edgelab.typing import Float, Tensor

from ._edge_matrix import EdgeMatrix, Matrix, as_matrix, stored_entries
from ._matrix_inputs import check_symmetric


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
    """Penalise many small changes more than a few large ones: Σ log(1 + |x|) per node.

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


def prune_edges(
    matrix: Matrix,
    *,
    threshold: float | None = None,
    n_edges: int | None = None,
    directed: bool = False,
    renormalise: bool = True,
) -> Matrix:
    """Keep the edges with the largest absolute values and set all others to 0.

    Args:
        matrix: Usually a change of an adjacency; dense or sparse. Not changed.
        threshold: Keep edges of at least this size.
        n_edges: Keep this many edges, or all if there are fewer. Of equals those with smaller nodes
            are kept.
        directed: False takes the two mirror images of an edge for one, which a pruned symmetric
            matrix needs to stay symmetric.
        renormalise: Scale what is left to the sum of absolute values before.

    Returns:
        A matrix of the kind and shape of the argument, differentiable in the values that are kept.

    Raises:
        ConfigError: Unless exactly one of `threshold` and `n_edges` is given, and not below 0.
        GraphError: If the matrix is not symmetric and `directed` is False.

    Example:
        >>> change = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]])
        >>> prune_edges(change, n_edges=1).tolist()
        [[0.0, 0.0, 0.0], [0.0, 0.0, 6.0], [0.0, 6.0, 0.0]]
    """
    _check_one_given(threshold, n_edges)
    if not directed:
        check_symmetric("the matrix", _plain(matrix))
    index, values = stored_entries(matrix)
    kept = _largest(index, values.detach().abs(), threshold, n_edges, directed=directed)
    index = index[:, kept]
    largest = values[kept]
    if renormalise and largest.count_nonzero():
        largest = largest * (values.abs().sum() / largest.abs().sum())
    pruned = EdgeMatrix(pattern=SparsePattern(index, matrix.shape[0]), values=largest)
    if isinstance(matrix, EdgeMatrix):
        return pruned
    return pruned.to_dense() if matrix.layout is torch.strided else pruned.to_sparse_coo()


def _check_one_given(threshold: float | None, n_edges: int | None) -> None:
    if (threshold is None) == (n_edges is None):
        raise ConfigError(
            f"give either threshold or n_edges, got threshold={threshold!r} and n_edges={n_edges!r}"
        )
    if not (threshold or n_edges or 0) >= 0:
        raise ConfigError(
            f"threshold and n_edges must be at least 0, got {threshold!r} and {n_edges!r}"
        )


def _plain(matrix: Matrix) -> Tensor:
    """Any kind of matrix as a tensor without gradients, dense or coalesced."""
    tensor = matrix.to_sparse_coo() if isinstance(matrix, EdgeMatrix) else matrix
    tensor = tensor.detach()
    return tensor if tensor.layout is torch.strided else tensor.to_sparse_coo().coalesce()


def _largest(
    index: Tensor, size: Tensor, threshold: float | None, n_edges: int | None, *, directed: bool
) -> Tensor:
    """Mark the entries of the edges to keep."""
    if threshold is not None:
        return size >= threshold
    if not size.numel():
        return torch.zeros_like(size, dtype=torch.bool)
    low, high = index if directed else index.sort(0).values
    edge = low * (1 + high.max()) + high  # one number for both mirror images of an edge
    first = torch.ones_like(edge, dtype=torch.bool) if directed else index[0] <= index[1]
    candidates = first.nonzero().squeeze(1)
    # Sorted by number before by size, so that of equals those with smaller nodes are kept.
    candidates = candidates[edge[candidates].argsort()]
    ranked = candidates[size[candidates].argsort(descending=True, stable=True)]
    return torch.isin(edge, edge[ranked[:n_edges]])
