"""Growth modes by name: `function(masking, name, total_regrowth, weight) -> mask`.

A mode returns a new mask that contains the old one, and may give the weights it adds a value in
`weight`; by default they start at 0.
"""

from collections.abc import Callable
from typing import TypeAlias

import torch

from edgelab.registry import Registry
from edgelab.sparsity._growing import grow_at_random, grow_kernels, grow_largest
from edgelab.sparsity._kernels import Criterion
from edgelab.sparsity._signals import gradient_of, reads
from edgelab.typing import Bool, Float, Tensor

from ._view import MaskingView, momentum_for

Grower: TypeAlias = Callable[[MaskingView, str, int | float, Tensor], Tensor]

GROWERS: Registry[Grower] = Registry("growth mode")
"""Every growth mode by name."""


@GROWERS.register("absolute-gradient")
@reads("gradient")
def abs_grad_growth(
    masking: MaskingView, name: str, total_regrowth: int | float, weight: Float[Tensor, "*shape"]
) -> Bool[Tensor, "*shape"]:
    """Grow where the absolute gradient is largest.

    Args:
        masking: Knows the layer's mask.
        name: The layer's name.
        total_regrowth: How many weights to grow; fractions are cut off, and it is clamped to what
            is inactive.
        weight: The layer's weight with its gradient; grown entries are set to 0.

    Returns:
        A new mask.

    Raises:
        CaptureError: If the weight has no gradient.

    Source: Evci et al. (2020), Rigging the lottery.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.set_masks({"weight": torch.tensor([[True, False, False]])})
        >>> layer.weight.grad = torch.tensor([[9.0, 1.0, -2.0]])
        >>> abs_grad_growth(masking, "weight", 1, layer.weight).tolist()
        [[True, False, True]]
    """
    gradient = gradient_of(weight, name)
    grown = grow_largest(_mask(masking, name), gradient, int(total_regrowth))
    return _from_zero(masking, name, weight, grown)


@GROWERS.register("momentum")
@reads("momentum")
def momentum_growth(
    masking: MaskingView, name: str, total_regrowth: int | float, weight: Float[Tensor, "*shape"]
) -> Bool[Tensor, "*shape"]:
    """Grow where the momentum is largest.

    Args:
        masking: Knows the layer's mask and its momentum.
        name: The layer's name.
        total_regrowth: How many weights to grow; fractions are cut off, and it is clamped to what
            is inactive.
        weight: The layer's weight; not changed, so a weight pruned in the same update comes back
            with its value.

    Returns:
        A new mask.

    Raises:
        CaptureError: If the optimizer has not made a step yet.

    Source: Dettmers & Zettlemoyer (2019), Sparse networks from scratch.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.set_masks({"weight": torch.tensor([[True, False, False]])})
        >>> layer.weight.grad = torch.tensor([[9.0, 1.0, -2.0]])
        >>> masking.step()
        >>> momentum_growth(masking, "weight", 1, layer.weight).tolist()
        [[True, False, True]]
    """
    momentum = momentum_for(masking, weight, name)
    return grow_largest(_mask(masking, name), momentum, int(total_regrowth))


@GROWERS.register("none")
def no_growth(
    masking: MaskingView, name: str, total_regrowth: int | float, weight: Float[Tensor, "*shape"]
) -> Bool[Tensor, "*shape"]:
    """Grow nothing.

    Args:
        masking: Knows the layer's mask.
        name: The layer's name.
        total_regrowth: Not used.
        weight: Not used.

    Returns:
        A copy of the mask.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.set_masks({"weight": torch.tensor([[True, False, False]])})
        >>> no_growth(masking, "weight", 1, layer.weight).tolist()
        [[True, False, False]]
    """
    return _mask(masking, name).clone()


@GROWERS.register("random")
def random_growth(
    masking: MaskingView, name: str, total_regrowth: int | float, weight: Float[Tensor, "*shape"]
) -> Bool[Tensor, "*shape"]:
    """Grow at random.

    Args:
        masking: Knows the layer's mask and the source of randomness.
        name: The layer's name.
        total_regrowth: How many weights to grow; fractions are cut off, and it is clamped to what
            is inactive.
        weight: The layer's weight; grown entries are set to 0.

    Returns:
        A new mask with exactly so many more entries.

    Source: Mocanu et al. (2018), SET.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.set_masks({"weight": torch.tensor([[True, False, False]])})
        >>> random_growth(masking, "weight", 1, layer.weight).sum().item()
        2
    """
    grown = grow_at_random(_mask(masking, name), int(total_regrowth), masking.generator)
    return _from_zero(masking, name, weight, grown)


def struct_abs_grad_growth(
    masking: MaskingView,
    name: str,
    total_regrowth: int | float,
    weight: Float[Tensor, "*shape"],
    criterion: Criterion = torch.mean,
) -> Bool[Tensor, "*shape"]:
    """Grow the whole kernels whose reduced gradient is largest.

    Args:
        masking: Knows the layer's mask.
        name: The layer's name.
        total_regrowth: How many weights to grow; as many kernels as fit into it are.
        weight: The layer's weight, `(out, in, *kernel)`, with its gradient; grown entries are set
            to 0.
        criterion: Reduces a kernel to one number, of which the absolute value is taken.

    Returns:
        A new mask.

    Raises:
        CaptureError: If the weight has no gradient.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> layer = torch.nn.Conv1d(1, 2, 2, bias=False)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(optimizer, CosineDecay(0.5), density=0.5)
        >>> masking.add_module(layer)
        >>> masking.set_masks({"weight": torch.zeros(2, 1, 2)})
        >>> layer.weight.grad = torch.tensor([[[0.1, 0.1]], [[3.0, -1.0]]])
        >>> struct_abs_grad_growth(masking, "weight", 2, layer.weight).tolist()
        [[[False, False]], [[True, True]]]
    """
    grown = grow_kernels(
        _mask(masking, name), gradient_of(weight, name), int(total_regrowth), criterion
    )
    return _from_zero(masking, name, weight, grown)


@GROWERS.register("struct-absolute-gradient-mean")
@reads("gradient")
def struct_abs_grad_growth_mean(
    masking: MaskingView, name: str, total_regrowth: int | float, weight: Float[Tensor, "*shape"]
) -> Bool[Tensor, "*shape"]:
    """Grow the kernels of largest absolute mean gradient; see `struct_abs_grad_growth`."""
    return struct_abs_grad_growth(masking, name, total_regrowth, weight, torch.mean)


@GROWERS.register("struct-absolute-gradient-min")
@reads("gradient")
def struct_abs_grad_growth_min(
    masking: MaskingView, name: str, total_regrowth: int | float, weight: Float[Tensor, "*shape"]
) -> Bool[Tensor, "*shape"]:
    """Grow the kernels whose smallest gradient is farthest from 0; see `struct_abs_grad_growth`."""
    return struct_abs_grad_growth(masking, name, total_regrowth, weight, torch.amin)


def _mask(masking: MaskingView, name: str) -> Tensor:
    return masking.mask_dict[name].bool()


def _from_zero(masking: MaskingView, name: str, weight: Tensor, grown: Tensor) -> Tensor:
    # A weight pruned in the same update still holds its old value.
    weight.detach().mul_(_mask(masking, name).to(weight.dtype))
    return grown
