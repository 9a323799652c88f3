"""Maps with positive matrices whose rows or columns have fixed or bounded sums."""

from typing import Any

import torch

from edgelab.typing import Float, Tensor

from ._base import LinearBase
from ._bounds import Number, bounded, check_interval
from ._initial import factory_of


def right_stochastic(
    raw: Float[Tensor, "*stack insize outsize"],
) -> Float[Tensor, "*stack insize outsize"]:
    """Make every row a distribution.

    Args:
        raw: Any real numbers; leading axes stack matrices.

    Returns:
        A positive matrix whose rows sum to 1.

    Example:
        >>> right_stochastic(torch.zeros(1, 2))
        tensor([[0.5000, 0.5000]])
    """
    return torch.softmax(raw, dim=-1)


def left_stochastic(
    raw: Float[Tensor, "*stack insize outsize"],
) -> Float[Tensor, "*stack insize outsize"]:
    """Make every column a distribution.

    Args:
        raw: Any real numbers; leading axes stack matrices.

    Returns:
        A positive matrix whose columns sum to 1.

    Example:
        >>> left_stochastic(torch.zeros(2, 1)).tolist()
        [[0.5], [0.5]]
    """
    return torch.softmax(raw, dim=-2)


def perron_frobenius(
    raw: Float[Tensor, "insize outsize"],
    scaling: Float[Tensor, "insize outsize"],
    lower: Number,
    upper: Number,
) -> Float[Tensor, "insize outsize"]:
    """Make a positive matrix whose row sums lie in an interval, and so its spectral radius.

    Args:
        raw: Any real numbers; the shares of each row.
        scaling: Any real numbers; the factor in the interval by which each entry is scaled.
        lower: Smallest row sum.
        upper: Largest row sum.

    Returns:
        `bounded(scaling) * softmax(raw)` along rows.

    Source: Perron (1907), Frobenius (1912): the spectral radius of a non-negative matrix lies
        between its smallest and its largest row sum.

    Example:
        >>> perron_frobenius(torch.zeros(1, 2), torch.zeros(1, 2), 0.5, 1.5)
        tensor([[0.5000, 0.5000]])
    """
    return bounded(scaling, lower, upper) * right_stochastic(raw)


class RightStochasticLinear(LinearBase):
    """A positive matrix whose rows sum to 1 (one row per input; it need not be square).

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> row_sums = RightStochasticLinear(3, 2).effective_W().sum(1)
        >>> bool(torch.allclose(row_sums, torch.ones(3)))
        True
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, True, **kwargs)

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return the softmax of the raw weight along rows.

        Returns:
            A right stochastic matrix.
        """
        return right_stochastic(self.weight)


class LeftStochasticLinear(LinearBase):
    """A positive matrix whose columns sum to 1 (one column per output; it need not be square).

    Every output is then a weighted mean of the inputs.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> column_sums = LeftStochasticLinear(3, 2).effective_W().sum(0)
        >>> bool(torch.allclose(column_sums, torch.ones(2)))
        True
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, True, **kwargs)

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return the softmax of the raw weight along columns.

        Returns:
            A left stochastic matrix.
        """
        return left_stochastic(self.weight)


class PerronFrobeniusLinear(LinearBase):
    """A positive matrix whose row sums lie in `[sigma_min, sigma_max]`.

    So does its spectral radius when it is square.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        sigma_min: Smallest row sum, at least 0.
        sigma_max: Largest row sum.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If not `0 <= sigma_min <= sigma_max`.

    Example:
        >>> radius = PerronFrobeniusLinear(3, 3).eig().abs().max().item()
        >>> 0.8 <= radius <= 1.0
        True
    """

    shown_options = ("sigma_min", "sigma_max")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        sigma_min: Number = 0.8,
        sigma_max: Number = 1.0,
        **kwargs: Any,
    ) -> None:
        check_interval(sigma_min, sigma_max, smallest=0)
        super().__init__(insize, outsize, bias, True, **kwargs)
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        factory = factory_of(kwargs)
        self.scaling = torch.nn.Parameter(torch.rand(insize, outsize, **factory))

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return the scaled softmax of the raw weight.

        Returns:
            A positive matrix with bounded row sums.
        """
        return perron_frobenius(self.weight, self.scaling, self.sigma_min, self.sigma_max)


class StableSplitLinear(LinearBase):
    """`B - C` with stable B and C: rows of the difference sum to `[sigma_min, sigma_max]`.

    Rows of B sum to `sigma_max`, rows of C to a number in `[0, sigma_max - sigma_min]`; both are
    positive. The difference itself may have a spectral radius above `sigma_max`, but never above `2
    * sigma_max - sigma_min`. B is a scaled right stochastic map: a trainable scaling of a fixed row
    sum would never receive a gradient.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias (to the difference; B and C have none).
        sigma_min: Smallest row sum.
        sigma_max: Largest row sum.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If `sigma_min > sigma_max`.

    Example:
        >>> row_sums = StableSplitLinear(3, 4).effective_W().sum(1)
        >>> bool(((row_sums > 0.1) & (row_sums < 1)).all())
        True
    """

    shown_options = ("sigma_min", "sigma_max")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        sigma_min: Number = 0.1,
        sigma_max: Number = 1.0,
        **kwargs: Any,
    ) -> None:
        check_interval(sigma_min, sigma_max)
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self.B = RightStochasticLinear(insize, outsize, **kwargs)
        self.C = PerronFrobeniusLinear(
            insize, outsize, sigma_min=0.0, sigma_max=sigma_max - sigma_min, **kwargs
        )

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return `sigma_max * B - C`.

        Returns:
            A matrix with bounded row sums.
        """
        return self.sigma_max * self.B.effective_W() - self.C.effective_W()
