"""Bring a perturbation within a budget and within limits of its own for every edge, by the nearest
point.
"""

from edgelab.typing import Float, Tensor

# Halvings of the interval that holds the threshold: more than float64 can tell apart.
_HALVINGS = 100


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
        >>> import torch
        >>> one = torch.ones(2, dtype=torch.float64)
        >>> project_to_box(torch.tensor([3.0, -2.0], dtype=torch.float64), one, 1.5, -one, one).tolist()
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
