"""Bringing a change within its budget: by one factor, by a count of edges, to the nearest point."""

import torch

from edgelab.checks import check_choice
from edgelab.errors import ConfigError
from edgelab.typing import Bool, Float, Tensor

from ._budget import norm_of_sizes

PROJECTIONS = ("rescale", "simplex")

# Halvings of the interval that holds a threshold: more than float64 can tell apart.
_HALVINGS = 100


def check_projection(
    projection: str, budget: float | None, order: int | float, max_edges: int | None
) -> None:
    """Refuse an unknown projection, and a simplex without budget ≥ 0, p = 1 and free edge count."""
    check_choice("projection", projection, PROJECTIONS)
    if projection == "simplex" and (budget is None or budget < 0 or order != 1):
        raise ConfigError(
            "projection='simplex' needs a budget that is not negative and cost_aggr_norm=1, "
            f"got budget={budget} and cost_aggr_norm={order}; projection='rescale' takes any"
        )
    if projection == "simplex" and max_edges is not None:
        raise ConfigError(
            f"max_edges={max_edges} works with projection='rescale' only; 'simplex' finds by "
            "itself how few edges do"
        )


def rescale(
    values: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    budget: int | float,
    *,
    order: int | float,
    strict: bool,
    kept: Bool[Tensor, " edges"] | None = None,
) -> Float[Tensor, " edges"]:
    """Scale a change so that its norm is the budget (strict), or at most the budget."""
    if budget == 0:
        return values * 0.0
    size = values.abs()
    if kept is not None:  # the gradient tells of the other edges what they would bring and cost
        values = cut(values, kept)
        size = cut(size, kept)
    norm = norm_of_sizes(size, cost, order)
    # At norm zero nothing is there to be scaled up, and gradients are finite. A negative budget
    # turns all signs round.
    excess = norm.masked_fill(norm == 0, 1) / budget
    # Divided by norm / budget, never multiplied by budget / norm, whose slope overflows for a small
    # norm. Where the norm is just the budget, a budget that is not strict leaves the values, and so
    # their gradient, alone.
    return values / (excess if strict else torch.where(norm > budget, excess, 1))


def largest_edges(values: Float[Tensor, " edges"], max_edges: int) -> Bool[Tensor, " edges"]:
    """Mark so many of the largest magnitudes, or all if there are not more."""
    size = values.detach().abs()
    largest = size.topk(min(max_edges, len(size)), sorted=False).indices
    return torch.zeros_like(size, dtype=torch.bool).index_fill(0, largest, True)


def cut(values: Float[Tensor, " edges"], kept: Bool[Tensor, " edges"]) -> Float[Tensor, " edges"]:
    """Set all but the kept to zero, with the gradient of the uncut values."""
    # An edge that is cut so learns what it would bring, and comes in once it outgrows one that was
    # kept. (The derivative proper is zero there, and no edge would ever come in.)
    # Source: Bengio et al. (2013), Estimating or propagating gradients through stochastic neurons
    # for conditional computation (the straight-through estimator).
    return values + (torch.where(kept, values, 0) - values).detach()


def project_to_budget(
    raw: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    budget: int | float,
    *,
    sign: str = "free",
    strict: bool = False,
    tolerance: float = 1e-12,
) -> Float[Tensor, " edges"]:
    """The nearest change of the wanted sign with Σ cost · |value| ≤ budget (strictly: =)."""
    # The feasible set for a budget B and costs c is the weighted L1 ball Σ c |v| ≤ B, or its part
    # of one sign; strictly, its surface, where free values keep the signs they have. The nearest
    # point to r subtracts τ c from every magnitude and cuts at zero, where τ solves the budget for
    # the edges that remain. It is piecewise linear, so the derivative is that of the piece: exact,
    # of any order. The tolerance is relative: what counts as rounding of the budget and of a zero.
    # Source: Michelot (1986), A finite algorithm for finding the projection of a point onto the
    # canonical simplex of Rⁿ; Duchi et al. (2008), Efficient projections onto the l1-ball for
    # learning in high dimensions.
    if sign == "nonpositive":
        opposite = project_to_budget(
            -raw, cost, budget, sign="nonnegative", strict=strict, tolerance=tolerance
        )
        return -opposite
    direction = raw.detach().sign() if sign == "free" else torch.ones_like(raw)
    size = direction * raw.detach()
    spent = torch.dot(size.clamp(min=0).double(), cost.double())
    # What lies inside the budget is left alone.
    if not strict and spent <= budget * (1 + tolerance):
        return torch.where(size >= 0, raw, 0)
    threshold = budget_threshold(size.double(), cost.double(), float(budget)).to(raw.dtype)
    above = size - threshold * cost
    largest = torch.linalg.vector_norm(size, torch.inf) if len(size) else size.new_zeros(())
    # An edge that is just zero counts as one that takes part, so that after the parameters
    # themselves were projected, the gradient still tells whether it should come back.
    takes_part = above >= -tolerance * largest
    piece = _linear_piece(raw, direction * cost * takes_part, takes_part, budget)
    return piece + (direction * above.clamp(min=0) - piece).detach()


def budget_threshold(
    size: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], budget: float
) -> Float[Tensor, ""]:
    """The τ for which Σ cost · max(size - τ cost, 0) is the budget; negative if sizes must grow."""
    while len(size):
        threshold = (torch.dot(size, cost) - budget) / torch.dot(cost, cost)
        stays = size > threshold * cost
        if stays.all() or not stays.any():
            return threshold
        size = size[stays]
        cost = cost[stays]
    return size.new_zeros(())


def _linear_piece(raw: Tensor, slope: Tensor, takes_part: Tensor, budget: int | float) -> Tensor:
    """The projection raw - τ slope while the same edges take part: slope · it = budget."""
    steepness = torch.dot(slope, slope)
    threshold = (torch.dot(slope, raw) - budget) / steepness.masked_fill(steepness == 0, 1)
    return torch.where(takes_part, raw - threshold * slope, 0)


def project_to_box(
    raw: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    budget: float,
    low: Float[Tensor, " edges"],
    high: Float[Tensor, " edges"],
) -> Float[Tensor, " edges"]:
    """Find the nearest perturbation with Σ cost · |value| ≤ budget and low ≤ value ≤ high.

    The nearest point subtracts τ · cost from every magnitude, stops at zero and at the limits; τ,
    the smallest for which the budget is kept, is found by halving.

    Args:
        raw: Any real numbers.
        cost: Positive.
        budget: Not negative.
        low: At most 0.
        high: At least 0.

    Returns:
        One number per edge; never above the budget, rounding of the sum apart.

    Example:
        >>> one = torch.ones(2, dtype=torch.float64)
        >>> raw = torch.tensor([3.0, -2.0], dtype=torch.float64)
        >>> project_to_box(raw, one, 1.5, -one, one).tolist()
        [1.0, -0.5]
    """

    def shrunk(threshold: Tensor) -> Tensor:
        return (raw.sign() * (raw.abs() - threshold * cost).clamp(min=0)).clamp(low, high)

    below = raw.new_zeros(())
    if not len(raw) or (cost * shrunk(below).abs()).sum() <= budget:
        return shrunk(below)
    above = (raw.abs() / cost).max()
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        fits = bool((cost * shrunk(middle).abs()).sum() <= budget)
        below, above = (below, middle) if fits else (middle, above)
    return shrunk(above)
