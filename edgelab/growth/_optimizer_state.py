"""Optimizers that follow a growing network."""

from collections.abc import Iterable
from typing import Any

from torch.optim import Optimizer

from edgelab.errors import GrowthError
from edgelab.typing import Tensor

from ._resize import Insertion, with_zeros


def follow(optimizer: Optimizer, insertions: Iterable[Insertion]) -> None:
    """Carry an optimizer's state over to parameters that grew.

    The parameters are the same objects as before, so groups and learning rates hold already.
    Momentum, Adam's moments and every other tensor of a parameter's shape get zeros where the
    parameter got new slices; factored moments (size 1 along the dimension) and step counts stay.

    Args:
        optimizer: Any optimizer that keeps its state per parameter.
        insertions: What grew, in the order in which it grew, each once.

    Raises:
        GrowthError: If a tensor of the state has a shape that does not go with its parameter (as in
            LBFGS).

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from edgelab.growth import grow_parameter
        >>> weight = nn.Parameter(torch.ones(1))
        >>> optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
        >>> weight.sum().backward()
        >>> optimizer.step()
        >>> follow(optimizer, [grow_parameter(weight, torch.ones(2), 0)])
        >>> optimizer.state[weight]["momentum_buffer"]
        tensor([1., 0., 0.])
    """
    for insertion in insertions:
        state = optimizer.state.get(insertion.parameter, {})
        for name, value in state.items():
            state[name] = _followed(name, value, insertion)


def _followed(name: str, value: Any, insertion: Insertion) -> Any:
    if not isinstance(value, Tensor) or value.ndim == 0:
        return value
    if value.ndim == insertion.parameter.ndim:
        if value.shape[insertion.dim] == insertion.old_size:
            return with_zeros(value, insertion.dim, insertion.at, insertion.count)
        if value.shape[insertion.dim] == 1:
            return value
    raise GrowthError(
        f"the optimizer's {name!r} has shape {tuple(value.shape)}, which does not belong to a "
        f"parameter that has grown to {tuple(insertion.parameter.shape)}; follow each growth once, "
        "or start a new optimizer"
    )
