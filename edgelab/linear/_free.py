"""Maps whose matrix is free, or the identity."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from edgelab.typing import Float, Tensor

from ._base import LinearBase
from ._bounds import Number, check_interval
from ._initial import factory_of


def norm_excess(
    matrix: Float[Tensor, "insize outsize"], lower: Number, upper: Number, p: Number = 2
) -> Float[Tensor, ""]:
    """Measure by how much the entrywise p-norm of a matrix leaves an interval.

    Args:
        matrix: Any matrix.
        lower: Smallest norm without penalty.
        upper: Largest norm without penalty.
        p: Order of the norm over all entries; 2 is the Frobenius norm.

    Returns:
        0 inside the interval, the distance to it outside.

    Example:
        >>> norm_excess(torch.tensor([[3.0, 4.0]]), 0.1, 1.0)
        tensor(4.)
    """
    norm = torch.linalg.vector_norm(matrix, p)
    return functional.relu(norm - upper) + functional.relu(lower - norm)


class Linear(LinearBase):
    """A free matrix: `torch.nn.Linear` with the interface of the other maps.

    The raw parameter `weight` is `[insize, outsize]`, the transpose of `torch.nn.Linear.weight`.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> layer = Linear(2, 2, bias=True)
        >>> bool(torch.equal(layer.effective_W(), layer.weight))
        True
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, True, **kwargs)

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return the raw weight.

        Returns:
            The matrix that the map multiplies its input with.
        """
        return self.weight


class IdentityInitLinear(Linear):
    """A free matrix that starts as the identity, with a bias of 0.

    When it is not square it starts with ones on the diagonal.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> IdentityInitLinear(2, 3)(torch.tensor([5.0, 7.0])).tolist()
        [5.0, 7.0, 0.0]
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, **kwargs)
        nn.init.eye_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class IdentityLinear(LinearBase):
    """The identity for ever; only the bias, if any, is trained.

    When it is not square it has ones on the diagonal.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias, 0 at first.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> layer = IdentityLinear(2, 2)
        >>> layer(torch.tensor([5.0, 7.0])), list(layer.parameters())
        (tensor([5., 7.]), [])
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, False, **kwargs)
        identity = torch.eye(insize, outsize, **factory_of(kwargs))
        # A buffer, so that it follows `.to`; not persistent, since a constant has no place in a
        # checkpoint.
        self.register_buffer("weight", identity, persistent=False)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return the identity.

        Returns:
            Ones on the diagonal, zeros elsewhere.
        """
        return self.weight


class BoundedNormLinear(Linear):
    """A free matrix whose entrywise norm `reg_error` draws into `[sigma_min, sigma_max]`.

    The bound is soft: the matrix itself is free, and only training with `reg_error` moves its norm
    into the interval. The norm runs over all entries (`p=2`: Frobenius), it says nothing about
    single eigenvalues.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        sigma_min: Smallest norm without penalty.
        sigma_max: Largest norm without penalty.
        p: Order of the norm.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If `sigma_min > sigma_max`.

    Example:
        >>> layer = BoundedNormLinear(1, 1, sigma_max=2.0)
        >>> with torch.no_grad():
        ...     _ = layer.weight.fill_(5.0)
        >>> layer.reg_error().item()
        3.0
    """

    shown_options = ("sigma_min", "sigma_max", "p")

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        sigma_min: Number = 0.1,
        sigma_max: Number = 1.0,
        p: Number = 2,
        **kwargs: Any,
    ) -> None:
        check_interval(sigma_min, sigma_max)
        super().__init__(insize, outsize, bias, **kwargs)
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self.p = p

    def reg_error(self) -> Float[Tensor, ""]:
        """Return by how much the norm leaves its interval.

        Returns:
            A scalar, 0 inside the interval.
        """
        return norm_excess(self.effective_W(), self.sigma_min, self.sigma_max, self.p)
