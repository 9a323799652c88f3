"""Numbers of channels: read, padded to one common width, and changed in place.

Hidden values are stored as `[nodes, channels, batch]` with the width of the widest function. The
channels of a function are the first `count` of that width; the rest is absent: weights and biases
there are zero, take part in nothing, get no gradient and are not counted as parameters. Where all
functions are equally wide nothing is absent, and nothing is multiplied by a mask.
"""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from edgelab.errors import ConfigError
from edgelab.typing import Bool, Int, Tensor

ChannelNumbers = int | Sequence[int] | Sequence[Sequence[int]] | Tensor
"""One number for all functions, one per function, or `[layers, functions]`."""


def channel_counts(
    channels: ChannelNumbers, layers: int, n_functions: int, share_layers: bool
) -> Int[Tensor, "layers nodes"]:
    """Numbers of channels of every function in every layer, checked."""
    if isinstance(channels, int):
        channels = [channels] * n_functions
    counts = torch.as_tensor(channels).cpu()
    if counts.is_floating_point() or counts.dtype == torch.bool or not (counts > 0).all():
        raise ConfigError(f"channels must be positive integers, got {channels!r}")
    if tuple(counts.shape) not in {(n_functions,), (layers, n_functions)}:
        raise ConfigError(
            f"channels must be one number, {n_functions} numbers (one per function) or "
            f"[{layers}, {n_functions}] (layers × functions), got shape {tuple(counts.shape)}"
        )
    counts = counts.to(torch.int64).expand(layers, n_functions).clone()
    if share_layers and not (counts == counts[0]).all():
        raise ConfigError(
            "layers that share their weights have the same channels; pass one number per "
            "function, or share_layers=False"
        )
    return counts


def presence(counts: Int[Tensor, " rows"], width: int) -> Bool[Tensor, "rows channels"] | None:
    """Which channels of the common width are there; None where nothing is absent."""
    if bool((counts == width).all()):
        return None
    return torch.arange(width, device=counts.device) < counts.unsqueeze(1)


def widened(tensor: Tensor, fill: float | int, width: int) -> Tensor:
    """Bring the last axis to another width: filled up, or cut off, at its end."""
    wide = tensor.new_full((*tensor.shape[:-1], width), fill)
    kept = min(width, tensor.shape[-1])
    wide[..., :kept] = tensor[..., :kept]
    return wide


@torch.no_grad()
def reshape_parameter(
    parameter: nn.Parameter,
    reshape: Callable[[Tensor, float], Tensor],
    optimizer: torch.optim.Optimizer | None = None,
    fill: float = 0.0,
) -> None:
    """Change a parameter's shape and values; it stays the same object, without its gradient.

    `reshape` maps a tensor of the old shape, and what new entries are, to one of the new shape.
    """
    # Whatever an optimizer remembers entry by entry (momentum, moments of Adam) changes in the same
    # way, with 0 for new entries; its other memories (number of steps) stay.
    old_shape = parameter.shape
    parameter.grad = None
    parameter.data = reshape(parameter.data, fill)
    if optimizer is None or parameter not in optimizer.state:
        return
    state = optimizer.state[parameter]
    for name, value in state.items():
        if isinstance(value, Tensor) and value.shape == old_shape and value.dim():
            state[name] = reshape(value, 0.0)
