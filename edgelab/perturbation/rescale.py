"""Bring a perturbation to its budget by one common factor."""

import torch

from edgelab.perturbation.norms import largest_magnitude, unit_norm
from edgelab.typing import Float, Tensor


def rescale(
    values: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    budget: int | float,
    *,
    order: int | float,
    strict: bool,
) -> Float[Tensor, " edges"]:
    """Scale a perturbation so that its cost-weighted norm is the budget, or at most the budget.

    What is rescaled depends on values / max |values| alone, and is computed so: neither a power nor a quotient
    overflows, however large p and however small the norm. At norm zero nothing is rescaled and gradients are finite;
    where the norm is just the budget, the gradient is the one of an unscaled perturbation.

    Args:
        values: The perturbation before it meets its budget.
        cost: Positive, as in `cost_norm`.
        budget: The norm that the result may have. A negative one turns all signs round.
        order: The p of the norm.
        strict: Scales up too, to exactly the budget; else only down.

    Returns:
        One number per edge.

    Example:
        >>> values, cost = torch.tensor([1.0, 4.0]), torch.tensor([2.0, 2.0])
        >>> rescale(values, cost, 1.0, order=1, strict=True)
        tensor([0.1000, 0.4000])
        >>> rescale(values, cost, 50.0, order=1, strict=False)
        tensor([1., 4.])
    """
    largest = largest_magnitude(values)
    unit = values / largest
    norm = unit_norm(unit, cost, order)
    factor = budget / norm.masked_fill(norm == 0, 1)
    if not strict:
        factor = torch.where(largest * norm > budget, factor, largest)
    return unit * factor
