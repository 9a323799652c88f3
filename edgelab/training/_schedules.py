"""Learning-rate schedules as pure functions of the losses so far: nothing to store, nothing to
restore.
"""

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
    """Keep the learning rate.

    Args:
        losses: Not used.
        epochs: Not used.
        patience: Not used.
        decay: Not used.

    Returns:
        Always 1.

    Example:
        >>> constant([3.0, 2.0], 10, 5, 0.1)
        1.0
    """
    return 1.0


@SCHEDULES.register("cosine")
def cosine(losses: Sequence[float], epochs: int, patience: int, decay: float) -> float:
    """Lower the learning rate along half a cosine, from 1 in the first epoch towards 0 after the
    last.

    Args:
        losses: Loss of every finished epoch; only their number counts.
        epochs: Epochs in all.
        patience: Not used.
        decay: Not used.

    Returns:
        A factor in (0, 1].

    Source: Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts,
        without the restarts.

    Example:
        >>> [round(cosine([0.0] * done, 4, 5, 0.1), 3) for done in range(4)]
        [1.0, 0.854, 0.5, 0.146]
    """
    return 0.5 * (1 + math.cos(math.pi * len(losses) / epochs))


@SCHEDULES.register("plateau")
def plateau(losses: Sequence[float], epochs: int, patience: int, decay: float) -> float:
    """Multiply the learning rate by `decay` whenever the loss has not reached a new low for
    `patience` epochs.

    Args:
        losses: Loss of every finished epoch.
        epochs: Not used.
        patience: Epochs without a new low before each decay.
        decay: Factor of one decay.

    Returns:
        A factor in (0, 1].

    Example:
        >>> plateau([3.0, 2.0, 2.5, 2.5], 10, 2, 0.1)
        0.1
    """
    lowest, waited, factor = math.inf, 0, 1.0
    for loss in losses:
        waited = 0 if loss < lowest else waited + 1
        lowest = min(lowest, loss)
        if waited == patience:
            waited, factor = 0, factor * decay
    return factor
