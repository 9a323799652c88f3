"""Maps factorised as U Σ V, with U and V drawn towards orthogonal matrices by a penalty."""

from typing import Any

import torch
from torch import nn

from edgelab.typing import Float, Tensor

from ._base import SquareLinear
from ._bounds import Number, bounded, check_interval
from ._initial import factory_of
from ._precision import at_least_float32
from ._rows import RowsLinear


def svd_rows(
    x: Float[Tensor, "rows insize"],
    left: Float[Tensor, "insize insize"],
    singular_values: Float[Tensor, " rank"],
    right: Float[Tensor, "outsize outsize"],
) -> Float[Tensor, "rows outsize"]:
    """Multiply rows with `left @ diag(singular_values) @ right`.

    Args:
        x: Rows.
        left: Factor on the input side.
        singular_values: As many as the smaller of both sizes.
        right: Factor on the output side (not transposed).

    Returns:
        The rows times the product.

    Example:
        >>> svd_rows(torch.ones(1, 2), torch.eye(2), torch.tensor([3.0]), torch.eye(1))
        tensor([[3.]])
    """
    rank = singular_values.shape[0]
    return (x @ left[:, :rank] * singular_values) @ right[:rank]


def orthogonality_error(matrix: Float[Tensor, "size size"]) -> Float[Tensor, ""]:
    """Measure how far a square matrix is from an orthogonal one.

    Args:
        matrix: Any square matrix A.

    Returns:
        The Frobenius norms of `I - A Aᵀ` and of `I - Aᵀ A`, added; for a square matrix both are the
        same number.

    Example:
        >>> orthogonality_error(2 * torch.eye(1))
        tensor(6.)
    """
    gram = matrix @ matrix.mT
    return 2 * torch.linalg.matrix_norm(gram.diagonal_scatter(gram.diagonal() - 1))


class SVDLinear(RowsLinear):
    """A matrix `U Σ V` whose singular values are bounded as far as U and V are orthogonal.

    They lie in `[sigma_min, sigma_max]` then. U and V start orthogonal and are free afterwards:
    training with `reg_error` keeps them so. (`SpectralLinear` holds the same bounds exactly.) The
    singular values are `sigma_max - (sigma_max - sigma_min) * sigmoid(sigma)`.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        sigma_min: Smallest singular value, at least 0.
        sigma_max: Largest singular value.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If not `0 <= sigma_min <= sigma_max`.

    Source: Yang et al. (2020), Learning low-rank deep neural networks via singular vector
        orthogonality regularization and singular value sparsification.

    Example:
        >>> layer = SVDLinear(4, 6)
        >>> values = torch.linalg.svdvals(layer.effective_W())
        >>> bool(((values > 0.1) & (values < 1)).all()), layer.reg_error().item() < 1e-5
        (True, True)
    """

    sigma_min: Number
    sigma_max: Number
    shown_options: tuple[str, ...] = ("sigma_min", "sigma_max")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        sigma_min: Number = 0.1,
        sigma_max: Number = 1.0,
        **kwargs: Any,
    ) -> None:
        check_interval(sigma_min, sigma_max, smallest=0)
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self.U = _orthogonal(insize, factory_of(kwargs))
        self.V = _orthogonal(outsize, factory_of(kwargs))
        self.sigma = nn.Parameter(torch.rand(min(insize, outsize), **factory_of(kwargs)))

    def Sigma(self) -> Float[Tensor, " rank"]:
        """Return the diagonal between U and V: the singular values where both are orthogonal.

        Returns:
            Numbers in `[sigma_min, sigma_max]`, in the order of `sigma`.
        """
        return bounded(self.sigma, self.sigma_min, self.sigma_max)

    def orthogonal_error(self, weight: Float[Tensor, "size size"]) -> Float[Tensor, ""]:
        """Return how far a factor is from an orthogonal matrix.

        Args:
            weight: U or V.

        Returns:
            A scalar, 0 if it is orthogonal.
        """
        return orthogonality_error(weight)

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows outsize"]:
        """Multiply every row by U, the singular values and V.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """
        return svd_rows(rows, self.U, self.Sigma(), self.V)

    def reg_error(self) -> Float[Tensor, ""]:
        """Return how far U and V are from orthogonal matrices.

        Returns:
            A scalar, 0 if both are orthogonal.
        """
        return self.orthogonal_error(self.U) + self.orthogonal_error(self.V)


