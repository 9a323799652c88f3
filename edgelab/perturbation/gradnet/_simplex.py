"""Bring a perturbation to its budget by the nearest point that keeps it: many edges become exactly
zero.

The feasible set for a budget B and costs c is the weighted L1 ball Σ c |v| ≤ B, or its part of one
sign; strictly, the surface Σ c |v| = B. The nearest point to r subtracts τ c from every magnitude
and cuts at zero, where τ solves the budget for the edges that remain. It is piecewise linear, so
the derivative is that of the piece: exact, of any order.
"""

import torch

from edgelab.typing import Float, Tensor


def project_to_budget(
    raw: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    budget: int | float,
    *,
    sign: str = "free",
    strict: bool = False,
    tolerance: float = 1e-12,
) -> Float[Tensor, " edges"]:
    """Find the nearest perturbation of the wanted sign whose cost is within the budget.

    What lies inside the budget is left alone. An edge that is just zero counts as one that takes
    part, so that after the parameters themselves were projected, the gradient still tells whether
    it should come back.

    Args:
        raw: Any real numbers.
        cost: Positive.
        budget: The largest Σ cost · |value|, not negative.
        sign: `free`, `nonnegative` or `nonpositive`.
        strict: Spends the budget exactly. Free values keep the signs they have.
        tolerance: Relative error of the budget, and of a zero, that counts as rounding.

    Returns:
        One number per edge.

    Source: Michelot (1986), A finite algorithm for finding the projection of a point onto the
        canonical simplex of Rⁿ; Duchi et al. (2008), Efficient projections onto the l1-ball for
        learning in high dimensions.

    Example:
        >>> project_to_budget(torch.tensor([3.0, -2.0, 0.1]), torch.ones(3), 3.0)
        tensor([ 2., -1.,  0.])
    """
    if sign == "nonpositive":
        opposite = project_to_budget(
            -raw, cost, budget, sign="nonnegative", strict=strict, tolerance=tolerance
        )
        return -opposite
    direction = raw.detach().sign() if sign == "free" else torch.ones_like(raw)
    size = direction * raw.detach()
    spent = torch.dot(size.clamp(min=0).double(), cost.double())
    if not strict and spent <= budget * (1 + tolerance):
        return torch.where(size >= 0, raw, 0)
    threshold = budget_threshold(size.double(), cost.double(), float(budget)).to(raw.dtype)
    above = size - threshold * cost
    takes_part = (
        above >= -tolerance * torch.linalg.vector_norm(size, torch.inf) if len(size) else above >= 0
    )
    piece = _linear_piece(raw, direction * cost * takes_part, takes_part, budget)
    return piece + (direction * above.clamp(min=0) - piece).detach()


def budget_threshold(
    size: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], budget: float
) -> Float[Tensor, ""]:
    """Find τ such that Σ cost · max(size - τ cost, 0) is the budget.

    Args:
        size: Any real numbers.
        cost: Positive.
        budget: Not negative.

    Returns:
        τ; negative if sizes must grow.

    Example:
        >>> budget_threshold(torch.tensor([3.0, 2.0, 0.1]), torch.ones(3), 3.0)
        tensor(1.)
    """
    while len(size):
        threshold = (torch.dot(size, cost) - budget) / torch.dot(cost, cost)
        stays = size > threshold * cost
        if stays.all() or not stays.any():
            return threshold
        size, cost = size[stays], cost[stays]
    return size.new_zeros(())


def _linear_piece(raw: Tensor, slope: Tensor, takes_part: Tensor, budget: int | float) -> Tensor:
    """The projection while the same edges take part: raw - τ slope, with slope · (raw - τ slope) =
    budget.
    """
    steepness = torch.dot(slope, slope)
    threshold = (torch.dot(slope, raw) - budget) / steepness.masked_fill(steepness == 0, 1)
    return torch.where(takes_part, raw - threshold * slope, 0)
