"""Matrices as users have them, dense or sparse, checked once and brought to one form."""

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
import torch

from edgelab.errors import GraphError
from edgelab.typing import Bool, Float, Int, Num, Tensor

# A torch tensor of any layout, a numpy array or a scipy matrix.
MatrixLike: TypeAlias = Any

# Entries of a symmetric matrix may differ by rounding.
_SYMMETRY_TOLERANCE = 1e-5


def read_square_matrix(
    name: str, matrix: MatrixLike, num_nodes: int, *, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Return a matrix as a dense tensor, or as a coalesced sparse one if it was sparse in any way.

    Args:
        name: What it is, for messages.
        matrix: A tensor of any layout, a numpy array, a nested list or a scipy sparse matrix.
        num_nodes: Rows and columns that it must have.
        dtype: Wanted precision.
        device: Wanted place.

    Returns:
        A tensor that shares no memory with the argument and has no gradient.

    Raises:
        GraphError: If it is not square with `num_nodes` rows, or holds NaN or infinite values.

    Example:
        >>> import scipy.sparse
        >>> place = {"dtype": torch.float32, "device": torch.device("cpu")}
        >>> read_square_matrix("mask", scipy.sparse.eye(2, format="csr"), 2, **place).layout
        torch.sparse_coo
        >>> read_square_matrix("mask", [[0, 1]], 2, **place)
        Traceback (most recent call last):
        ...
        edgelab.errors.GraphError: mask must have shape (2, 2), one row and column per node, got (1,
        2)
    """
    tensor = _as_tensor(matrix).detach()
    if tuple(tensor.shape) != (num_nodes, num_nodes):
        raise GraphError(
            f"{name} must have shape {(num_nodes, num_nodes)}, one row and column per node, got {tuple(tensor.shape)}"
        )
    tensor = tensor.to(device=device, dtype=dtype, copy=True)
    if tensor.layout is not torch.strided:
        tensor = tensor.to_sparse_coo().coalesce()
    values = stored_values(tensor)
    if not values.isfinite().all():
        raise GraphError(f"{name} holds NaN or infinite values. Replace or drop them.")
    return tensor


def _as_tensor(matrix: MatrixLike) -> Tensor:
    if isinstance(matrix, Tensor):
        return matrix
    if scipy.sparse.issparse(matrix):
        entries = matrix.tocoo()
        index = torch.from_numpy(np.stack([entries.row, entries.col]).astype(np.int64))
        with torch.sparse.check_sparse_tensor_invariants():
            return torch.sparse_coo_tensor(index, torch.from_numpy(entries.data), entries.shape)
    return torch.as_tensor(np.asarray(matrix))


def stored_values(matrix: Num[Tensor, "nodes nodes"]) -> Num[Tensor, " _"]:
    """Return the entries that a matrix stores, as a vector.

    Args:
        matrix: Dense, or sparse and coalesced.

    Returns:
        All entries, or those stored.

    Example:
        >>> stored_values(torch.eye(2).to_sparse()).tolist()
        [1.0, 1.0]
    """
    return matrix.values() if matrix.is_sparse else matrix.flatten()


def check_symmetric(name: str, matrix: Num[Tensor, "nodes nodes"]) -> None:
    """Refuse a matrix that is not its own transpose.

    Args:
        name: What it is, for the message.
        matrix: Dense, or sparse and coalesced.

    Raises:
        GraphError: If it is not symmetric to a relative tolerance of 1e-5.

    Example:
        >>> check_symmetric("mask", torch.tensor([[0, 1], [0, 0]]))
        Traceback (most recent call last):
        ...
        edgelab.errors.GraphError: directed=False requires mask to be symmetric; got shape (2, 2)...
    """
    difference = (
        stored_values((matrix - matrix.t()).coalesce()) if matrix.is_sparse else matrix - matrix.t()
    )
    largest = stored_values(matrix).abs().max() if stored_values(matrix).numel() else 0
    if difference.numel() and difference.abs().max() > _SYMMETRY_TOLERANCE * largest:
        raise GraphError(
            f"directed=False requires {name} to be symmetric; got shape {tuple(matrix.shape)} with entries that differ "
            "from their mirror images. Symmetrise it, or set directed=True."
        )


def marked_edges(mask: Num[Tensor, "nodes nodes"], *, directed: bool) -> Int[Tensor, "2 edges"]:
    """List the edges that a mask marks, in the order of rows and columns.

    Args:
        mask: Other than 0 where an edge may change; dense, or sparse and coalesced. The diagonal is
            left out.
        directed: False lists every edge once, with the smaller node first.

    Returns:
        Sources and targets.

    Example:
        >>> marked_edges(torch.ones(3, 3), directed=False).tolist()
        [[0, 0, 1], [1, 2, 2]]
    """
    index = mask.indices()[:, mask.values() != 0] if mask.is_sparse else mask.nonzero().t()
    return index[:, index[0] != index[1] if directed else index[0] < index[1]].contiguous()


def entries_at(
    matrix: Float[Tensor, "nodes nodes"], edge_index: Int[Tensor, "2 edges"]
) -> tuple[Float[Tensor, " edges"], Bool[Tensor, " edges"]]:
    """Read the entries of a matrix at given places.

    Args:
        matrix: Dense, or sparse and coalesced.
        edge_index: Rows and columns.

    Returns:
        The entries, and which of them the matrix stores; those it does not are 0.

    Example:
        >>> entries_at(torch.diag(torch.tensor([0.0, 3.0])).to_sparse(), torch.tensor([[0, 1], [1, 1]]))
        (tensor([0., 3.]), tensor([False,  True]))
    """
    row, column = edge_index
    if not matrix.is_sparse:
        return matrix[row, column], torch.ones_like(row, dtype=torch.bool)
    n_nodes, stored, wanted = matrix.shape[1], matrix.indices(), row * matrix.shape[1] + column
    keys = stored[0] * n_nodes + stored[1]
    # One more key and value, so that what lies behind the last key finds something to differ from.
    place = torch.searchsorted(keys, wanted)
    keys, values = (
        torch.cat([keys, keys.new_tensor([-1])]),
        torch.cat([matrix.values(), matrix.values().new_zeros(1)]),
    )
    found = keys[place] == wanted
    return values[place] * found, found
