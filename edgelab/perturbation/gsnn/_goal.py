"""What a response should do when edges are changed."""

import math
from dataclasses import dataclass

import torch

from edgelab.checks import check_choice
from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

GOALS = ("lower", "raise", "reach")


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeGoal:
    """What the response should do.

    Attributes:
        kind: One of `GOALS`: `"lower"`, `"raise"`, or `"reach"` a target.
        target: The number to reach; None for the others.

    Raises:
        ConfigError: If the kind is unknown, or the target does not go with it.

    Example:
        >>> EdgeGoal(kind="raise").loss(torch.tensor([2.0]), 1.0).tolist()
        [-2.0]
    """

    kind: str = "lower"
    target: float | None = None

    def __post_init__(self) -> None:
        check_choice("goal", self.kind, GOALS)
        has_target = self.target is not None and math.isfinite(self.target)
        if (self.kind == "reach") != has_target:
            raise ConfigError(
                f"a finite target goes with goal='reach' and only with it, got {self.target!r}"
            )

    def towards(self, baseline: float) -> "EdgeGoal":
        """Return the direction in which the response should go.

        Args:
            baseline: The response without any change.

        Returns:
            A goal `"lower"` or `"raise"`.
        """
        if self.target is None:
            return self
        return EdgeGoal(kind="raise" if self.target > baseline else "lower")

    def loss(
        self, response: Float[Tensor, "*variants"], scale: float
    ) -> Float[Tensor, "*variants"]:
        """Return what to minimise, in units of `scale`.

        Args:
            response: Predicted responses.
            scale: A typical effect.

        Returns:
            One number per response.
        """
        if self.target is None:
            return (response if self.kind == "lower" else -response) / scale
        distance = (response - self.target) / scale
        return torch.nn.functional.smooth_l1_loss(
            distance, torch.zeros_like(distance), reduction="none"
        )

    def standardised(self, mean: float, spread: float) -> "EdgeGoal":
        """Return the same goal for a response in other units.

        Args:
            mean: Of the response, which becomes 0.
            spread: The unit of the new response.

        Returns:
            A goal with its target in these units.
        """
        if self.target is None:
            return self
        return EdgeGoal(kind=self.kind, target=(self.target - mean) / spread)
