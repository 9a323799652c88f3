"""How many channels every function has, layer by layer; absent ones are padding of one common
width.

Hidden values are stored as `[nodes, channels, batch]` with the width of the widest function. The
channels of a function are the first `count` of that width; the rest is absent: weights and biases
there are zero, take part in nothing, get no gradient and are not counted as parameters. Where all
functions are equally wide nothing is absent, and nothing is multiplied by a mask.
"""

from collections.abc import Sequence

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Bool, Int, Tensor

ChannelNumbers = int | Sequence[int] | Sequence[Sequence[int]] | Tensor
"""One number for all functions, one per function, or `[layers, functions]`."""


def channel_counts(
    channels: ChannelNumbers, layers: int, n_functions: int, share_layers: bool
) -> Int[Tensor, "layers nodes"]:
    """Numbers of channels of every function in every layer.

    Args:
        channels: One number, one per function, or one per layer and function; positive integers.
        layers: Number of layers.
        n_functions: Number of functions.
        share_layers: Whether layers share their weights, and so their channels.

    Returns:
        The numbers.

    Raises:
        ConfigError: If a number is no positive integer, there are too few or too many, or layers
            that share weights differ.

    Example:
        >>> channel_counts([2, 5], 2, 2, share_layers=False).tolist()
        [[2, 5], [2, 5]]
    """
    if isinstance(channels, int):
        channels = [channels] * n_functions
    counts = torch.as_tensor(channels).cpu()
    if counts.is_floating_point() or counts.dtype == torch.bool or not (counts > 0).all():
        raise ConfigError(f"channels must be positive integers, got {channels!r}")
    if tuple(counts.shape) not in {(n_functions,), (layers, n_functions)}:
        raise ConfigError(
            f"channels must be one number, {n_functions} numbers (one per function) or [{layers}, {n_functions}] "
            f"(layers × functions), got shape {tuple(counts.shape)}"
        )
    counts = counts.to(torch.int64).expand(layers, n_functions).clone()
    if share_layers and not (counts == counts[0]).all():
        raise ConfigError(
            "layers that share their weights have the same channels; pass one number per function, or "
            "share_layers=False"
        )
    return counts


def presence(counts: Int[Tensor, " rows"], width: int) -> Bool[Tensor, "rows channels"] | None:
    """Which channels of the common width are there.

    Args:
        counts: Number of channels in each row.
        width: The common width.

    Returns:
        A mask, or None where nothing is absent.

    Example:
        >>> presence(torch.tensor([1, 2]), 2).tolist(), presence(torch.tensor([2, 2]), 2)
        ([[True, False], [True, True]], None)
    """
    if bool((counts == width).all()):
        return None
    return torch.arange(width, device=counts.device) < counts.unsqueeze(1)


def widened(tensor: Tensor, fill: float | int, width: int) -> Tensor:
    """Bring the last axis of a tensor to another width, filling up or cutting off at its end.

    Args:
        tensor: Values, channels last.
        fill: What new entries are.
        width: The new number of channels.

    Returns:
        A new tensor.

    Example:
        >>> widened(torch.ones(1, 2), 0, 3).tolist()
        [[1.0, 1.0, 0.0]]
    """
    wide = tensor.new_full((*tensor.shape[:-1], width), fill)
    kept = min(width, tensor.shape[-1])
    wide[..., :kept] = tensor[..., :kept]
    return wide
