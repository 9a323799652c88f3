"""One non-negative number per node: the size of its channels' values."""

from collections.abc import Callable

import torch

from edgelab.registry import Registry
from edgelab.typing import Float, Tensor

MAGNITUDES: Registry[Callable[[Tensor], Tensor]] = Registry("channel reduction")
"""Ways to reduce the channels of a node: `sum` (also `l1`), `mean`, `max` of the absolute values,
and `l2`.
"""


@MAGNITUDES.register("sum")
@MAGNITUDES.register("l1")
def sum_magnitude(values: Float[Tensor, "*lead channels"]) -> Float[Tensor, "*lead"]:
    """Sum of the absolute values of the channels.

    Args:
        values: Activations or gradients.

    Returns:
        One number per node, of the same type.

    Example:
        >>> sum_magnitude(torch.tensor([[3.0, -4.0]])).item()
        7.0
    """
    return _along_memory(values, torch.Tensor.sum)


@MAGNITUDES.register("mean")
def mean_magnitude(values: Float[Tensor, "*lead channels"]) -> Float[Tensor, "*lead"]:
    """Mean of the absolute values of the channels.

    Args:
        values: Activations or gradients.

    Returns:
        One number per node, of the same type.

    Example:
        >>> mean_magnitude(torch.tensor([[3.0, -4.0]])).item()
        3.5
    """
    return _along_memory(values, torch.Tensor.mean)


@MAGNITUDES.register("max")
def max_magnitude(values: Float[Tensor, "*lead channels"]) -> Float[Tensor, "*lead"]:
    """Largest absolute value among the channels.

    Args:
        values: Activations or gradients.

    Returns:
        One number per node, of the same type.

    Example:
        >>> max_magnitude(torch.tensor([[3.0, -4.0]])).item()
        4.0
    """
    return _along_memory(values, torch.Tensor.amax)


@MAGNITUDES.register("l2")
def l2_magnitude(values: Float[Tensor, "*lead channels"]) -> Float[Tensor, "*lead"]:
    """Euclidean length of the channels.

    Args:
        values: Activations or gradients.

    Returns:
        One number per node, of the same type.

    Example:
        >>> l2_magnitude(torch.tensor([[3.0, -4.0]])).item()
        5.0
    """
    return values.norm(dim=-1)


def _along_memory(values: Tensor, reduce: Callable[..., Tensor]) -> Tensor:
    # The channels of a GSNN's hidden values do not lie next to each other: axes in the order of the
    # memory make reducing them five times faster.
    order = sorted(range(values.ndim), key=values.stride, reverse=True)
    channels = values.ndim - 1
    reduced = reduce(values.permute(order).abs(), dim=order.index(channels))
    order.remove(channels)
    return reduced.permute([order.index(axis) for axis in range(channels)])
