"""Maps with symplectic matrices, made of shears."""

from typing import Any

import torch

from edgelab.checks import check_integer
from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

from ._base import SquareLinear
from ._initial import factory_of, fan_in_uniform
from ._rows import RowsLinear


def symplectic_rows(
    x: Float[Tensor, "rows size"], raw: Float[Tensor, "shears half half"]
) -> Float[Tensor, "rows size"]:
    """Multiply rows `[q | p]` with a product of symplectic shears.

    Args:
        x: Rows with an even number of columns: positions, then momenta.
        raw: Any real numbers. Shear k adds `q @ S` to p if k is even, `p @ S` to q if k is odd,
            with `S = raw[k] + raw[k].T`.

    Returns:
        The rows times a symplectic matrix.

    Source: Jin, Lin and Xiao (2021), Optimal unit triangular factorization of symplectic matrices:
        five shears reach every symplectic matrix.

    Example:
        >>> symplectic_rows(torch.tensor([[1.0, 10.0]]), torch.full((1, 1, 1), 0.5))
        tensor([[ 1., 11.]])
    """
    positions, momenta = x.chunk(2, dim=-1)
    for index, shear in enumerate((raw + raw.mT).unbind()):
        if index % 2:
            positions = torch.addmm(positions, momenta, shear)
        else:
            momenta = torch.addmm(momenta, positions, shear)
    return torch.cat([positions, momenta], dim=-1)


class SymplecticLinear(RowsLinear, SquareLinear):
    """A symplectic matrix, `Wᵀ J W = J` with `J = [[0, I], [-I, 0]]`.

    It preserves areas in phase space. It is a product of shears with symmetric blocks, each exactly
    symplectic, so volumes are kept too (determinant 1).

    Args:
        insize: Columns of the input, an even number: positions, then momenta.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        n_shears: Shears in the product, at least 1; five reach every symplectic matrix.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If the sizes differ or are odd, or there is no shear.

    Source: Jin, Lin and Xiao (2021), Optimal unit triangular factorization of symplectic matrices.

    Example:
        >>> matrix = SymplecticLinear(2, 2).effective_W()
        >>> bool(torch.isclose(matrix.det(), torch.tensor(1.0)))
        True
    """

    shown_options = ("n_shears",)
    rows_per_matrix = 8.0

    def __init__(
        self, insize: int, outsize: int, bias: bool = False, *, n_shears: int = 4, **kwargs: Any
    ) -> None:
        if insize % 2:
            raise ConfigError(
                f"Symplectic Matrix must have even dimensions: positions and momenta; got {insize}"
            )
        check_integer("n_shears", n_shears)
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.n_shears = n_shears
        half = insize // 2
        self.weight = fan_in_uniform(n_shears, half, half, fan_in=insize, **factory_of(kwargs))

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows insize"]:
        """Shear every row.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """
        return symplectic_rows(rows, self.weight)
