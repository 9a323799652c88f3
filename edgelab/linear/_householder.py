"""Products of Householder reflections, applied to rows in blocks of compact WY form.

A row vector x reflected at the hyperplane with normal v becomes x - 2 (x·v) v / (v·v). The product
of the reflections of a block V (one normal per row) is I - Vᵀ M⁻¹ V with M = strictly upper
triangle of V Vᵀ plus half its diagonal (compact WY form), so a block costs two matrix products
instead of one pass per reflection. Its inverse is its
transpose: M is replaced by Mᵀ.
"""

from typing import NamedTuple

import torch
from torch.nn import functional

from edgelab.typing import Float, Tensor

from ._precision import at_least_float32, full_precision

# Larger blocks spend more on V Vᵀ, smaller ones on call overhead: 32 was fastest from 64 to 1024
# reflections.
BLOCK_SIZE = 32


class Reflections(NamedTuple):
    """A product of Householder reflections, ready to be applied to rows."""

    normals: Float[Tensor, "blocks block size"]
    """Normals V, scaled; rows of zeros fill the last block."""
    inverse: Float[Tensor, "blocks block block"]
    """M⁻¹ of every block, upper triangular."""


def prepare_reflections(normals: Float[Tensor, "reflections size"]) -> Reflections:
    """Bring a product of Householder reflections into blocks of compact WY form.

    Args:
        normals: One normal per row, of any length; a row of zeros reflects nothing. Half precision
            is raised to float32.

    Returns:
        The blocks, to be given to `reflect_rows` and `reflect_rows_back`.

    Source: Schreiber and Van Loan (1989), A storage-efficient WY representation for products of
        Householder transformations.

    Example:
        >>> blocks = prepare_reflections(torch.eye(3)[:2])
        >>> reflect_rows(torch.ones(1, 3), blocks)
        tensor([[-1., -1.,  1.]])
    """
    with full_precision(normals):
        blocks = _in_blocks(_scaled(at_least_float32(normals)))
        gram = blocks @ blocks.mT
        half_squares = gram.diagonal(dim1=-2, dim2=-1) / 2
        # A normal of zeros has zeros in its row and column of M: any other diagonal entry makes it
        # reflect nothing.
        half_squares = torch.where(half_squares > 0, half_squares, 1)
        identity = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device).expand_as(gram)
        inverse = torch.linalg.solve_triangular(
            gram.diagonal_scatter(half_squares, dim1=-2, dim2=-1).triu(), identity, upper=True
        )
    return Reflections(blocks, inverse)


def reflect_rows(
    x: Float[Tensor, "rows size"], reflections: Reflections
) -> Float[Tensor, "rows size"]:
    """Apply reflections to rows, the first one first: `x @ H_0 @ H_1 @ ...`.

    Args:
        x: Rows.
        reflections: From `prepare_reflections`.

    Returns:
        The reflected rows, of the same lengths, in the type of `x`.

    Example:
        >>> reflections = prepare_reflections(torch.tensor([[1.0, 1.0]]))
        >>> reflect_rows(torch.tensor([[3.0, 4.0]]), reflections)
        tensor([[-4., -3.]])
    """
    return _apply_blocks(x, reflections.normals, reflections.inverse)


def reflect_rows_back(
    x: Float[Tensor, "rows size"], reflections: Reflections
) -> Float[Tensor, "rows size"]:
    """Undo `reflect_rows`: `x @ ... @ H_1 @ H_0`.

    Args:
        x: Rows.
        reflections: From `prepare_reflections`.

    Returns:
        The reflected rows, of the same lengths, in the type of `x`.

    Example:
        >>> reflections = prepare_reflections(torch.randn(5, 5))
        >>> x = torch.randn(2, 5)
        >>> back = reflect_rows_back(reflect_rows(x, reflections), reflections)
        >>> bool(torch.allclose(back, x, atol=1e-5))
        True
    """
    return _apply_blocks(x, reflections.normals.flip(0), reflections.inverse.flip(0).mT)


def Hprod(
    x: Float[Tensor, "batch size"], u: Float[Tensor, " size"], k: int
) -> Float[Tensor, "batch size"]:
    """Reflect the last k columns of every row at the normal in the last k entries of u.

    Args:
        x: Rows.
        u: The normal; if its last k entries are all 0, nothing is reflected.
        k: How many columns, from 0 to all of them.

    Returns:
        The reflected rows, of the same lengths.

    Example:
        >>> Hprod(torch.tensor([[1.0, 3.0, 4.0]]), torch.tensor([9.0, 1.0, 1.0]), 2)
        tensor([[ 1., -4., -3.]])
    """
    normal = functional.pad(u[u.shape[0] - k :], (u.shape[0] - k, 0))
    return reflect_rows(x, prepare_reflections(normal[None]))


def _scaled(normals: Tensor) -> Tensor:
    """Normals divided by their largest entries, so that squares neither overflow nor vanish."""
    # A reflection does not depend on the length of its normal, so the divisor is a constant to the
    # gradient.
    largest = normals.detach().abs().amax(-1, keepdim=True)
    return normals / torch.where(largest > 0, largest, 1)


def _in_blocks(normals: Tensor) -> Tensor:
    n_reflections, size = normals.shape
    block = max(1, min(BLOCK_SIZE, n_reflections))
    n_blocks = -(-n_reflections // block)
    filled = functional.pad(normals, (0, 0, 0, n_blocks * block - n_reflections))
    return filled.view(n_blocks, block, size)


def _apply_blocks(x: Tensor, normals: Tensor, inverse: Tensor) -> Tensor:
    with full_precision(x):
        rows = at_least_float32(x)
        for block, weighted in zip(normals.unbind(), (inverse @ normals).unbind(), strict=True):
            rows = torch.addmm(rows, rows @ block.mT, weighted, alpha=-1)
        return rows.to(x.dtype)
