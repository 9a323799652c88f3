"""Learning-rate schedules as pure functions of the losses so far, so nothing is stored."""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from edgelab.registry import Registry

# factor(losses of the finished epochs, epochs in all, patience, decay) -> factor on the learning
# rate of the next epoch
Schedule: TypeAlias = Callable[[Sequence[float], int, int, float], float]

SCHEDULES: Registry[Schedule] = Registry("schedule")


@SCHEDULES.register("constant")
def constant(losses: Sequence[float], epochs: int, patience: int, decay: float) -> float:
    """Keep the learning rate."""
    return 1.0


@SCHEDULES.register("cosine")
def cosine(losses: Sequence[float], epochs: int, patience: int, decay: float) -> float:
    """Lower the learning rate along half a cosine, from 1 towards 0 after the last epoch.

    Source: Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts,
        without the restarts.
    """
    return 0.5 * (1 + math.cos(math.pi * len(losses) / epochs))


@SCHEDULES.register("plateau")
def plateau(losses: Sequence[float], epochs: int, patience: int, decay: float) -> float:
    """Multiply the learning rate by `decay` after `patience` epochs without a new low."""
    lowest = math.inf
    waited = 0
    factor = 1.0
    for loss in losses:
        waited = 0 if loss < lowest else waited + 1
        lowest = min(lowest, loss)
        if waited == patience:
            waited = 0
            factor *= decay
    return factor
