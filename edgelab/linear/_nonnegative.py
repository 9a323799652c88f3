"""Maps built from non-negative matrices: sign-constrained and sparse by an L1 penalty."""

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from edgelab.typing import Float, Num, Tensor

from ._base import LinearBase
from ._bounds import Number
from ._initial import factory_of


class IdentityGradReLU(torch.autograd.Function):
    """`relu` whose backward pass is that of the identity, so that an entry below 0 can come back.

    Example:
        >>> x = torch.tensor([-1.0, 2.0], requires_grad=True)
        >>> y = IdentityGradReLU.apply(x)
        >>> y.sum().backward()
        >>> y.tolist(), x.grad.tolist()
        ([0.0, 2.0], [1.0, 1.0])
    """

    @staticmethod
    def forward(ctx: Any, input: Num[Tensor, "*shape"]) -> Num[Tensor, "*shape"]:  # noqa: A002, the contract's name
        """Replace negative entries by 0.

        Args:
            ctx: Not used: the backward pass needs nothing.
            input: Any numbers.

        Returns:
            The larger of each entry and 0.
        """
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Num[Tensor, "*shape"]) -> Num[Tensor, "*shape"]:
        """Pass the gradient on unchanged.

        Args:
            ctx: Not used.
            *grad_outputs: Gradient of the loss by the output.

        Returns:
            The same gradient.
        """
        return grad_outputs[0]


def difference_of_nonnegatives(
    positive: Float[Tensor, "insize outsize"], negative: Float[Tensor, "insize outsize"]
) -> Float[Tensor, "insize outsize"]:
    """Subtract the positive parts of two matrices.

    Args:
        positive: Raw entries of the minuend.
        negative: Raw entries of the subtrahend.

    Returns:
        `relu(positive) - relu(negative)`.

    Example:
        >>> difference_of_nonnegatives(torch.tensor([[3.0, -1.0]]), torch.tensor([[1.0, 2.0]]))
        tensor([[ 2., -2.]])
    """
    return functional.relu(positive) - functional.relu(negative)


class NonNegativeLinear(LinearBase):
    """A matrix without negative entries: `relu(weight)`.

    An entry whose raw weight falls below 0 is 0 and receives no gradient.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> bool((NonNegativeLinear(3, 2).effective_W() >= 0).all())
        True
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, True, **kwargs)
        with torch.no_grad():
            self.weight.abs_().mul_(0.1)

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return `relu(weight)`.

        Returns:
            A non-negative matrix.
        """
        return functional.relu(self.weight)


class SplitLinear(LinearBase):
    """The difference `B - C` of two non-negative maps.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias (to the difference; B and C have none).
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Example:
        >>> layer = SplitLinear(3, 2)
        >>> bool(torch.equal(layer.effective_W(), layer.B.effective_W() - layer.C.effective_W()))
        True
    """

    def __init__(self, insize: int, outsize: int, bias: bool = False, **kwargs: Any) -> None:
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.B = NonNegativeLinear(insize, outsize, **kwargs)
        self.C = NonNegativeLinear(insize, outsize, **kwargs)

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return `B - C`.

        Returns:
            A matrix of any sign.
        """
        return difference_of_nonnegatives(self.B.weight, self.C.weight)


class LassoLinearRELU(LinearBase):
    """`relu(u) - relu(v)` with an L1 penalty, sparse when trained with `reg_error`.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        gamma: Weight of the penalty.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Source: Bottou (2010), Large-Scale Machine Learning with Stochastic Gradient Descent.

    Example:
        >>> layer = LassoLinearRELU(3, 2, gamma=0.5)
        >>> bool(torch.isclose(layer.reg_error(), 0.5 * layer.effective_W().abs().sum()))
        True
    """

    shown_options = ("gamma",)

    def __init__(
        self, insize: int, outsize: int, bias: bool = False, gamma: Number = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(insize, outsize, bias, False, **kwargs)
        self.gamma = gamma
        factory = factory_of(kwargs)
        self.u_param = _half_absolute_normal(insize, outsize, **factory)
        self.v_param = _half_absolute_normal(insize, outsize, **factory)

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return `relu(u) - relu(v)`.

        Returns:
            A matrix of any sign.
        """
        return difference_of_nonnegatives(self.u_param, self.v_param)

    def reg_error(self) -> Float[Tensor, ""]:
        """Return gamma times the sum of the absolute entries.

        Returns:
            A scalar.
        """
        return self.gamma * self.effective_W().abs().sum()


class LassoLinear(LassoLinearRELU):
    """`u - v` with `u, v >= 0` kept by projection, sparse when trained with `reg_error`.

    That is an L1 penalty. This is projected gradient descent: the gradient is that of `u - v`, and
    entries that the optimiser made negative are set back to 0, in place, when the matrix is next
    needed in training mode. The matrix is the projected one at any time; evaluation never changes a
    parameter.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output.
        bias: Adds a trainable bias.
        gamma: Weight of the penalty.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Source: Bottou (2010), Large-Scale Machine Learning with Stochastic Gradient Descent.

    Example:
        >>> layer = LassoLinear(1, 1)
        >>> with torch.no_grad():
        ...     _ = layer.u_param.fill_(-2.0), layer.v_param.fill_(1.0)
        >>> layer(torch.ones(1)).item(), layer.u_param.item()
        (-1.0, 0.0)
    """

    def effective_W(self) -> Float[Tensor, "insize outsize"]:
        """Return `u - v` after projection, which changes u and v themselves in training mode.

        Returns:
            A matrix of any sign.
        """
        if self.training and torch.is_grad_enabled():
            self.project_()
        return IdentityGradReLU.apply(self.u_param) - IdentityGradReLU.apply(self.v_param)

    @torch.no_grad()
    def project_(self) -> None:
        """Set negative entries of u and v to 0, in place."""
        self.u_param.clamp_(min=0)
        self.v_param.clamp_(min=0)


def _half_absolute_normal(insize: int, outsize: int, **factory: Any) -> nn.Parameter:
    """Return Kaiming-normal magnitudes, halved because two of them are subtracted."""
    normal = torch.empty(insize, outsize, **factory).normal_(0, math.sqrt(2 / insize))
    return nn.Parameter(normal.abs_() / 2)
