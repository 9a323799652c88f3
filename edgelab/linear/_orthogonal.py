"""Maps with orthogonal matrices, made of Householder reflections."""

from typing import Any

import torch
from torch import nn

from edgelab.typing import Float, Tensor

from ._base import SquareLinear
from ._householder import prepare_reflections, reflect_rows
from ._initial import factory_of
from ._rows import RowsLinear


def orthogonal_rows(
    x: Float[Tensor, "rows size"], raw: Float[Tensor, "reflections size"]
) -> Float[Tensor, "rows size"]:
    """Multiply rows with the orthogonal matrix that raw numbers stand for.

    Args:
        x: Rows.
        raw: Any real numbers; row i, from entry i on, is the normal of the i-th reflection.

    Returns:
        The rows times the product of all reflections.

    Source: Mhammedi et al. (2017), Efficient orthogonal parametrisation of recurrent neural
        networks using Householder reflections.

    Example:
        >>> lengths = orthogonal_rows(torch.eye(4), torch.randn(4, 4)).norm(dim=1)
        >>> bool(torch.allclose(lengths, torch.ones(4)))
        True
    """
    return reflect_rows(x, prepare_reflections(raw.triu()))


class OrthogonalLinear(RowsLinear, SquareLinear):
    """An orthogonal matrix: a product of Householder reflections.

    The raw parameter `U` holds one normal per row, of which row i counts from entry i on. A row of
    zeros reflects nothing. The matrix never contains the bias.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Source: Mhammedi et al. (2017), Efficient orthogonal parametrisation of recurrent neural
        networks using Householder reflections.

    Example:
        >>> matrix = OrthogonalLinear(4, 4).effective_W()
        >>> bool(torch.allclose(matrix @ matrix.T, torch.eye(4), atol=1e-6))
        True
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.U = nn.Parameter(torch.randn(insize, insize, **factory_of(kwargs)).triu())

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows insize"]:
        """Reflect every row.

        Args:
            rows: Inputs.

        Returns:
            Rows of the same lengths.
        """
        return orthogonal_rows(rows, self.U)
