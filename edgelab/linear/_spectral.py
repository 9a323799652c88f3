"""Maps with exactly bounded singular values or eigenvalues: diagonal between reflections."""

from numbers import Integral
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

from ._base import SquareLinear
from ._bounds import Number, bounded, check_interval
from ._householder import prepare_reflections, reflect_rows, reflect_rows_back
from ._initial import factory_of
from ._orthogonal import orthogonal_rows
from ._rows import RowsLinear


def spectral_rows(
    x: Float[Tensor, "rows insize"],
    raw_left: Float[Tensor, "left insize"],
    singular_values: Float[Tensor, " rank"],
    raw_right: Float[Tensor, "right outsize"],
) -> Float[Tensor, "rows outsize"]:
    """Multiply rows with U Σ V, whose orthogonal factors are given by raw numbers.

    Args:
        x: Rows.
        raw_left: Normals of the reflections on the input side, as in `orthogonal_rows`.
        singular_values: As many as the smaller of both sizes.
        raw_right: Normals of the reflections on the output side, applied in reverse order.

    Returns:
        The rows times a matrix with exactly these singular values.

    Source: Zhang, Lei and Dhillon (2018), Stabilizing gradients for deep neural networks via
        efficient SVD parameterization.

    Example:
        >>> values = torch.tensor([2.0, 0.5])
        >>> matrix = spectral_rows(torch.eye(3), torch.randn(3, 3), values, torch.randn(2, 2))
        >>> bool(torch.allclose(torch.linalg.svdvals(matrix), values))
        True
    """
    rank = singular_values.shape[0]
    outsize = raw_right.shape[-1]
    scaled = orthogonal_rows(x, raw_left)[:, :rank] * singular_values
    return reflect_rows_back(
        functional.pad(scaled, (0, outsize - rank)), prepare_reflections(raw_right.triu())
    )


def symmetric_spectral_rows(
    x: Float[Tensor, "rows size"],
    raw: Float[Tensor, "reflections size"],
    eigenvalues: Float[Tensor, " size"],
) -> Float[Tensor, "rows size"]:
    """Multiply rows with a symmetric matrix that has given eigenvalues.

    Args:
        x: Rows.
        raw: Normals of the reflections that make up the eigenvectors, as in `orthogonal_rows`.
        eigenvalues: One per column.

    Returns:
        The rows times `Q diag(eigenvalues) Qᵀ`.

    Example:
        >>> values = torch.tensor([1.0, 3.0])
        >>> matrix = symmetric_spectral_rows(torch.eye(2), torch.randn(2, 2), values)
        >>> bool(torch.allclose(torch.linalg.eigvalsh(matrix), values))
        True
    """
    reflections = prepare_reflections(raw.triu())
    return reflect_rows_back(reflect_rows(x, reflections) * eigenvalues, reflections)


