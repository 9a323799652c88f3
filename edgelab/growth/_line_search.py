"""How far to go along an update: the best of several scalings."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgelab.errors import ConfigError, GrowthError

SCALINGS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0)
"""Scalings that are tried by default. Zero is none of them: neurons of zeros on both sides would
never learn.
"""


@dataclass(frozen=True, slots=True)
class LineSearch:
    """What a search along scalings found.

    Attributes:
        scaling: The scaling of the smallest loss.
        loss: That loss.
        losses: The loss at every scaling that was tried.
    """

    scaling: float
    loss: float
    losses: dict[float, float]


def line_search(
    loss_at: Callable[[float], float], scalings: Sequence[float] = SCALINGS
) -> LineSearch:
    """Try scalings and take the one of the smallest loss; a loss that is not finite is never taken.

    Args:
        loss_at: The loss at a scaling.
        scalings: What to try.

    Returns:
        The best of them; the first of several that are equal.

    Raises:
        ConfigError: If there is nothing to try.
        GrowthError: If no loss is finite.

    Example:
        >>> line_search(lambda scaling: (scaling - 0.6) ** 2, [0.1, 0.5, 1.0]).scaling
        0.5
    """
    if not scalings:
        raise ConfigError("a line search needs at least one scaling, got none")
    losses = {scaling: loss_at(scaling) for scaling in scalings}
    finite = {scaling: loss for scaling, loss in losses.items() if math.isfinite(loss)}
    if not finite:
        raise GrowthError(
            f"the loss is not finite at any of the scalings {list(scalings)}; try smaller ones"
        )
    best = min(finite, key=finite.__getitem__)
    return LineSearch(best, finite[best], losses)
