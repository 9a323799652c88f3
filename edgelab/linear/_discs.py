"""Maps whose eigenvalues lie in a disc because every Gershgorin disc does."""

from typing import Any

import torch
from torch import nn

from edgelab.typing import Float, Tensor

from ._base import SquareLinear
from ._bounds import Number, check_interval
from ._initial import factory_of


def gershgorin(
    raw: Float[Tensor, "size size"],
    raw_diagonal: Float[Tensor, " size"],
    lower: Number,
    upper: Number,
    *,
    real: bool = True,
    row_budget: bool = False,
) -> Float[Tensor, "size size"]:
    """Make a matrix all of whose Gershgorin discs lie in the disc over `[lower, upper]`.

    Half of the disc's radius is left to the diagonal, half to the off-diagonal entries, which are
    positive.

    Args:
        raw: Any real numbers; the diagonal does not matter.
        raw_diagonal: Any real numbers.
        lower: Leftmost point of the disc.
        upper: Rightmost point of the disc.
        real: Make the matrix symmetric, so that its eigenvalues are real.
        row_budget: Every row may spend half of the radius. Otherwise the whole matrix shares one
            such half, and off-diagonal entries shrink as 1/size².

    Returns:
        A matrix whose eigenvalues lie in the disc.

    Source: Gershgorin (1931), Über die Abgrenzung der Eigenwerte einer Matrix.

    Example:
        >>> gershgorin(torch.zeros(2, 2), torch.zeros(2), 0.0, 1.0)
        tensor([[0.5000, 0.1250],
                [0.1250, 0.5000]])
    """
    radius = (upper - lower) / 2
    diagonal = (lower + upper) / 2 + radius * (torch.sigmoid(raw_diagonal) - 0.5)
    if raw.shape[-1] == 1:
        return diagonal[:, None]
    shares = _off_diagonal_shares(raw + raw.mT if real else raw, row_budget)
    if real and row_budget:
        # A row's shares sum to 1; the smaller of the two mirrored shares keeps every sum at most 1.
        shares = torch.minimum(shares, shares.mT)
    return (radius / 2 * shares).diagonal_scatter(diagonal)


def _off_diagonal_shares(raw: Tensor, row_budget: bool) -> Tensor:
    """Return the softmax over the off-diagonal entries of each row, or of the whole matrix."""
    logits = raw.diagonal_scatter(raw.new_full(raw.shape[-1:], -torch.inf))
    return logits.softmax(-1) if row_budget else logits.flatten().softmax(0).view_as(logits)


class GershgorinLinear(SquareLinear):
    """A matrix whose eigenvalues lie in the disc over `[sigma_min, sigma_max]`.

    With `real=True` it is symmetric and its eigenvalues lie in the interval itself; otherwise they
    may be complex. Both raw parameters, `w` for the off-diagonal entries and `diag`, are trained.
    Off-diagonal entries are positive.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        sigma_min: Leftmost point of the disc.
        sigma_max: Rightmost point of the disc.
        real: Keep the matrix symmetric.
        row_budget: Give every row its own budget of off-diagonal weight instead of one for the
            whole matrix; advisable beyond a few rows, where a shared budget leaves next to nothing
            for each entry.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If `sigma_min > sigma_max`.

    Source: Gershgorin (1931), Über die Abgrenzung der Eigenwerte einer Matrix, whose theorem this
        follows.

    Example:
        >>> values = GershgorinLinear(5, 5, sigma_min=-1.0, sigma_max=1.0).eig()
        >>> bool((values.abs() <= 1).all())
        True
    """

    shown_options = ("sigma_min", "sigma_max", "real", "row_budget")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        sigma_min: Number = 0.0,
        sigma_max: Number = 1.0,
        real: bool = True,
        *,
        row_budget: bool = False,
        **kwargs: Any,
    ) -> None:
        check_interval(sigma_min, sigma_max)
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self.real = self.symmetric = real
        self.row_budget = row_budget
        factory = factory_of(kwargs)
        self.w = nn.Parameter(torch.rand(insize, insize, **factory))
        self.diag = nn.Parameter(torch.randn(insize, **factory))

    def effective_W(self) -> Float[Tensor, "insize insize"]:
        """Return the matrix with bounded Gershgorin discs.

        Returns:
            A matrix whose eigenvalues lie in the disc.
        """
        return gershgorin(
            self.w,
            self.diag,
            self.sigma_min,
            self.sigma_max,
            real=self.real,
            row_budget=self.row_budget,
        )
