"""One non-negative number per node: the size of its channels' values."""

from collections.abc import Callable

from edgelab.registry import Registry
from edgelab.typing import Float, Tensor

MAGNITUDES: Registry[Callable[[Tensor], Tensor]] = Registry("channel reduction")
"""Ways to reduce the channels of a node: `sum` (also `l1`), `mean`, `max` of the absolute values, and `l2`."""


@MAGNITUDES.register("sum")
@MAGNITUDES.register("l1")
def sum_magnitude(values: Float[Tensor, "*lead channels"]) -> Float[Tensor, "*lead"]:
    """Sum of the absolute values of the channels.

    Args:
        values: Activations or gradients.

    Returns:
        One number per node, of the same type.

    Example:
        >>> import torch
        >>> sum_magnitude(torch.tensor([[3.0, -4.0]])).item()
        7.0
    """
    return values.abs().sum(dim=-1)


@MAGNITUDES.register("mean")
def mean_magnitude(values: Float[Tensor, "*lead channels"]) -> Float[Tensor, "*lead"]:
    """Mean of the absolute values of the channels.

    Args:
        values: Activations or gradients.

    Returns:
        One number per node, of the same type.

    Example:
        >>> import torch
        >>> mean_magnitude(torch.tensor([[3.0, -4.0]])).item()
        3.5
    """
    return values.abs().mean(dim=-1)


@MAGNITUDES.register("max")
def max_magnitude(values: Float[Tensor, "*lead channels"]) -> Float[Tensor, "*lead"]:
    """Largest absolute value among the channels.

    Args:
        values: Activations or gradients.

    Returns:
        One number per node, of the same type.

    Example:
        >>> import torch
        >>> max_magnitude(torch.tensor([[3.0, -4.0]])).item()
        4.0
    """
    return values.abs().amax(dim=-1)


@MAGNITUDES.register("l2")
def l2_magnitude(values: Float[Tensor, "*lead channels"]) -> Float[Tensor, "*lead"]:
    """Euclidean length of the channels.

    Args:
        values: Activations or gradients.

    Returns:
        One number per node, of the same type.

    Example:
        >>> import torch
        >>> l2_magnitude(torch.tensor([[3.0, -4.0]])).item()
        5.0
    """
    return values.norm(dim=-1)
