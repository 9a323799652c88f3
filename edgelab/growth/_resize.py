"""Parameters that grow in place: the same object before and after, so that whoever holds it keeps
the right one.
"""

from dataclasses import dataclass

import torch
from torch import nn

from edgelab.typing import Num, Tensor


@dataclass(frozen=True, slots=True)
class Insertion:
    """That a parameter got new slices.

    Attributes:
        parameter: The parameter, in its new shape.
        dim: The dimension that grew.
        at: Index of the first new slice.
        count: How many slices are new.
        old_size: Size of the dimension before.
    """

    parameter: nn.Parameter
    dim: int
    at: int
    count: int
    old_size: int


def inserted(
    tensor: Num[Tensor, "..."], values: Num[Tensor, "..."], dim: int, at: int
) -> Num[Tensor, "..."]:
    """Put slices between those of a tensor.

    Args:
        tensor: Any tensor.
        values: The new slices, alike in every other dimension.
        dim: Where to insert them along.
        at: How many of the present slices stay before.

    Returns:
        A new tensor.

    Example:
        >>> inserted(torch.tensor([1, 2, 3]), torch.tensor([0, 0]), 0, 1)
        tensor([1, 0, 0, 2, 3])
    """
    before, after = tensor.narrow(dim, 0, at), tensor.narrow(dim, at, tensor.shape[dim] - at)
    return torch.cat([before, values.to(tensor), after], dim=dim)


def with_zeros(tensor: Num[Tensor, "..."], dim: int, at: int, count: int) -> Num[Tensor, "..."]:
    """Put slices of zeros between those of a tensor.

    Args:
        tensor: Any tensor.
        dim: Where to insert them along.
        at: How many of the present slices stay before.
        count: How many are new.

    Returns:
        A new tensor.

    Example:
        >>> with_zeros(torch.tensor([1, 2, 3]), 0, 3, 1)
        tensor([1, 2, 3, 0])
    """
    shape = list(tensor.shape)
    shape[dim] = count
    return inserted(tensor, tensor.new_zeros(shape), dim, at)


def grow_parameter(
    parameter: nn.Parameter, values: Num[Tensor, "..."], dim: int, at: int | None = None
) -> Insertion:
    """Insert slices into a parameter, which stays the same object; its gradient is dropped.

    Args:
        parameter: The parameter.
        values: The new slices.
        dim: Where to insert them along.
        at: How many of the present slices stay before; all by default.

    Returns:
        What was done, for `follow`.

    Example:
        >>> bias = nn.Parameter(torch.zeros(1))
        >>> grow_parameter(bias, torch.ones(2), 0).count, bias
        (2, Parameter containing:
        tensor([0., 1., 1.], requires_grad=True))
    """
    old_size = parameter.shape[dim]
    at = old_size if at is None else at
    grown = inserted(parameter.data, values.detach(), dim, at)
    parameter.grad = None  # its shape is that of the past
    # While an old graph lives (`loss` of the last step), autograd would go on accumulating in the
    # old shape; it starts anew only when the type changes.
    parameter.data = grown.new_empty(
        0, dtype=torch.float16 if grown.dtype != torch.float16 else torch.float32
    )
    parameter.data = grown
    return Insertion(parameter, dim, at, values.shape[dim], old_size)
