"""What a training run minimises, with or without data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import torch

from edgelab.ops import LossSum
from edgelab.typing import Tensor

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective(Generic[Item]):
    """What is minimised.

    Attributes:
        batches: Given the run's generator, makes the batches of one epoch; called once per epoch.
        loss_of_batch: Returns the scalar to minimise, or a `LossSum` whose mean is minimised.
        validation_loss: Measures the loss on kept rows; called after every epoch, with the model in
            evaluation mode and without gradients. None: no validation.
        work: About how many numbers a step multiplies, by which threads are chosen (see
            `edgelab.ops.threads_for`); None: the parameters times the config's `batch_size`.
        identity: What else, beside the config, tells this run from others, as JSON can hold it; a
            resumed run must have the same.
    """

    batches: Callable[[torch.Generator], Iterable[Item]]
    loss_of_batch: Callable[[Item], Tensor | LossSum]
    validation_loss: Callable[[], float] | None = None
    work: float | None = None
    identity: Mapping[str, object] = field(default_factory=dict)
