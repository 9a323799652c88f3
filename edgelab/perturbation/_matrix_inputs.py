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
    """Copy a matrix without its gradient: dense, or coalesced if it was sparse in any way."""
    tensor = _as_tensor(matrix).detach()
    if tuple(tensor.shape) != (num_nodes, num_nodes):
        raise GraphError(
            f"{name} must have shape {(num_nodes, num_nodes)}, one row and column per node, "
            f"got {tuple(tensor.shape)}"
        )
    tensor = tensor.to(device=device, dtype=dtype, copy=True)
    if tensor.layout is not torch.strided:
        tensor = tensor.to_sparse_coo().coalesce()
    if not stored_values(tensor).isfinite().all():
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
    """All entries of a dense matrix, those stored of a coalesced one, as a vector."""
    return matrix.values() if matrix.is_sparse else matrix.flatten()


def check_symmetric(name: str, matrix: Num[Tensor, "nodes nodes"]) -> None:
    """Refuse a matrix, dense or coalesced, that is not its own transpose."""
    values = stored_values(matrix)
    difference = matrix - matrix.t()
    if matrix.is_sparse:
        difference = difference.coalesce()
    differences = stored_values(difference)
    if not differences.numel():
        return
    if differences.abs().max() > _SYMMETRY_TOLERANCE * values.abs().max():
        raise GraphError(
            f"directed=False requires {name} to be symmetric; got shape {tuple(matrix.shape)} "
            "with entries that differ from their mirror images. Symmetrise it, or set "
            "directed=True."
        )


def marked_edges(mask: Num[Tensor, "nodes nodes"], *, directed: bool) -> Int[Tensor, "2 edges"]:
    """Edges where a mask, dense or coalesced, is not 0, loops left out; i < j unless directed."""
    index = mask.indices()[:, mask.values() != 0] if mask.is_sparse else mask.nonzero().t()
    kept = index[0] != index[1] if directed else index[0] < index[1]
    return index[:, kept].contiguous()


def entries_at(
    matrix: Float[Tensor, "nodes nodes"], edge_index: Int[Tensor, "2 edges"]
) -> tuple[Float[Tensor, " edges"], Bool[Tensor, " edges"]]:
    """Entries of a matrix, dense or coalesced, and which of them it stores; the others are 0."""
    row, column = edge_index
    if not matrix.is_sparse:
        return matrix[row, column], torch.ones_like(row, dtype=torch.bool)
    stored_row, stored_column = matrix.indices()
    keys = stored_row * matrix.shape[1] + stored_column
    wanted = row * matrix.shape[1] + column
    place = torch.searchsorted(keys, wanted)
    # One more key and value, so that what lies behind the last key finds something to differ from.
    keys = torch.cat([keys, keys.new_tensor([-1])])
    values = torch.cat([matrix.values(), matrix.values().new_zeros(1)])
    is_stored = keys[place] == wanted
    return values[place] * is_stored, is_stored
