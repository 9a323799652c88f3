"""Values on a sorted pattern as a coalesced COO tensor, without sorting, forth and back."""

from typing import Any

import torch

from edgelab.ops.sparse_pattern import SparsePattern
from edgelab.typing import Float, Tensor


def sparse_matrix(pattern: SparsePattern, values: Float[Tensor, " edges"]) -> Float[Tensor, "rows columns"]:
    """Build the matrix of a pattern.

    Args:
        pattern: Where the entries lie.
        values: One number per edge of the pattern.

    Returns:
        A coalesced COO tensor with entries row by row, differentiable any number of times. Products with it should
        go through `sparse_matmul`, whose gradient does not build a dense matrix.

    Example:
        >>> from edgelab.ops import SparsePattern
        >>> pattern = SparsePattern(torch.tensor([[0], [1]]), 2, mirrored=True)
        >>> sparse_matrix(pattern, torch.tensor([3.0])).to_dense().tolist()
        [[0.0, 3.0], [3.0, 0.0]]
    """
    return _Matrix.apply(_spread(values, pattern), pattern)


def _spread(values: Tensor, pattern: SparsePattern) -> Tensor:
    return _Spread.apply(values, pattern)


class _Spread(torch.autograd.Function):
    """Edge values to entries; its gradient gathers where that of `index_select` would scatter."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, pattern: SparsePattern) -> Tensor:
        ctx.pattern = pattern
        return values.index_select(0, pattern.edge_of_entry)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _Gather.apply(grad, ctx.pattern), None


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, entries: Tensor, pattern: SparsePattern) -> Tensor:
        ctx.pattern = pattern
        first, *mirrored = pattern.entry_of_edge
        sums = entries.index_select(0, first)
        for other in mirrored:
            sums += entries.index_select(0, other)
        return sums

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _Spread.apply(grad, ctx.pattern), None


class _Matrix(torch.autograd.Function):
    """Entries to a COO tensor: torch's own constructor sorts in its backward pass."""

    @staticmethod
    def forward(ctx: Any, entries: Tensor, pattern: SparsePattern) -> Tensor:
        ctx.pattern = pattern
        return torch.sparse_coo_tensor(
            pattern.indices, entries, pattern.shape, is_coalesced=True, check_invariants=False
        )

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _entries_of(grad, ctx.pattern), None


def _entries_of(matrix: Tensor, pattern: SparsePattern) -> Tensor:
    """Entries of a matrix, dense or sparse, at the places of a pattern."""
    rows, columns = pattern.indices
    if matrix.layout == torch.strided:
        return matrix[rows, columns]
    if matrix.is_coalesced() and matrix._nnz() == pattern.n_entries and _same(matrix.indices(), pattern.indices):
        return matrix.values()
    matrix = matrix.coalesce()
    width = pattern.shape[1]
    wanted = rows * width + columns
    given = matrix.indices()[0] * width + matrix.indices()[1]
    place = torch.searchsorted(given, wanted).clamp(max=max(0, len(given) - 1))
    found = (given[place] == wanted) if len(given) else torch.zeros_like(wanted, dtype=torch.bool)
    return torch.where(found, matrix.values()[place], 0) if len(given) else matrix.values().new_zeros(len(wanted))


def _same(indices: Tensor, others: Tensor) -> bool:
    return indices.data_ptr() == others.data_ptr() or torch.equal(indices, others)
