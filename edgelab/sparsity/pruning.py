"""Which active weights to give up: masks and weights in, smaller masks out."""

from collections.abc import Mapping

import torch

from edgelab.typing import Bool, Float, Tensor

from .kernels import Criterion, kernel_scores, kernels_in_use, whole_kernels
from .selection import mark_smallest


def prune_smallest(mask: Bool[Tensor, "*shape"], weight: Float[Tensor, "*shape"], count: int) -> Bool[Tensor, "*shape"]:
    """Remove the active weights of smallest magnitude.

    Args:
        mask: Active weights.
        weight: Their values; inactive entries are not looked at.
        count: How many to remove; clamped to the number of active weights.

    Returns:
        A new mask with exactly `count` fewer entries. Equal magnitudes go by lowest flat index, and so do active zeros.

    Example:
        >>> mask = torch.tensor([True, True, True, False])
        >>> prune_smallest(mask, torch.tensor([0.5, -0.1, 0.3, 0.0]), 1).tolist()
        [True, False, True, False]
    """
    active = mask.flatten().nonzero().squeeze(1)
    drop = mark_smallest(weight.flatten()[active].abs(), count)
    kept = mask.flatten().clone()
    kept[active[drop]] = False
    return kept.reshape(mask.shape)


def prune_smallest_overall(masks: Mapping[str, Tensor], weights: Mapping[str, Tensor], count: int) -> dict[str, Tensor]:
    """Remove the active weights of smallest magnitude in the whole network, by one selection.

    Args:
        masks: Active weights of every layer.
        weights: Values of every layer.
        count: How many to remove in all; clamped to the number of active weights.

    Returns:
        New masks with exactly `count` fewer entries together. Equal magnitudes go by order of layers, then by lowest
        flat index.

    Example:
        >>> masks = {"first": torch.tensor([True, True]), "second": torch.tensor([True, True])}
        >>> weights = {"first": torch.tensor([0.1, 5.0]), "second": torch.tensor([0.2, 0.3])}
        >>> {name: mask.tolist() for name, mask in prune_smallest_overall(masks, weights, 2).items()}
        {'first': [False, True], 'second': [False, True]}
    """
    places = {name: mask.flatten().nonzero().squeeze(1) for name, mask in masks.items()}
    sizes = [weights[name].flatten()[place].abs() for name, place in places.items()]
    drop = mark_smallest(torch.cat(sizes), count).split([len(size) for size in sizes])
    kept = {name: mask.flatten().clone() for name, mask in masks.items()}
    for (name, place), dropped in zip(places.items(), drop, strict=True):
        kept[name][place[dropped]] = False
    return {name: kept[name].reshape(mask.shape) for name, mask in masks.items()}


def prune_kernels(
    mask: Bool[Tensor, "*shape"], weight: Float[Tensor, "*shape"], count: int, criterion: Criterion = torch.mean
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
    used = kernels_in_use(mask).nonzero().squeeze(1)
    drop = mark_smallest(kernel_scores(weight, criterion)[used], count)
    dropped = torch.zeros(mask.shape[:2].numel(), dtype=torch.bool, device=mask.device)
    dropped[used[drop]] = True
    return mask & ~whole_kernels(dropped, tuple(mask.shape))
