"""Products of a sparse matrix and a dense one whose gradients never hold an N × N matrix.

With A the matrix of a pattern (`A[i, j] = values[e]` for the edge e = i → j), the two operations
here are each other's gradient, so that derivatives of every order exist and cost as much as the
product itself, O(edges · columns):

    product      y[i]  = Σ_{e: i → j} values[e] · x[j]
    edge dots    d[e]  = left[i] · right[j]

`torch.sparse.mm` forms the dense N × N gradient before it picks the entries, and its second
derivative is wrong.
"""

from typing import Any

import torch
from torch.nn.functional import embedding_bag

from edgelab.typing import Float, Num, Tensor

from ._sparse_pattern import SparsePattern

# Rows are gathered in blocks of so many numbers, which stay in the cache of a CPU core.
BLOCK = 2**16


def sparse_matmul(
    pattern: SparsePattern,
    values: Float[Tensor, " edges"],
    x: Num[Tensor, "columns *features"],
    *,
    transpose: bool = False,
) -> Num[Tensor, "rows *features"]:
    """Multiply a sparse matrix by a vector or by a dense matrix.

    Args:
        pattern: Where the entries lie.
        values: One number per edge of the pattern.
        x: One row (or number, real or complex) per column of the matrix; per row of it when
            transposed.
        transpose: Multiplies by the transpose of the matrix.

    Returns:
        One row (or number) per row of the matrix. Differentiable any number of times in `values`
        and `x`.

    Example:
        >>> from edgelab.ops import SparsePattern
        >>> pattern = SparsePattern(torch.tensor([[0, 0], [1, 2]]), 3)
        >>> values, x = torch.tensor([10.0, 1.0]), torch.tensor([5.0, 6.0, 7.0])
        >>> sparse_matmul(pattern, values, x).tolist()
        [67.0, 0.0, 0.0]
        >>> sparse_matmul(pattern, values, x, transpose=True).tolist()
        [0.0, 50.0, 5.0]
    """
    if x.is_complex():
        return torch.view_as_complex(
            sparse_matmul(pattern, values, torch.view_as_real(x), transpose=transpose)
        )
    dtype = torch.promote_types(values.dtype, x.dtype)
    table = x.unsqueeze(1) if x.ndim == 1 else x.flatten(1)
    product = _Product.apply(values.to(dtype), table.to(dtype), pattern, transpose)
    return product.reshape(len(product), *x.shape[1:])


def edge_dots(
    pattern: SparsePattern,
    left: Float[Tensor, "rows features"],
    right: Float[Tensor, "columns features"],
) -> Float[Tensor, " edges"]:
    """Multiply two dense matrices, left @ right.T, only where a pattern has entries.

    Args:
        pattern: Where the entries lie.
        left: One row per row of the pattern.
        right: One row per column of the pattern.

    Returns:
        The dot product of the two rows of every edge; of a mirrored edge, the sum of both its
        entries. Differentiable any number of times.

    Example:
        >>> from edgelab.ops import SparsePattern
        >>> pattern = SparsePattern(torch.tensor([[0], [1]]), 2)
        >>> edge_dots(pattern, torch.tensor([[2.0], [0.0]]), torch.tensor([[0.0], [5.0]]))
        tensor([10.])
    """
    return _EdgeDots.apply(left, right, pattern)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, values: Tensor, x: Tensor, pattern: SparsePattern, transpose: bool
    ) -> Tensor:
        ctx.pattern = pattern
        ctx.transpose = transpose
        ctx.save_for_backward(values, x)
        layout = pattern.by_column if transpose else pattern.by_row
        return _weighted_sums(values.index_select(0, layout.edge), x, layout.across, layout.starts)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        values, x = ctx.saved_tensors
        grad_values = grad_x = None
        if ctx.needs_input_grad[0]:
            ends = (x, grad) if ctx.transpose else (grad, x)
            grad_values = _EdgeDots.apply(*ends, ctx.pattern)
        if ctx.needs_input_grad[1]:
            grad_x = _Product.apply(values, grad, ctx.pattern, not ctx.transpose)
        return grad_values, grad_x, None, None


class _EdgeDots(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, pattern: SparsePattern) -> Tensor:
        ctx.pattern = pattern
        ctx.save_for_backward(left, right)
        rows, columns = pattern.ends
        dots = _row_dots(left, right, rows, columns)
        return dots.add_(_row_dots(left, right, columns, rows)) if pattern.mirrored else dots

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        left, right = ctx.saved_tensors
        grad_left = grad_right = None
        if ctx.needs_input_grad[0]:
            grad_left = _Product.apply(grad, right, ctx.pattern, False)
        if ctx.needs_input_grad[1]:
            grad_right = _Product.apply(grad, left, ctx.pattern, True)
        return grad_left, grad_right, None


def _weighted_sums(weights: Tensor, x: Tensor, index: Tensor, starts: Tensor) -> Tensor:
    """Weighted sum of chosen rows of x for every run of entries; zero for an empty run."""
    if not (index.numel() and x.numel()):
        return x.new_zeros(len(starts) - 1, x.shape[1])
    return embedding_bag(
        index,
        x.contiguous(),
        starts,
        mode="sum",
        per_sample_weights=weights,
        include_last_offset=True,
    )


def _row_dots(left: Tensor, right: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    width = left.shape[1]
    dots = left.new_empty(len(rows))
    size = max(1, (BLOCK if left.device.type == "cpu" else 2**8 * BLOCK) // max(1, width))
    for start in range(0, len(rows), size):
        block = slice(start, start + size)
        products = left.index_select(0, rows[block]).mul_(right.index_select(0, columns[block]))
        torch.sum(products, 1, out=dots[block])
    return dots