class SpectralLinear(RowsLinear):
    """A matrix whose singular values lie in `[sigma_min, sigma_max]`, exactly and always.

    It is `U Σ V` with orthogonal U and V made of Householder reflections (raw normals `U` and `V`)
    and singular values `sigma_min + (sigma_max - sigma_min) * sigmoid(p)`. Fewer reflectors
    restrict which directions U and V can take, not the rank. The matrix never contains the bias.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        n_U_reflectors: Reflections on the input side, 1 to `insize`; by default the smaller of both
            sizes.
        n_V_reflectors: Reflections on the output side, 1 to `outsize`; by default the smaller of
            both sizes.
        sigma_min: Smallest singular value, at least 0.
        sigma_max: Largest singular value.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If not `0 <= sigma_min <= sigma_max`, or a number of reflectors is out of
            range.

    Source: Zhang, Lei and Dhillon (2018), Stabilizing gradients for deep neural networks via
        efficient SVD parameterization.

    Example:
        >>> layer = SpectralLinear(4, 6, sigma_min=0.5, sigma_max=2.0)
        >>> values = torch.linalg.svdvals(layer.effective_W())
        >>> bool(((values > 0.5) & (values < 2)).all())
        True
    """

    shown_options = ("n_U_reflectors", "n_V_reflectors", "sigma_min", "sigma_max")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        n_U_reflectors: int | None = None,
        n_V_reflectors: int | None = None,
        sigma_min: Number = 0.1,
        sigma_max: Number = 1.0,
        **kwargs: Any,
    ) -> None:
        check_interval(sigma_min, sigma_max, smallest=0)
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self.n_U_reflectors = _checked_count(
            "n_U_reflectors", n_U_reflectors, insize, min(insize, outsize)
        )
        self.n_V_reflectors = _checked_count(
            "n_V_reflectors", n_V_reflectors, outsize, min(insize, outsize)
        )
        factory = factory_of(kwargs)
        self.p = nn.Parameter(0.001 * torch.randn(min(insize, outsize), **factory))
        self.U = nn.Parameter(torch.randn(self.n_U_reflectors, insize, **factory).triu())
        self.V = nn.Parameter(torch.randn(self.n_V_reflectors, outsize, **factory).triu())

    def Sigma(self) -> Float[Tensor, " rank"]:
        """Return the singular values, in the order of `p`.

        Returns:
            Numbers in `[sigma_min, sigma_max]`.
        """
        return bounded(-self.p, self.sigma_min, self.sigma_max)

    def Umultiply(self, x: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows insize"]:
        """Multiply rows with the orthogonal factor on the input side.

        Args:
            x: Rows.

        Returns:
            Rows of the same lengths.
        """
        return orthogonal_rows(x, self.U)

    def Vmultiply(self, x: Float[Tensor, "rows outsize"]) -> Float[Tensor, "rows outsize"]:
        """Multiply rows with the orthogonal factor on the output side.

        Args:
            x: Rows.

        Returns:
            Rows of the same lengths.
        """
        return reflect_rows_back(x, prepare_reflections(self.V.triu()))

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows outsize"]:
        """Multiply every row by U, the singular values and V.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """
        return spectral_rows(rows, self.U, self.Sigma(), self.V)


class SymmetricSpectralLinear(RowsLinear, SquareLinear):
    """A symmetric matrix `Q Σ Qᵀ` with eigenvalues in `[sigma_min, sigma_max]`, exactly and always.

    The raw parameters are `p`, with eigenvalues `sigma_min + (sigma_max - sigma_min) * sigmoid(p)`,
    and `V`, the normals of the reflections that make up Q.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        n_reflectors: Reflections in Q, 1 to `insize`; by default `insize`.
        sigma_min: Smallest eigenvalue.
        sigma_max: Largest eigenvalue.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If the sizes differ, `sigma_min > sigma_max`, or the number of reflectors is
            out of range.

    Source: Zhang, Lei and Dhillon (2018), Stabilizing gradients for deep neural networks via
        efficient SVD parameterization.

    Example:
        >>> values = SymmetricSpectralLinear(4, 4).eig().real
        >>> bool(((values > 0.1) & (values < 1)).all())
        True
    """

    symmetric = True
    shown_options = ("n_reflectors", "sigma_min", "sigma_max")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        n_reflectors: int | None = None,
        sigma_min: Number = 0.1,
        sigma_max: Number = 1.0,
        **kwargs: Any,
    ) -> None:
        check_interval(sigma_min, sigma_max)
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self.n_reflectors = _checked_count("n_reflectors", n_reflectors, insize, insize)
        factory = factory_of(kwargs)
        self.p = nn.Parameter(0.001 * torch.randn(insize, **factory))
        self.V = nn.Parameter(torch.randn(self.n_reflectors, insize, **factory).triu())

    def Sigma(self) -> Float[Tensor, " insize"]:
        """Return the eigenvalues, in the order of `p`.

        Returns:
            Numbers in `[sigma_min, sigma_max]`.
        """
        return bounded(-self.p, self.sigma_min, self.sigma_max)

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows insize"]:
        """Multiply every row by Q, the eigenvalues and the transpose of Q.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """
        return symmetric_spectral_rows(rows, self.V, self.Sigma())


def _checked_count(name: str, count: int | None, size: int, default: int) -> int:
    if count is None:
        return default
    if not (isinstance(count, Integral) and 1 <= count <= size):
        raise ConfigError(f"{name} must be a whole number from 1 to {size}, got {count!r}")
    return count
