"""The cost-weighted p-norm in which a budget is counted."""

import math

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor


def norm_order(value: int | float) -> int | float:
    """Read the order of a norm.

    Args:
        value: A whole number, or `inf`. Numbers below 1, which give no norm, count as 1.

    Returns:
        A whole number of at least 1, or `inf`.

    Raises:
        ConfigError: If it is neither whole nor infinite.

    Example:
        >>> norm_order(2), norm_order(0), norm_order(float("inf"))
        (2, 1, inf)
    """
    if value == math.inf:
        return math.inf
    if not (isinstance(value, int | float) and math.isfinite(value) and value == int(value)):
        raise ConfigError(
            f"cost_aggr_norm must be a whole number or inf, got {value!r}; 1 adds up costs"
        )
    return max(1, int(value))


def cost_norm(
    values: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], order: int | float
) -> Float[Tensor, ""]:
    """Measure a perturbation by its cost: (Σ cost · |value|^p)^(1/p), or max cost · |value| for p =
    inf.

    Values are divided by the largest before they are raised to the power p, so that no p overflows.

    Args:
        values: Any real numbers.
        cost: Positive; for finite p the sum over mirrored entries of each entry's cost to the power
            p.
        order: The p, at least 1.

    Returns:
        The norm; its gradient is zero where all values are.

    Example:
        >>> cost_norm(torch.tensor([3.0, -4.0]), torch.tensor([1.0, 1.0]), 2)
        tensor(5.)
    """
    return norm_of_sizes(values.abs(), cost, order)


def norm_of_sizes(
    size: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], order: int | float
) -> Float[Tensor, ""]:
    """Measure a perturbation by the magnitudes of its values, as `cost_norm` does.

    Args:
        size: Not negative.
        cost: Positive.
        order: The p, at least 1.

    Returns:
        The norm; its gradient is zero where all sizes are, except for p = 1, where it is the cost.

    Example:
        >>> norm_of_sizes(torch.tensor([3.0, 4.0]), torch.tensor([1.0, 1.0]), float("inf"))
        tensor(4.)
    """
    if order == 1 or not len(size):
        return torch.dot(size, cost)
    if order == math.inf:
        return (size * cost).max()
    # A constant: the norm does not depend on the unit in which it is computed, and so neither does
    # its gradient.
    unit = size.detach().max()
    unit = unit.masked_fill(unit == 0, 1)
    total = torch.dot((size / unit).pow(order), cost)
    is_zero = total == 0  # where the root has no finite slope
    return unit * torch.where(is_zero, total, total.masked_fill(is_zero, 1).pow(1 / order))
