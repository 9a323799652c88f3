"""The masked weights of a module: which they are, and how masks are laid over weights, gradients
and momenta.
"""

from collections.abc import Iterable

import torch
from torch import nn

from edgelab.typing import Tensor


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
    """Give a mask the dtype, device and memory format in which it is used.

    Args:
        mask: Nonzero where active.
        weight: What it will be laid over.

    Returns:
        A bool mask on the weight's device with the weight's strides; never a view of another
        tensor.

    Example:
        >>> laid_out_like(torch.tensor([1.0, 0.0]), torch.zeros(2)).tolist()
        [True, False]
    """
    return torch.empty_like(weight, dtype=torch.bool, requires_grad=False).copy_(
        mask if mask.dtype == torch.bool else mask != 0
    )


class MaskMultipliers:
    """Masks as numbers of the weights' own dtype.

    Multiplying by a bool mask costs seven times as much, and every training step does it for
    weights and momenta.

    Example:
        >>> weight, mask = torch.tensor([3.0, 4.0]), torch.tensor([True, False])
        >>> multipliers = MaskMultipliers()
        >>> multipliers.apply({"w": mask}, {"w": weight}, [weight])
        >>> weight.tolist()
        [3.0, 0.0]
    """

    def __init__(self) -> None:
        self._cached: dict[str, tuple[Tensor, int, Tensor]] = {}

    def apply(
        self, masks: dict[str, Tensor], weights: dict[str, Tensor], targets: Iterable[Tensor | None]
    ) -> None:
        """Set what lies outside the masks to 0, in place.

        Args:
            masks: By name.
            weights: By the same names; say dtype and device of the multipliers.
            targets: Per mask, in their order, a tensor of the weight's shape, or None.
        """
        pairs = [
            (target, self._of(name, masks[name], weights[name]))
            for name, target in zip(masks, targets, strict=True)
            if target is not None
        ]
        if pairs:
            with torch.no_grad():
                torch._foreach_mul_(
                    [target for target, _ in pairs], [multiplier for _, multiplier in pairs]
                )

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
    """Collect the optimizer's memory of its past gradients.

    Args:
        optimizer: Any.
        weights: Its parameters.

    Returns:
        One list per kind of moment, each with one entry per weight, None where there is no such
        moment.

    Example:
        >>> weight = nn.Parameter(torch.zeros(2))
        >>> moments_of(torch.optim.Adam([weight]), [weight])
        [[None], [None], [None], [None]]
    """
    states = [optimizer.state.get(weight, {}) for weight in weights]
    return [[state.get(kind) for state in states] for kind in _MOMENTS]


_MOMENTS = ("momentum_buffer", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")