class SVDLinearLearnBounds(SVDLinear):
    """`SVDLinear` whose bounds are trained too.

    `sigma_min` and `sigma_max` are parameters. The interval lies between their absolute values,
    whichever is larger, so it never crosses and never goes below 0.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        sigma_min: Smallest singular value at first, at least 0.
        sigma_max: Largest singular value at first.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If not `0 <= sigma_min <= sigma_max`.

    Example:
        >>> sorted(name for name, _ in SVDLinearLearnBounds(4, 6).named_parameters())
        ['U', 'V', 'sigma', 'sigma_max', 'sigma_min']
    """

    sigma_min: nn.Parameter  # type: ignore[assignment]
    sigma_max: nn.Parameter  # type: ignore[assignment]
    shown_options = ()

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        sigma_min: Number = 0.1,
        sigma_max: Number = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(insize, outsize, bias, sigma_min, sigma_max, **kwargs)
        self.sigma_min = nn.Parameter(torch.tensor(float(sigma_min), **factory_of(kwargs)))
        self.sigma_max = nn.Parameter(torch.tensor(float(sigma_max), **factory_of(kwargs)))

    def Sigma(self) -> Float[Tensor, " rank"]:
        """Return the diagonal between U and V: the singular values where both are orthogonal.

        Returns:
            Numbers between the absolute values of `sigma_min` and `sigma_max`, in the order of
            `sigma`.
        """
        bounds = torch.stack([self.sigma_min, self.sigma_max]).abs()
        return bounds.amin() + (bounds.amax() - bounds.amin()) * bounded(self.sigma, 0.0, 1.0)


class SymmetricSVDLinear(RowsLinear, SquareLinear):
    """A symmetric matrix `Vᵀ Σ V` whose eigenvalues are bounded as far as V is orthogonal.

    They lie in `[sigma_min, sigma_max]` then. V starts orthogonal and is free afterwards: training
    with `reg_error` keeps it so. The matrix is symmetric always. (`SymmetricSpectralLinear` holds
    the bounds exactly.)

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        sigma_min: Smallest eigenvalue.
        sigma_max: Largest eigenvalue.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If the sizes differ or `sigma_min > sigma_max`.

    Example:
        >>> matrix = SymmetricSVDLinear(3, 3).effective_W()
        >>> bool(torch.allclose(matrix, matrix.T, atol=1e-6))
        True
    """

    symmetric = True
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
        self.V = _orthogonal(insize, factory_of(kwargs))
        self.sigma = nn.Parameter(torch.rand(insize, **factory_of(kwargs)))

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows insize"]:
        """Multiply every row by the transpose of V, the eigenvalues and V.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """
        return svd_rows(
            rows, self.V.mT, bounded(self.sigma, self.sigma_min, self.sigma_max), self.V
        )

    def reg_error(self) -> Float[Tensor, ""]:
        """Return how far V, which stands for both factors, is from an orthogonal matrix.

        Returns:
            A scalar, 0 if it is orthogonal.
        """
        return 2 * orthogonality_error(self.V)


def _orthogonal(size: int, factory: dict[str, Any]) -> nn.Parameter:
    """A random orthogonal matrix."""
    # Drawn in float32 if the type is too short for a QR decomposition.
    blank = torch.empty(size, size, **factory)
    return nn.Parameter(nn.init.orthogonal_(at_least_float32(blank)).to(blank.dtype))
