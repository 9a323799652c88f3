"""Parameters that change their width in place: the same objects, and the optimizer's memory of them
with them.
"""

from collections.abc import Callable

import torch
from torch import nn

from edgelab.typing import Tensor


@torch.no_grad()
def reshape_parameter(
    parameter: nn.Parameter,
    reshape: Callable[[Tensor, float], Tensor],
    optimizer: torch.optim.Optimizer | None = None,
    fill: float = 0.0,
) -> None:
    """Change a parameter's values and shape; it stays the same object.

    Whatever an optimizer remembers entry by entry (momentum, moments of Adam) changes in the same
    way; its other memories (number of steps) stay.

    Args:
        parameter: Its gradient, of the old shape, is dropped.
        reshape: Maps a tensor of the old shape, and what new entries are, to one of the new shape.
        optimizer: Optimizer that trains the parameter, or None; what it remembers of new entries is
            zero.
        fill: New entries of the parameter.

    Example:
        >>> weight = nn.Parameter(torch.ones(2))
        >>> optimizer = torch.optim.SGD([weight], lr=0.5, momentum=0.9)
        >>> weight.sum().backward()
        >>> optimizer.step()
        >>> reshape_parameter(weight, lambda old, fill: torch.cat([old, old.new_full((1,), fill)]), optimizer, 7.0)
        >>> weight.tolist(), optimizer.state[weight]["momentum_buffer"].tolist()
        ([0.5, 0.5, 7.0], [1.0, 1.0, 0.0])
    """
    old_shape = parameter.shape
    parameter.grad = None
    parameter.data = reshape(parameter.data, fill)
    if optimizer is None or parameter not in optimizer.state:
        return
    state = optimizer.state[parameter]
    for name, value in state.items():
        if isinstance(value, Tensor) and value.shape == old_shape and value.dim():
            state[name] = reshape(value, 0.0)
