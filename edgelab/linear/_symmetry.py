"""Maps with symmetric, skew-symmetric and positive semi-definite matrices."""

from typing import Any

import torch
from torch import nn

from edgelab.typing import Float, Tensor

from ._base import SquareLinear
from ._bounds import Number, bounded, check_interval, unbounded
from ._initial import factory_of
from ._rows import RowsLinear


def symmetric(raw: Float[Tensor, "*stack size size"]) -> Float[Tensor, "*stack size size"]:
    """Average a matrix with its transpose.

    Args:
        raw: Any square matrix; leading axes stack matrices.

    Returns:
        A matrix equal to its transpose, exactly.

    Example:
        >>> symmetric(torch.tensor([[1.0, 2.0], [4.0, 1.0]]))
        tensor([[1., 3.],
                [3., 1.]])
    """
    return (raw + raw.mT) / 2


def skew_symmetric(raw: Float[Tensor, "*stack size size"]) -> Float[Tensor, "*stack size size"]:
    """Keep the entries above the diagonal and mirror them with the opposite sign.

    Args:
        raw: Any square matrix; only the entries above the diagonal matter. Leading axes stack
            matrices.

    Returns:
        A matrix equal to the negative of its transpose, exactly.

    Example:
        >>> skew_symmetric(torch.tensor([[9.0, 2.0], [9.0, 9.0]]))
        tensor([[ 0.,  2.],
                [-2.,  0.]])
    """
    upper = raw.triu(1)
    return upper - upper.mT


def damped_skew_symmetric(
    raw: Float[Tensor, "size size"], raw_damping: Float[Tensor, "1 1"], lower: Number, upper: Number
) -> Float[Tensor, "size size"]:
    """Add a bounded multiple of the identity to a skew-symmetric matrix.

    Args:
        raw: Any square matrix.
        raw_damping: Any real number.
        lower: Smallest multiple.
        upper: Largest multiple.

    Returns:
        A matrix whose eigenvalues all have the same real part, in `[lower, upper]`.

    Example:
        >>> raw = torch.tensor([[9.0, 2.0], [9.0, 9.0]])
        >>> damped_skew_symmetric(raw, torch.zeros(1, 1), 0.0, 1.0)
        tensor([[ 0.5000,  2.0000],
                [-2.0000,  0.5000]])
    """
    damping = bounded(raw_damping, lower, upper).reshape(1).expand(raw.shape[-1])
    return skew_symmetric(raw).diagonal_scatter(damping)


def positive_semidefinite_rows(
    x: Float[Tensor, "rows size"], raw: Float[Tensor, "rank size"]
) -> Float[Tensor, "rows size"]:
    """Multiply rows with the transpose of a matrix times the matrix.

    Args:
        x: Rows.
        raw: Any matrix.

    Returns:
        The rows times a symmetric matrix without negative eigenvalues.

    Example:
        >>> positive_semidefinite_rows(torch.eye(2), torch.tensor([[1.0, -2.0]]))
        tensor([[ 1., -2.],
                [-2.,  4.]])
    """
    return x @ raw.mT @ raw


class SymmetricLinear(SquareLinear):
    """A matrix equal to its transpose.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> matrix = SymmetricLinear(3, 3).effective_W()
        >>> bool(torch.equal(matrix, matrix.T))
        True
    """

    symmetric = True

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, True, **kwargs)

    def effective_W(self) -> Float[Tensor, "insize insize"]:
        """Return the mean of the raw weight and its transpose.

        Returns:
            A symmetric matrix.
        """
        return symmetric(self.weight)


class SkewSymmetricLinear(SquareLinear):
    """A matrix equal to the negative of its transpose: its eigenvalues are purely imaginary.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> matrix = SkewSymmetricLinear(3, 3).effective_W()
        >>> bool(torch.equal(matrix, -matrix.T))
        True
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, True, **kwargs)

    def effective_W(self) -> Float[Tensor, "insize insize"]:
        """Return the upper triangle of the raw weight minus its transpose.

        Returns:
            A skew-symmetric matrix.
        """
        return skew_symmetric(self.weight)


class DampedSkewSymmetricLinear(SquareLinear):
    """A skew-symmetric matrix plus a damping in `[sigma_min, sigma_max]` times the identity.

    All eigenvalues have the real part `damping`. It is added, as in a discrete-time step; subtract
    it yourself for a decaying flow in continuous time. The raw parameter `gamma` is free: the
    damping is `bounded(gamma)`.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        sigma_min: Smallest damping.
        sigma_max: Largest damping.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If `sigma_min > sigma_max`.

    Example:
        >>> real_parts = DampedSkewSymmetricLinear(4, 4).eig().real
        >>> bool(((real_parts >= 0.1) & (real_parts <= 0.5)).all())
        True
    """

    shown_options = ("sigma_min", "sigma_max")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        sigma_min: Number = 0.1,
        sigma_max: Number = 0.5,
        **kwargs: Any,
    ) -> None:
        check_interval(sigma_min, sigma_max)
        super().__init__(insize, outsize, bias, True, **kwargs)
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        # The damping itself starts uniform on its interval; the ends, whose raw numbers are
        # infinite, are left out.
        start = torch.empty(1, 1, **factory_of(kwargs)).uniform_(0.01, 0.99)
        self.gamma = nn.Parameter(unbounded(start, 0.0, 1.0))

    def effective_W(self) -> Float[Tensor, "insize insize"]:
        """Return the skew-symmetric matrix with its damping on the diagonal.

        Returns:
            A matrix whose eigenvalues share one real part.
        """
        return damped_skew_symmetric(self.weight, self.gamma, self.sigma_min, self.sigma_max)


class PSDLinear(RowsLinear, SquareLinear):
    """A symmetric positive semi-definite matrix.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> bool((PSDLinear(3, 3).eig().real > -1e-6).all())
        True
    """

    symmetric = True

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, True, **kwargs)

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows insize"]:
        """Multiply every row by the transposed raw weight, then by the raw weight.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """
        return positive_semidefinite_rows(rows, self.weight)
