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
        raise ConfigError(f"cost_aggr_norm must be a whole number or inf, got {value!r}; 1 adds up costs")
    return max(1, int(value))


def cost_norm(values: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], order: int | float) -> Float[Tensor, ""]:
    """Measure a perturbation by its cost: (Σ cost · |value|^p)^(1/p), or max cost · |value| for p = inf.

    Values are divided by the largest before they are raised to the power p, so that no p overflows.

    Args:
        values: Any real numbers.
        cost: Positive; for finite p the sum over mirrored entries of each entry's cost to the power p.
        order: The p, at least 1.

    Returns:
        The norm; its gradient is zero where all values are.

    Example:
        >>> cost_norm(torch.tensor([3.0, -4.0]), torch.tensor([1.0, 1.0]), 2)
        tensor(5.)
    """
    largest = largest_magnitude(values)
    return largest * unit_norm(values / largest, cost, order)


def unit_norm(values: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], order: int | float) -> Float[Tensor, ""]:
    """Measure a perturbation whose largest magnitude is about 1, or zero.

    Args:
        values: Any real numbers.
        cost: Positive.
        order: The p, at least 1.

    Returns:
        The norm; its gradient is zero where all values are.

    Example:
        >>> unit_norm(torch.tensor([1.0, 0.5]), torch.tensor([2.0, 2.0]), 1)
        tensor(3.)
    """
    size = values.abs()
    if order == 1:
        return torch.dot(size, cost)
    if order == math.inf:
        return (size * cost).max() if len(size) else size.sum()
    total = torch.dot(size.pow(order), cost)
    is_zero = total == 0  # where the root has no finite slope
    return torch.where(is_zero, total, total.masked_fill(is_zero, 1).pow(1 / order))


def largest_magnitude(values: Float[Tensor, " edges"]) -> Float[Tensor, ""]:
    """Largest magnitude, as a constant; 1 where there is none to divide by.

    Args:
        values: Any real numbers.

    Returns:
        A positive scalar without gradient.

    Example:
        >>> largest_magnitude(torch.tensor([0.5, -2.0])), largest_magnitude(torch.zeros(2))
        (tensor(2.), tensor(1.))
    """
    if not len(values):
        return values.new_ones(())
    largest = torch.linalg.vector_norm(values.detach(), torch.inf)
    return largest.masked_fill(largest == 0, 1)
