"""Which inactive weights to bring to life: masks and scores in, larger masks out."""

import torch

from edgelab.typing import Bool, Float, Tensor

from ._kernels import (
    Criterion,
    kernel_scores,
    kernel_size,
    kernels_in_use,
    whole_kernels,
)
from ._selection import mark_largest


def grow_largest(
    mask: Bool[Tensor, "*shape"], score: Float[Tensor, "*shape"], count: int
) -> Bool[Tensor, "*shape"]:
    """Activate the inactive weights of largest absolute score.

    Args:
        mask: Active weights.
        score: For example gradients; only inactive entries are looked at, NaN ranks last.
        count: How many to activate; clamped to the number of inactive weights.

    Returns:
        A new mask with exactly `count` more entries. Equal scores, zeros included, go by lowest
        flat index.

    Example:
        >>> mask = torch.tensor([True, False, False, False])
        >>> grow_largest(mask, torch.tensor([9.0, 0.1, -0.7, 0.0]), 1).tolist()
        [True, False, True, False]
    """
    size = score.detach().flatten().abs()
    grown = mark_largest(size, count, among=~mask.flatten())
    return mask | grown.reshape(mask.shape)


def grow_at_random(
    mask: Bool[Tensor, "*shape"], count: int, generator: torch.Generator
) -> Bool[Tensor, "*shape"]:
    """Activate inactive weights at random.

    Args:
        mask: Active weights.
        count: How many to activate; clamped to the number of inactive weights.
        generator: A CPU generator; the choice is the same on every device.

    Returns:
        A new mask with exactly `count` more entries, every choice equally likely.

    Example:
        >>> mask = torch.tensor([True, False, False, True])
        >>> grow_at_random(mask, 1, torch.Generator().manual_seed(0)).sum().item()
        3
    """
    inactive = (~mask.flatten()).nonzero().squeeze(1)
    order = torch.randperm(len(inactive), generator=generator)[: max(count, 0)]
    grown = mask.flatten().clone()
    grown[inactive[order.to(mask.device)]] = True
    return grown.reshape(mask.shape)


def grow_kernels(
    mask: Bool[Tensor, "*shape"],
    score: Float[Tensor, "*shape"],
    count: int,
    criterion: Criterion = torch.mean,
) -> Bool[Tensor, "*shape"]:
    """Activate the wholly inactive kernels of largest reduced absolute score.

    Args:
        mask: Active weights, `(out, in, *kernel)`.
        score: For example gradients.
        count: How many *weights* to activate; as many kernels as fit into it are.
        criterion: Reduces a kernel to one number, of which the absolute value is taken.

    Returns:
        A new mask. Equal kernels go by lowest index.

    Example:
        >>> mask = torch.zeros(2, 1, 2, dtype=torch.bool)
        >>> grow_kernels(mask, torch.tensor([[[0.1, 0.1]], [[3.0, -1.0]]]), 3).tolist()
        [[[False, False]], [[True, True]]]
    """
    shape = tuple(mask.shape)
    grown = mark_largest(
        kernel_scores(score.detach(), criterion),
        count // kernel_size(shape),
        among=~kernels_in_use(mask),
    )
    return mask | whole_kernels(grown, shape)
