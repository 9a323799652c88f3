"""Bring a perturbation to its budget by one common factor."""

import torch

from edgelab.typing import Bool, Float, Tensor

from ._edge_count import cut
from ._norms import norm_of_sizes


def rescale(
    values: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    budget: int | float,
    *,
    order: int | float,
    strict: bool,
    kept: Bool[Tensor, " edges"] | None = None,
) -> Float[Tensor, " edges"]:
    """Scale a perturbation so that its cost-weighted norm is the budget, or at most the budget.

    At norm zero nothing is there to be scaled up, and gradients are finite. Where the norm is just
    the budget, the gradient without a strict budget is that of the unscaled values.

    Args:
        values: The perturbation before it meets its budget.
        cost: Positive, as in `cost_norm`.
        budget: The norm that the result may have. A negative one turns all signs round.
        order: The p of the norm.
        strict: Scales up too, to exactly the budget; else only down.
        kept: Marks the edges that may change; None: all. The gradient tells of the others what they
            would bring and cost, as in `cut`.

    Returns:
        One number per edge.

    Example:
        >>> values, cost = torch.tensor([1.0, 4.0]), torch.tensor([2.0, 2.0])
        >>> rescale(values, cost, 1.0, order=1, strict=True)
        tensor([0.1000, 0.4000])
        >>> rescale(values, cost, 50.0, order=1, strict=False)
        tensor([1., 4.])
    """
    if budget == 0:
        return values * 0.0
    size = values.abs()
    if kept is not None:
        values, size = cut(values, kept), cut(size, kept)
    norm = norm_of_sizes(size, cost, order)
    excess = norm.masked_fill(norm == 0, 1) / budget
    # Divided by norm / budget, never multiplied by budget / norm, whose slope overflows for a small
    # norm.
    return values / (excess if strict else torch.where(norm > budget, excess, 1))
