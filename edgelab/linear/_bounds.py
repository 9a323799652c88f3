"""Intervals: squeezing a free number into one, and the door at which one is checked."""

import math

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

Number = int | float
"""A real number; spelled out because run-time checks of types do not take an int for a float."""


def bounded(raw: Float[Tensor, "*shape"], lower: Number, upper: Number) -> Float[Tensor, "*shape"]:
    """Map any real number into `[lower, upper]`; a larger raw number gives a smaller result.

    Args:
        raw: Any real numbers; 0 gives the middle of the interval.
        lower: Smallest result.
        upper: Largest result.

    Returns:
        `upper - (upper - lower) * sigmoid(raw)`, inside the interval up to one rounding.

    Example:
        >>> bounded(torch.tensor([-100.0, 0.0, 100.0]), 1.0, 3.0)
        tensor([3., 2., 1.])
    """
    # rsub subtracts and multiplies in one pass; maps spend as much on passes over the matrix as on
    # the product.
    return torch.rsub(torch.sigmoid(raw), upper, alpha=upper - lower)


def unbounded(
    value: Float[Tensor, "*shape"], lower: Number, upper: Number
) -> Float[Tensor, "*shape"]:
    """Invert `bounded`: the raw number that gives a value inside the interval.

    Args:
        value: Numbers strictly between `lower` and `upper`.
        lower: Lower end of the interval.
        upper: Upper end of the interval.

    Returns:
        Raw numbers with `bounded(raw, lower, upper) == value`.

    Example:
        >>> unbounded(torch.tensor([2.0]), 1.0, 3.0)
        tensor([0.])
    """
    return torch.log(upper - value) - torch.log(value - lower)


def check_interval(lower: Number, upper: Number, *, smallest: Number = -math.inf) -> None:
    """Refuse `sigma_min` and `sigma_max` unless smallest <= lower <= upper."""
    if not lower <= upper:
        raise ConfigError(
            f"sigma_min must not exceed sigma_max, got {lower!r} and {upper!r}; swap them"
        )
    if not lower >= smallest:
        raise ConfigError(f"sigma_min must be at least {smallest} for this map, got {lower!r}")
