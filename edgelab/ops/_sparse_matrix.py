"""Values on a sorted pattern as a coalesced COO tensor, without sorting, forth and back."""

from typing import Any

import torch

from edgelab.typing import Float, Tensor

from ._sparse_pattern import SparsePattern


def sparse_matrix(
    pattern: SparsePattern, values: Float[Tensor, " edges"]
) -> Float[Tensor, "rows columns"]:
    """Build the matrix of a pattern.

    Args:
        pattern: Where the entries lie.
        values: One number per edge of the pattern.

    Returns:
        A coalesced COO tensor with entries row by row, differentiable any number of times. Products
        with it should go through `sparse_matmul`, whose gradient does not build a dense matrix.

    Example:
        >>> from edgelab.ops import SparsePattern
        >>> pattern = SparsePattern(torch.tensor([[0], [1]]), 2, mirrored=True)
        >>> sparse_matrix(pattern, torch.tensor([3.0])).to_dense().tolist()
        [[0.0, 3.0], [3.0, 0.0]]
    """
    return _Matrix.apply(values, pattern)


class _Matrix(torch.autograd.Function):
    """Edge values to a COO tensor: torch's own constructor sorts in its backward pass."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, pattern: SparsePattern) -> Tensor:
        ctx.pattern = pattern
        entries = values.index_select(0, pattern.edge_of_entry)
        return torch.sparse_coo_tensor(
            pattern.indices, entries, pattern.shape, is_coalesced=True, check_invariants=False
        )

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        entries = _entries_of(grad, ctx.pattern)
        twice = torch.is_grad_enabled()  # when a second derivative may be asked for
        return (_Gather.apply if twice else _gather)(entries, ctx.pattern), None


class _Gather(torch.autograd.Function):
    """Entries to sums over the entries of every edge."""

    @staticmethod
    def forward(ctx: Any, entries: Tensor, pattern: SparsePattern) -> Tensor:
        ctx.pattern = pattern
        return _gather(entries, pattern)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _Spread.apply(grad, ctx.pattern), None


def _gather(entries: Tensor, pattern: SparsePattern) -> Tensor:
    sums = entries.index_select(0, pattern.entry_of_edge)
    mirrored = pattern.mirrored_entry_of_edge
    return sums if mirrored is None else sums.add_(entries.index_select(0, mirrored))


class _Spread(torch.autograd.Function):
    """Edge values to entries, the gradient of `_Gather`; that of `index_select` would scatter."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, pattern: SparsePattern) -> Tensor:
        ctx.pattern = pattern
        return values.index_select(0, pattern.edge_of_entry)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _Gather.apply(grad, ctx.pattern), None


def _entries_of(matrix: Tensor, pattern: SparsePattern) -> Tensor:
    """Entries of a matrix, dense or sparse, at the places of a pattern."""
    if matrix.layout == torch.strided:
        return matrix[tuple(pattern.indices)]
    matrix = matrix.coalesce()
    given = matrix.indices()
    wanted = pattern.indices
    if given.data_ptr() == wanted.data_ptr() or torch.equal(given, wanted):
        return matrix.values()
    return _looked_up(matrix.values(), _position(given, pattern), _position(wanted, pattern))


def _position(indices: Tensor, pattern: SparsePattern) -> Tensor:
    return indices[0] * pattern.shape[1] + indices[1]


def _looked_up(values: Tensor, given: Tensor, wanted: Tensor) -> Tensor:
    """Values at the wanted positions, zero at those that are not among the (sorted) given ones."""
    values = torch.cat([values, values.new_zeros(1)])
    given = torch.cat([given, given.new_tensor([-1])])
    place = torch.searchsorted(given[:-1], wanted)
    return torch.where(given[place] == wanted, values[place], 0)
