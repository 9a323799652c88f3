"""Which active weights to give up: masks and weights in, smaller masks out."""

from collections.abc import Mapping

import torch

from edgelab.typing import Bool, Float, Tensor

from ._kernels import Criterion, kernel_scores, kernels_in_use, whole_kernels
from ._selection import mark_smallest


def prune_smallest(
    mask: Bool[Tensor, "*shape"], weight: Float[Tensor, "*shape"], count: int
) -> Bool[Tensor, "*shape"]:
    """Remove the active weights of smallest magnitude.

    Args:
        mask: Active weights.
        weight: Their values; inactive entries are not looked at.
        count: How many to remove; clamped to the number of active weights.

    Returns:
        A new mask with exactly `count` fewer entries. Equal magnitudes go by lowest flat index, and
        so do active zeros.

    Example:
        >>> mask = torch.tensor([True, True, True, False])
        >>> prune_smallest(mask, torch.tensor([0.5, -0.1, 0.3, 0.0]), 1).tolist()
        [True, False, True, False]
    """
    removed = mark_smallest(weight.flatten().abs(), count, among=mask.flatten())
    return mask & ~removed.reshape(mask.shape)


def prune_smallest_overall(
    masks: Mapping[str, Tensor], weights: Mapping[str, Tensor], count: int
) -> dict[str, Tensor]:
    """Remove the active weights of smallest magnitude in the whole network, by one selection.

    Args:
        masks: Active weights of every layer.
        weights: Values of every layer.
        count: How many to remove in all; clamped to the number of active weights.

    Returns:
        New masks with exactly `count` fewer entries together. Equal magnitudes go by order of
        layers, then by lowest flat index.

    Example:
        >>> masks = {"first": torch.tensor([True, True]), "second": torch.tensor([True, True])}
        >>> weights = {"first": torch.tensor([0.1, 5.0]), "second": torch.tensor([0.2, 0.3])}
        >>> pruned = prune_smallest_overall(masks, weights, 2)
        >>> {name: mask.tolist() for name, mask in pruned.items()}
        {'first': [False, True], 'second': [False, True]}
    """
    sizes = torch.cat([weights[name].flatten().abs() for name in masks])
    active = torch.cat([mask.flatten() for mask in masks.values()])
    kept = active & ~mark_smallest(sizes, count, among=active)
    parts = kept.split([mask.numel() for mask in masks.values()])
    return {
        name: part.reshape(masks[name].shape).clone()
        for name, part in zip(masks, parts, strict=True)
    }


def prune_kernels(
    mask: Bool[Tensor, "*shape"],
    weight: Float[Tensor, "*shape"],
    count: int,
    criterion: Criterion = torch.mean,
) -> Bool[Tensor, "*shape"]:
    """Remove the whole kernels of smallest reduced magnitude.

    Args:
        mask: Active weights, `(out, in, *kernel)`.
        weight: Their values, 0 where inactive.
        count: How many kernels to remove; clamped to the number of kernels in use.
        criterion: Reduces a kernel to one number, of which the absolute value is taken.

    Returns:
        A new mask. Equal kernels go by lowest index.

    Example:
        >>> weight = torch.tensor([[[1.0, 2.0]], [[0.1, 0.2]]])
        >>> prune_kernels(torch.ones(2, 1, 2, dtype=torch.bool), weight, 1).tolist()
        [[[True, True]], [[False, False]]]
    """
    dropped = mark_smallest(kernel_scores(weight, criterion), count, among=kernels_in_use(mask))
    return mask & ~whole_kernels(dropped, tuple(mask.shape))
