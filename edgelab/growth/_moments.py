"""Sums over samples of products of columns."""

import torch

from edgelab.typing import Float, Tensor

# Columns of one product. Half of a symmetric product is not needed; blocks this wide skip most of
# it and still run at the speed of a large product.
_BLOCK = 128
# Products whose rows start at odd places, as behind a column of ones, are a tenth slower.
_ALIGNMENT = 16


@torch.no_grad()
def moment_sum(
    x: Float[Tensor, "samples columns"],
    y: Float[Tensor, "samples others"],
    *,
    x_ones: bool = False,
    y_ones: bool = False,
) -> Float[Tensor, "columns_and_one others_and_one"]:
    """Sum over samples of the products of every column of `x` with every column of `y`.

    Args:
        x: Samples.
        y: The same samples.
        x_ones: Treats `x` as if a column of ones followed.
        y_ones: Likewise for `y`.

    Returns:
        `[x, 1]ᵀ [y, 1]`, without copying either to append ones.

    Example:
        >>> moment_sum(torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0], [5.0]]), x_ones=True)
        tensor([[17.],
                [ 7.]])
    """
    total = _aligned(x, x.shape[1] + x_ones, y.shape[1] + y_ones)
    torch.mm(x.mT, y, out=total[: x.shape[1], : y.shape[1]])
    _add_sums(total, x, y, x_ones, y_ones)
    return total


@torch.no_grad()
def second_moment_sum(
    x: Float[Tensor, "samples columns"], *, ones: bool = False
) -> Float[Tensor, "columns_and_one columns_and_one"]:
    """Sum over samples of the products of every two columns, at little more than half the work.

    Args:
        x: Samples.
        ones: Treats `x` as if a column of ones followed.

    Returns:
        `[x, 1]ᵀ [x, 1]`, symmetric up to rounding.

    Example:
        >>> second_moment_sum(torch.tensor([[1.0], [3.0]]), ones=True)
        tensor([[10.,  4.],
                [ 4.,  2.]])
    """
    columns = x.shape[1]
    total = _aligned(x, columns + ones, columns + ones)
    for start in range(0, columns, _BLOCK):
        stop = min(start + _BLOCK, columns)
        torch.mm(x[:, start:stop].mT, x[:, start:], out=total[start:stop, start:columns])
        total[stop:columns, start:stop] = total[start:stop, stop:columns].mT
    _add_sums(total, x, x, ones, ones)
    return total


def _aligned(like: Tensor, rows: int, columns: int) -> Tensor:
    padded_columns = -(-columns // _ALIGNMENT) * _ALIGNMENT
    return like.new_empty(rows, padded_columns)[:, :columns]


def _add_sums(total: Tensor, x: Tensor, y: Tensor, x_ones: bool, y_ones: bool) -> None:
    if x_ones:
        total[-1, : y.shape[1]] = y.sum(dim=0)
    if y_ones:
        total[: x.shape[1], -1] = x.sum(dim=0)
    if x_ones and y_ones:
        total[-1, -1] = x.shape[0]
