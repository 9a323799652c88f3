"""Initialisation that knows about sparsity."""

import torch

from edgelab.typing import Bool, Float, Tensor


def density_gain(density: float) -> float:
    """Factor by which initial weights grow when only a share of them is kept.

    Dense initialisations scale weights by the number of inputs, `fan_in^-1/2`. A unit that keeps
    `density * fan_in` inputs would pass a signal smaller by the root of the density, layer after
    layer; this factor restores it.

    Args:
        density: Share of the weights that are kept, in [0, 1].

    Returns:
        The inverse root of the density; 1 if nothing is kept.

    Example:
        >>> density_gain(0.25)
        2.0
    """
    return density**-0.5 if density > 0 else 1.0


def rescale_for_mask(weight: Float[Tensor, "*shape"], mask: Bool[Tensor, "*shape"]) -> None:
    """Multiply fresh weights, in place, by what makes up for the masked ones.

    Args:
        weight: Freshly initialised for a dense layer.
        mask: Active weights.

    Example:
        >>> weight = torch.ones(4)
        >>> rescale_for_mask(weight, torch.tensor([True, False, False, False]))
        >>> weight.tolist()
        [2.0, 2.0, 2.0, 2.0]
    """
    with torch.no_grad():
        weight.mul_(density_gain(int(torch.count_nonzero(mask)) / mask.numel()))
