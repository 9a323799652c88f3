"""Counts of active weights, layer by layer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from edgelab.typing import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStats:
    """What the masks look like, and what the last update did to them.

    Attributes:
        nonzeros_dict: Active weights of every layer.
        zeros_dict: Inactive weights of every layer.
        removed_dict: Weights that the last update pruned from every layer.
        grown_dict: Weights that it grew.
        variance_dict: Every layer's share of the redistribution statistic before it; empty if none
            was known.

    Example:
        >>> stats = count_active({"w": torch.tensor([True, False, False, False])})
        >>> stats.total_density, stats.total_nonzero
        (0.25, 1)
    """

    nonzeros_dict: Mapping[str, int]
    zeros_dict: Mapping[str, int]
    removed_dict: Mapping[str, int] = field(default_factory=dict)
    grown_dict: Mapping[str, int] = field(default_factory=dict)
    variance_dict: Mapping[str, float] = field(default_factory=dict)

    @property
    def total_nonzero(self) -> int:
        """Active weights in all."""
        return sum(self.nonzeros_dict.values())

    @property
    def total_zero(self) -> int:
        """Inactive weights in all."""
        return sum(self.zeros_dict.values())

    @property
    def total_removed(self) -> int:
        """Weights that the last update pruned."""
        return sum(self.removed_dict.values())

    @property
    def total_density(self) -> float:
        """Share of active weights; 1 if nothing is masked."""
        total = self.total_nonzero + self.total_zero
        return self.total_nonzero / total if total else 1.0

    @property
    def densities(self) -> dict[str, float]:
        """Share of active weights in every layer."""
        return {
            name: count / (count + self.zeros_dict[name])
            for name, count in self.nonzeros_dict.items()
        }


def count_active(masks: Mapping[str, Tensor]) -> LayerStats:
    """Count the active weights of every layer.

    Args:
        masks: By name.

    Returns:
        The counts; nothing removed or grown.

    Example:
        >>> count_active({"w": torch.tensor([[True, False]])}).nonzeros_dict
        {'w': 1}
    """
    active = {name: int(torch.count_nonzero(mask)) for name, mask in masks.items()}
    return LayerStats(
        nonzeros_dict=active,
        zeros_dict={name: mask.numel() - active[name] for name, mask in masks.items()},
    )
