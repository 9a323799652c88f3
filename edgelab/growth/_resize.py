"""Parameters that grow in place: whoever holds one holds the same object afterwards."""

from dataclasses import dataclass

import torch
from torch import nn

from edgelab.typing import Num, Tensor

Growable = nn.Linear | nn.Conv2d
"""Layers that can grow."""


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
    """A new tensor with slices put after the first `at` ones of a dimension."""
    before = tensor.narrow(dim, 0, at)
    after = tensor.narrow(dim, at, tensor.shape[dim] - at)
    return torch.cat([before, values.to(tensor), after], dim=dim)


def with_zeros(tensor: Num[Tensor, "..."], dim: int, at: int, count: int) -> Num[Tensor, "..."]:
    """A new tensor with slices of zeros put after the first `at` ones of a dimension."""
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
    other_type = torch.float16 if grown.dtype != torch.float16 else torch.float32
    parameter.data = grown.new_empty(0, dtype=other_type)
    parameter.data = grown
    return Insertion(parameter, dim, at, values.shape[dim], old_size)
