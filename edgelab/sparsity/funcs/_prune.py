"""Pruning modes by name: `function(masking, mask, weight, name) -> mask`.

A mode returns a new mask, never sees inactive weights, and removes exactly what the layer's prune
rate asks for.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import torch

from edgelab.registry import Registry
from edgelab.sparsity._kernels import Criterion, kernel_size
from edgelab.sparsity._pruning import prune_kernels, prune_smallest, prune_smallest_overall
from edgelab.sparsity._selection import share_of
from edgelab.typing import Bool, Float, Tensor

from ._view import MaskingView

Pruner: TypeAlias = Callable[[MaskingView, Tensor, Tensor, str], Tensor]
NetworkPruner: TypeAlias = Callable[[MaskingView], int]

PRUNERS: Registry[Pruner] = Registry("prune mode")
"""Modes that prune one layer at a time."""

NETWORK_PRUNERS: Registry[NetworkPruner] = Registry("prune mode for the whole network")
"""Modes that prune all layers at once, in `masking.mask_dict`, and return how many weights they
removed.
"""


@PRUNERS.register("magnitude")
def magnitude_prune(
    masking: MaskingView, mask: Bool[Tensor, "*shape"], weight: Float[Tensor, "*shape"], name: str
) -> Bool[Tensor, "*shape"]:
    """Prune the weights of smallest magnitude.

    Args:
        masking: Knows the layer's prune rate.
        mask: The layer's mask.
        weight: The layer's weight.
        name: The layer's name.

    Returns:
        A new mask, with the prune rate's share of the active weights fewer, rounded up.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.name2prune_rate["weight"] = 0.5
        >>> mask = torch.tensor([[True, True, False]])
        >>> magnitude_prune(masking, mask, torch.tensor([[0.1, 0.5, 0.0]]), "weight").tolist()
        [[False, True, False]]
    """
    removed = share_of(masking.name2prune_rate[name], int(torch.count_nonzero(mask)))
    return prune_smallest(mask, weight.detach(), removed)


@NETWORK_PRUNERS.register("global-magnitude")
def global_magnitude_prune(masking: MaskingView) -> int:
    """Prune the weights of smallest magnitude in the whole network; changes `masking.mask_dict`.

    Args:
        masking: Knows masks, weights, the prune rate and the number of weights at the start.

    Returns:
        Number of weights removed: exactly the prune rate's share of those at the start, rounded up,
        as long as so many are left.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=1.0)
        >>> masking.add_module(layer)
        >>> global_magnitude_prune(masking), masking.mask_dict["weight"].sum().item()
        (2, 1)
    """
    before = sum(int(torch.count_nonzero(mask)) for mask in masking.mask_dict.values())
    removed = min(share_of(masking.prune_rate, masking.baseline_nonzero), before)
    weights = {name: masking.weights[name].detach() for name in masking.mask_dict}
    masking.mask_dict.update(prune_smallest_overall(masking.mask_dict, weights, removed))
    return removed


def struct_magnitude_prune(
    masking: MaskingView,
    mask: Bool[Tensor, "*shape"],
    weight: Float[Tensor, "*shape"],
    name: str,
    criterion: Criterion = torch.mean,
) -> Bool[Tensor, "*shape"]:
    """Prune whole kernels of smallest reduced magnitude.

    Args:
        masking: Knows the layer's prune rate.
        mask: The layer's mask, `(out, in, *kernel)`.
        weight: The layer's weight.
        name: The layer's name.
        criterion: Reduces a kernel to one number, of which the absolute value is taken.

    Returns:
        A new mask.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Conv1d(1, 2, 2, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.name2prune_rate["weight"] = 0.5
        >>> weight = torch.tensor([[[0.1, 0.1]], [[0.5, 0.5]]])
        >>> struct_magnitude_prune(masking, weight > 0, weight, "weight").tolist()
        [[[False, False]], [[True, True]]]
    """
    n_kernels = torch.count_nonzero(mask).item() / kernel_size(tuple(mask.shape))
    removed = math.ceil(masking.name2prune_rate[name] * n_kernels)
    return prune_kernels(mask, weight.detach() * mask, removed, criterion)


@PRUNERS.register("struct-magnitude-mean")
def struct_magnitude_prune_mean(
    masking: MaskingView, mask: Bool[Tensor, "*shape"], weight: Float[Tensor, "*shape"], name: str
) -> Bool[Tensor, "*shape"]:
    """Prune the kernels whose mean weight is closest to 0; see `struct_magnitude_prune`."""
    return struct_magnitude_prune(masking, mask, weight, name, torch.mean)


@PRUNERS.register("struct-magnitude-max")
def struct_magnitude_prune_max(
    masking: MaskingView, mask: Bool[Tensor, "*shape"], weight: Float[Tensor, "*shape"], name: str
) -> Bool[Tensor, "*shape"]:
    """Prune the kernels whose largest weight is closest to 0; see `struct_magnitude_prune`."""
    return struct_magnitude_prune(masking, mask, weight, name, torch.amax)
