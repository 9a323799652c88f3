"""Maps in real Schur form: chosen eigenvalues, orthogonal directions, a free non-normal part."""

from typing import Any

import torch
from torch import nn

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

from ._base import SquareLinear
from ._bounds import Number
from ._householder import prepare_reflections, reflect_rows, reflect_rows_back
from ._initial import factory_of
from ._orthogonal import OrthogonalLinear
from ._rows import RowsLinear


def schur_core(
    radius: Float[Tensor, " planes"],
    angle: Float[Tensor, " planes"],
    raw_upper: Float[Tensor, "size size"],
) -> Float[Tensor, "size size"]:
    """Put scaled rotations on the diagonal of a matrix and keep only what lies above them.

    Args:
        radius: Scale of each rotation.
        angle: Angle of each rotation.
        raw_upper: Any square matrix with two rows per rotation; only entries above the 2 x 2
            diagonal blocks matter.

    Returns:
        A block upper triangular matrix with eigenvalues `radius * exp(±i angle)`.

    Example:
        >>> schur_core(torch.tensor([2.0]), torch.tensor([0.0]), torch.ones(2, 2))
        tensor([[2., -0.],
                [0., 2.]])
    """
    cosine = radius * angle.cos()
    sine = radius * angle.sin()
    # Every second entry beside the diagonal belongs to a block; the others are free above it and 0
    # below it.
    above = torch.stack([-sine, _every_second(raw_upper.diagonal(1), sine)], -1).flatten()[:-1]
    below = torch.stack([sine, torch.zeros_like(sine)], -1).flatten()[:-1]
    core = raw_upper.triu(2).diagonal_scatter(cosine.repeat_interleave(2))
    return core.diagonal_scatter(above, 1).diagonal_scatter(below, -1)


def _every_second(entries: Tensor, like: Tensor) -> Tensor:
    """Return entries 1, 3, 5, ..., and a 0 for the one past the end."""
    return torch.cat([entries[1::2], like.new_zeros(1)])


def schur_rows(
    x: Float[Tensor, "rows size"],
    core: Float[Tensor, "size size"],
    raw_directions: Float[Tensor, "size size"],
) -> Float[Tensor, "rows size"]:
    """Multiply rows with `P core Pᵀ`.

    Args:
        x: Rows.
        core: A block upper triangular matrix.
        raw_directions: Any real numbers, which stand for P as in `orthogonal_rows`.

    Returns:
        The rows times a matrix with the eigenvalues of the core.

    Example:
        >>> core = schur_core(torch.tensor([2.0]), torch.tensor([0.0]), torch.zeros(2, 2))
        >>> matrix = schur_rows(torch.eye(2), core, torch.randn(2, 2))
        >>> bool(torch.allclose(matrix, 2 * torch.eye(2), atol=1e-5))
        True
    """
    reflections = prepare_reflections(raw_directions.triu())
    return reflect_rows_back(reflect_rows(x, reflections) @ core, reflections)


class SchurDecompositionLinear(RowsLinear, SquareLinear):
    """A matrix `P (Λ + T) Pᵀ` with orthogonal P, scaled rotations Λ and a strictly upper part T.

    Its eigenvalues are `gamma * exp(±i theta)`. `theta`, `gamma`, the normals `P.U` and `T` are all
    trained; T, the non-normal part, starts at 0. `reg_error` draws the eigenvalues to the unit
    circle.

    Args:
        insize: Columns of the input, an even number.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        l2: Weight of the penalty.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If the sizes differ or are odd.

    Source: Kerg et al. (2019), Non-normal recurrent neural network (nnRNN).

    Example:
        >>> layer = SchurDecompositionLinear(4, 4)
        >>> bool(torch.allclose(layer.eig().abs(), torch.ones(4), atol=1e-5))
        True
        >>> layer.reg_error().item()
        0.0
    """

    shown_options = ("l2",)

    def __init__(
        self, insize: int, outsize: int, bias: bool = False, l2: Number = 0.01, **kwargs: Any
    ) -> None:
        if insize % 2:
            raise ConfigError(
                f"Insize must be divisible by 2. Every plane of rotation takes two; got {insize}"
            )
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.l2 = l2
        factory = factory_of(kwargs)
        self.P = OrthogonalLinear(insize, insize, **kwargs)
        self.theta = nn.Parameter(2 * torch.pi * torch.rand(insize // 2, **factory))
        self.gamma = nn.Parameter(torch.ones(insize // 2, **factory))
        self.T = nn.Parameter(torch.zeros(insize, insize, **factory))

    def build_T(self, T: Float[Tensor, "insize insize"]) -> Float[Tensor, "insize insize"]:
        """Return the block upper triangular core with the current eigenvalues.

        Args:
            T: Any square matrix; only entries above the 2 x 2 diagonal blocks matter.

        Returns:
            The matrix between P and its transpose.
        """
        return schur_core(self.gamma, self.theta, T)

    def transform_rows(self, rows: Float[Tensor, "rows insize"]) -> Float[Tensor, "rows insize"]:
        """Multiply every row by P, the core and the transpose of P.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """
        return schur_rows(rows, self.build_T(self.T), self.P.U)

    def reg_error(self) -> Float[Tensor, ""]:
        """Return l2 times the mean squared distance of the eigenvalues' moduli to 1.

        Returns:
            A scalar.
        """
        return self.l2 * (1 - self.gamma).square().mean()
