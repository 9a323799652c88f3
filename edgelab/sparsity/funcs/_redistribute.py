"""Redistribution modes by name: `function(masking, name, weight, mask) -> float`.

A mode says how much a layer deserves; divided by the sum over layers this is its share of the
weights to be grown.
"""

from collections.abc import Callable
from typing import TypeAlias

import torch

from edgelab.registry import Registry
from edgelab.sparsity._budgets import mean_magnitude
from edgelab.sparsity._signals import gradient_of, reads
from edgelab.typing import Bool, Float, Tensor

from ._view import MaskingView, momentum_for

Redistribution: TypeAlias = Callable[[MaskingView, str, Tensor, Tensor], float]

REDISTRIBUTIONS: Registry[Redistribution] = Registry("redistribution mode")
"""Every redistribution mode by name."""

KEEPS_LAYER_COUNTS = frozenset({"nonzero", "none"})
"""Modes by which every layer grows back as many weights as it lost."""


@REDISTRIBUTIONS.register("grad")
@reads("gradient")
def grad_redistribution(
    masking: MaskingView, name: str, weight: Float[Tensor, "*shape"], mask: Bool[Tensor, "*shape"]
) -> float:
    """Mean absolute gradient of the active weights.

    Args:
        masking: Not used.
        name: The layer's name.
        weight: The layer's weight with its gradient.
        mask: The layer's mask.

    Returns:
        A number at or above 0; 0 for an empty layer.

    Raises:
        CaptureError: If the weight has no gradient.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.set_masks({"weight": torch.tensor([[True, False, False]])})
        >>> layer.weight.grad = torch.tensor([[-5.0, 1.0, -2.0]])
        >>> grad_redistribution(masking, "weight", layer.weight, masking.mask_dict["weight"])
        5.0
    """
    return mean_magnitude(gradient_of(weight, name), mask)


@REDISTRIBUTIONS.register("momentum")
@reads("momentum")
def momentum_redistribution(
    masking: MaskingView, name: str, weight: Float[Tensor, "*shape"], mask: Bool[Tensor, "*shape"]
) -> float:
    """Mean absolute momentum of the active weights.

    Args:
        masking: Knows the momentum.
        name: The layer's name.
        weight: The layer's weight.
        mask: The layer's mask.

    Returns:
        A number at or above 0; 0 for an empty layer.

    Raises:
        CaptureError: If the optimizer has not made a step yet.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.set_masks({"weight": torch.tensor([[True, False, False]])})
        >>> layer.weight.grad = torch.tensor([[-5.0, 1.0, -2.0]])
        >>> masking.step()
        >>> momentum_redistribution(masking, "weight", layer.weight, masking.mask_dict["weight"])
        5.0
    """
    return mean_magnitude(momentum_for(masking, weight, name), mask)


@REDISTRIBUTIONS.register("nonzero")
def nonzero_redistribution(
    masking: MaskingView, name: str, weight: Float[Tensor, "*shape"], mask: Bool[Tensor, "*shape"]
) -> float:
    """Number of weights that are not 0.

    Args:
        masking: Not used.
        name: Not used.
        weight: The layer's weight.
        mask: Not used.

    Returns:
        The count.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.set_masks({"weight": torch.tensor([[True, False, False]])})
        >>> _ = torch.nn.init.ones_(layer.weight)
        >>> masking.apply_mask()
        >>> nonzero_redistribution(masking, "weight", layer.weight, masking.mask_dict["weight"])
        1.0
    """
    return float(torch.count_nonzero(weight))


REDISTRIBUTIONS.register("none")(nonzero_redistribution)
