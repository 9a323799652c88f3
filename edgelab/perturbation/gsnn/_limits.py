"""What a change of edges may be: its price, its budget, and how far each edge may go."""

import math
from dataclasses import dataclass, replace

import torch

from edgelab.checks import check_integer
from edgelab.errors import ConfigError
from edgelab.perturbation.gradnet import project_to_box
from edgelab.typing import Bool, Float, Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeLimits:
    """What a change of edges may be.

    Attributes:
        cost: Price of one unit of change of every edge.
        budget: Largest Σ cost · |change|.
        low: Smallest change of every edge, at most 0.
        high: Largest change, at least 0.
        max_edges: How many edges may change; None: all.

    Raises:
        ConfigError: If a number breaks its rule.
    """

    cost: Float[Tensor, " edges"]
    budget: float
    low: Float[Tensor, " edges"]
    high: Float[Tensor, " edges"]
    max_edges: int | None = None

    def __post_init__(self) -> None:
        if not (0 < self.budget < math.inf):
            raise ConfigError(f"budget must be a positive number, got {self.budget!r}")
        if self.max_edges is not None:
            check_integer("max_edges", self.max_edges)
        if not bool((self.cost.isfinite() & (self.cost > 0)).all()):
            raise ConfigError(
                f"every cost must be a positive number, got {self.cost.tolist()[:5]} first"
            )
        if not bool(((self.low <= 0) & (self.high >= 0)).all()):
            raise ConfigError("a change of 0 must be allowed for every edge; widen its limits")

    def project(self, raw: Float[Tensor, " edges"]) -> Float[Tensor, " edges"]:
        """Return the nearest change within budget and limits, whatever the number of edges.

        Args:
            raw: Any change.

        Returns:
            One within budget and limits.
        """
        return project_to_box(raw, self.cost, self.budget, self.low, self.high)

    def only(self, kept: Bool[Tensor, " edges"]) -> "EdgeLimits":
        """Return the same limits with all edges fixed but some.

        Args:
            kept: Marks those that may change.

        Returns:
            New limits.
        """
        zero = torch.zeros_like(self.low)
        return replace(
            self, low=torch.where(kept, self.low, zero), high=torch.where(kept, self.high, zero)
        )
