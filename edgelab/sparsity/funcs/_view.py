"""What the modes of this folder may see of a `Masking`."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import torch

from edgelab.errors import CaptureError
from edgelab.typing import Tensor


@runtime_checkable
class MaskingView(Protocol):
    """The part of `Masking` that growth, pruning, redistribution and initial patterns rely on.

    Attributes:
        mask_dict: Bool mask of every layer, by the name of its weight.
        weights: The weights, by the same names.
        name2prune_rate: Prune rate of every layer in the update under way.
        density: Density asked for.
        generator: The source of randomness, on the CPU.
    """

    mask_dict: dict[str, Tensor]
    weights: dict[str, Tensor]
    name2prune_rate: dict[str, float]
    density: float
    generator: torch.Generator

    @property
    def prune_rate(self) -> float:
        """Prune rate of the whole network, now."""

    @property
    def baseline_nonzero(self) -> int:
        """Active weights when the masks were laid."""

    def get_momentum_for_weight(self, weight: Tensor) -> Tensor | None:
        """Return the optimizer's direction for a weight.

        Args:
            weight: One of `weights`.

        Returns:
            A tensor of its shape; None where the optimizer keeps none.
        """

    def set_masks(self, masks: Mapping[str, Tensor]) -> None:
        """Replace masks and count anew.

        Args:
            masks: For some layers or all.
        """

    def remove_weight(self, name: str) -> None:
        """Leave a layer dense.

        Args:
            name: Of its weight.
        """


def momentum_for(masking: MaskingView, weight: Tensor, name: str) -> Tensor:
    """Momentum of a weight, or an explanation."""
    momentum = masking.get_momentum_for_weight(weight)
    if momentum is None:
        raise CaptureError(
            f"the weight {name!r} has no momentum yet. Let the optimizer make a step first."
        )
    return momentum
