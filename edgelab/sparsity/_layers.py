"""Masked weights of a module: which they are, and masks over weights, gradients and momenta."""

from collections.abc import Iterable, Mapping

import torch
from torch import nn

from edgelab.errors import CheckpointError, shorten
from edgelab.typing import Tensor

# How SGD and Adam, AMSGrad included, call their memory of past gradients.
_MOMENTS = ("momentum_buffer", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")


def maskable_weights(module: nn.Module) -> dict[str, nn.Parameter]:
    """Find the weights that sparse training can mask.

    Args:
        module: Any module.

    Returns:
        Every trainable parameter of two dimensions or more that is not called a bias, by name; a
        parameter that is used under several names appears once, under the first. Scales and shifts
        of norms have one dimension and stay out.

    Example:
        >>> list(maskable_weights(nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))))
        ['0.weight']
    """
    return {
        name: parameter
        for name, parameter in module.named_parameters()
        if parameter.ndim >= 2 and parameter.requires_grad and "bias" not in name.rpartition(".")[2]
    }


def laid_out_like(mask: Tensor, weight: Tensor) -> Tensor:
    """Copy a mask, nonzero where active, as bool with a weight's device and strides."""
    active = mask if mask.dtype == torch.bool else mask != 0
    return torch.empty_like(weight, dtype=torch.bool, requires_grad=False).copy_(active)


def check_fit(masks: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse stored masks that do not belong to layers of these names and shapes."""
    only_one_side = sorted(masks.keys() ^ shapes.keys())
    if only_one_side:
        raise CheckpointError(
            f"stored masks and masked layers differ: {shorten(only_one_side)} are only on one "
            "side. Build the same module, and leave the same layers out with remove_weight."
        )
    for name, shape in shapes.items():
        if tuple(masks[name].shape) != shape:
            raise CheckpointError(
                f"the stored mask of {name!r} has the shape {tuple(masks[name].shape)}, "
                f"the weight {shape}. Build the module with the same sizes."
            )


class MaskMultipliers:
    """Masks as numbers of the weights' own dtype."""

    # Multiplying by a bool mask costs seven times as much, and every training step does it for
    # weights and momenta.

    def __init__(self) -> None:
        self._cached: dict[str, tuple[Tensor, int, Tensor]] = {}

    def apply(
        self, masks: dict[str, Tensor], weights: dict[str, Tensor], targets: Iterable[Tensor | None]
    ) -> None:
        """Set targets, in the order of the masks, to 0 outside them, in place; None is skipped."""
        present: list[Tensor] = []
        multipliers: list[Tensor] = []
        for name, target in zip(masks, targets, strict=True):
            if target is not None:
                present.append(target)
                multipliers.append(self._of(name, masks[name], weights[name]))
        if present:
            with torch.no_grad():
                torch._foreach_mul_(present, multipliers)

    def _of(self, name: str, mask: Tensor, weight: Tensor) -> Tensor:
        # Anybody may write into mask_dict: replaced masks differ in identity, changed ones in
        # version.
        cached = self._cached.get(name)
        if (
            cached is None
            or cached[0] is not mask
            or cached[1] != mask._version
            or cached[2].dtype != weight.dtype
            or cached[2].device != weight.device
        ):
            multiplier = torch.empty_like(weight, requires_grad=False).copy_(mask)
            cached = self._cached[name] = (mask, mask._version, multiplier)
        return cached[2]


def moments_of(
    optimizer: torch.optim.Optimizer, weights: Iterable[Tensor]
) -> list[list[Tensor | None]]:
    """An optimizer's moments: a list per kind, an entry per weight, None where it has none."""
    states = [optimizer.state.get(weight, {}) for weight in weights]
    return [[state.get(kind) for state in states] for kind in _MOMENTS]
