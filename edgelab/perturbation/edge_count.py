"""A budget counted in edges: only so many may change."""

import torch

from edgelab.typing import Float, Tensor


def keep_largest(values: Float[Tensor, " edges"], max_edges: int) -> Float[Tensor, " edges"]:
    """Set all but the largest magnitudes to zero.

    The gradient passes as if all were kept: a zeroed edge learns what it would bring, and comes in once it outgrows one
    that was kept. (The derivative proper is zero there, and no edge would ever come in.)

    Args:
        values: Any real numbers.
        max_edges: How many are kept.

    Returns:
        One number per edge; at most `max_edges` of them are not zero.

    Source: Bengio et al. (2013), Estimating or propagating gradients through stochastic neurons for conditional
        computation (the straight-through estimator).

    Example:
        >>> keep_largest(torch.tensor([1.0, -3.0, 2.0]), 2).tolist()
        [0.0, -3.0, 2.0]
    """
    if max_edges >= len(values):
        return values
    largest = values.detach().abs().topk(max_edges, sorted=False).indices
    kept = torch.zeros_like(values).index_copy(0, largest, values.detach()[largest])
    return values + (kept - values.detach())
