"""Maps that send nothing but zero to zero."""

from typing import Any

import torch
from torch import nn

from edgelab.checks import check_integer
from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

from ._bounds import Number
from ._initial import factory_of, fan_in_uniform
from ._rows import RowsLinear


def trivial_null_space_rows(
    x: Float[Tensor, "rows insize"],
    square_root: Float[Tensor, "rank insize"],
    rest: Float[Tensor, "surplus insize"],
    epsilon: Number,
) -> Float[Tensor, "rows outsize"]:
    """Multiply rows with a matrix none of whose singular values is below epsilon.

    Args:
        x: Rows.
        square_root: Any matrix G; the first outputs are `x @ (Gᵀ G + epsilon I)`.
        rest: Any matrix; the remaining outputs are `x @ restᵀ`.
        epsilon: A positive number.

    Returns:
        The rows times the matrix, as many columns as `insize + surplus`.

    Source: arXiv 1808.00924, equation 2.

    Example:
        >>> one = torch.ones(1, 1)
        >>> trivial_null_space_rows(one, one, torch.full((1, 1), 5.0), 0.25)
        tensor([[1.2500, 5.0000]])
    """
    positive = x @ square_root.mT @ square_root + epsilon * x
    return torch.cat([positive, x @ rest.mT], dim=-1)


class TrivialNullSpaceLinear(RowsLinear):
    """A matrix with `x @ W = 0` only for `x = 0`: no singular value is below epsilon.

    There is no bias, which would move the zero.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, at least `insize`.
        bias: Must be False.
        rank: Rank of the free part of the square block; half of `insize`, rounded up, by default.
        epsilon: Smallest singular value allowed, positive.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If there are fewer outputs than inputs, a bias is asked for, or rank or epsilon
            is not positive.

    Source: arXiv 1808.00924, equation 2.

    Example:
        >>> values = torch.linalg.svdvals(TrivialNullSpaceLinear(3, 5).effective_W())
        >>> bool((values > 0.0999).all())
        True
    """

    shown_options = ("rank", "epsilon")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        rank: int | None = None,
        epsilon: Number = 0.1,
        **kwargs: Any,
    ) -> None:
        if not insize <= outsize:
            raise ConfigError(
                f"a trivial null space needs outsize >= insize, got {outsize} < {insize}; swap them"
            )
        if bias:
            raise ConfigError(
                "a map with a trivial null space has no bias, got bias=True; pass bias=False"
            )
        if not epsilon > 0:
            raise ConfigError(f"epsilon must be positive, got {epsilon!r}")
        super().__init__(insize, outsize, bias, False, **kwargs)
        rank = (insize + 1) // 2 if rank is None else rank
        check_integer("rank", rank)
        self.rank = rank
        self.epsilon = epsilon
        # Entries of Gᵀ G are sums of `rank` products: this bound gives them the variance 1 / (3
        # insize) of nn.Linear.
        bound = 3**0.5 * (3 * insize * rank) ** -0.25
        self.Gl1 = nn.Parameter(
            torch.empty(rank, insize, **factory_of(kwargs)).uniform_(-bound, bound)
        )
        self.Gl2 = fan_in_uniform(outsize - insize, insize, fan_in=insize, **factory_of(kwargs))

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows outsize"]:
        """Multiply every row by the positive definite block and the free rest.

        Args:
            rows: Inputs.

        Returns:
            Their images.
        """
        return trivial_null_space_rows(rows, self.Gl1, self.Gl2, self.epsilon)
