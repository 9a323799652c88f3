"""A budget counted in edges: only so many may change."""

import torch

from edgelab.typing import Bool, Float, Tensor


def largest_edges(values: Float[Tensor, " edges"], max_edges: int) -> Bool[Tensor, " edges"]:
    """Mark the largest magnitudes.

    Args:
        values: Any real numbers.
        max_edges: How many are marked; all if there are not more.

    Returns:
        True for the chosen.

    Example:
        >>> largest_edges(torch.tensor([1.0, -3.0, 2.0]), 2).tolist()
        [False, True, True]
    """
    size = values.detach().abs()
    chosen = size.topk(min(max_edges, len(size)), sorted=False).indices
    return torch.zeros_like(size, dtype=torch.bool).index_fill(0, chosen, True)


def cut(values: Float[Tensor, " edges"], kept: Bool[Tensor, " edges"]) -> Float[Tensor, " edges"]:
    """Set all but the chosen to zero, with the gradient of the uncut values.

    An edge that is cut so learns what it would bring, and comes in once it outgrows one that was
    kept. (The derivative proper is zero there, and no edge would ever come in.)

    Args:
        values: Any real numbers.
        kept: Marks the chosen.

    Returns:
        One number per edge.

    Source: Bengio et al. (2013), Estimating or propagating gradients through stochastic neurons for
        conditional computation (the straight-through estimator).

    Example:
        >>> values = torch.tensor([1.0, -3.0], requires_grad=True)
        >>> cut(values, torch.tensor([False, True])).sum().backward()
        >>> values.grad
        tensor([1., 1.])
    """
    return values + (torch.where(kept, values, 0) - values).detach()
