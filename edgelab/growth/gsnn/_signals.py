"""What a GSNN shows while it learns: the edge states that enter each block, what functions send,
how the loss pulls.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import nn

from edgelab.errors import ConfigError, DataError
from edgelab.models import GSNN, evaluation_mode
from edgelab.ops import Batch
from edgelab.typing import Float, Tensor

Batches = Iterable[Batch | tuple[Tensor, ...]]
Criterion = Callable[[Tensor, Tensor], Tensor]
"""`function(prediction, target)` that returns one loss per entry."""


def squared_errors(prediction: Tensor, target: Tensor) -> Tensor:
    """Squared error of every entry."""
    return (prediction - target).square()


@dataclass(slots=True, eq=False)
class BlockSignals:
    """One batch, seen from every block of a model.

    Attributes:
        states: Edge state that the inward product of each block reads.
        sent: Channels that its outward product reads, functions by inward rank.
        pulls: Gradient of the summed loss with respect to the edge state that each block returns.
        channel_pulls: Gradient of the summed loss with respect to the channels after the inward
            product of each block.
        loss: Summed loss of the batch.
        n_samples: Size of the batch.
    """

    states: list[Float[Tensor, "rows batch"]] = field(default_factory=list)
    sent: list[Float[Tensor, "nodes channels batch"]] = field(default_factory=list)
    pulls: list[Float[Tensor, "rows batch"]] = field(default_factory=list)
    channel_pulls: list[Float[Tensor, "batch nodes channels"]] = field(default_factory=list)
    loss: float = 0.0
    n_samples: int = 0


def summed_loss_of(
    prediction: Tensor, batch: Batch, criterion: Criterion | None = None
) -> Float[Tensor, ""]:
    """Sum of the losses of all entries, so that a sample's gradient does not depend on the batch it
    came in.

    Args:
        prediction: What the model says about `batch.x`.
        batch: The truth and its weights.
        criterion: Losses of the entries; squared errors when absent.

    Returns:
        A scalar with its graph.

    Raises:
        ConfigError: If the criterion does not return one loss per entry.
        DataError: If squared errors are to compare tensors of different shapes.

    Example:
        >>> summed_loss_of(torch.zeros(1, 2), Batch(torch.zeros(1, 1), torch.tensor([[1.0, 3.0]])))
        tensor(10.)
    """
    if criterion is None and prediction.shape != batch.y.shape:
        raise DataError(
            f"y must have one column per output of the model, shape {tuple(prediction.shape)}, got "
            f"{tuple(batch.y.shape)}; order the columns as `model.output_names`"
        )
    losses = (criterion or squared_errors)(prediction, batch.y)
    if losses.shape != batch.y.shape:
        raise ConfigError(
            f"the criterion must return one loss per entry, shape {tuple(batch.y.shape)}, got {tuple(losses.shape)}; "
            "use reduction='none'"
        )
    return losses.sum() if batch.weight is None else (losses * batch.weight).sum()


def block_signals(
    model: GSNN, batches: Batches, loss_of: Callable[[Tensor, Batch], Tensor] = summed_loss_of
) -> Generator[BlockSignals, None, None]:
    """Run batches through a model in evaluation mode and yield what happened in its blocks.

    Neither the parameters' `.grad` nor the mode of any module changes.

    Args:
        model: A GSNN.
        batches: `Batch`es, or tuples (x, y) or (x, y, weight).
        loss_of: Summed loss of a prediction and its batch; summed squared errors by default.

    Yields:
        One `BlockSignals` per batch; empty batches are left out.
    """
    with evaluation_mode(model):
        for batch in batches:
            placed = placed_batch(batch, model)
            if len(placed.x):
                yield _signals_of(model, placed, loss_of)


def placed_batch(batch: Batch | tuple[Tensor, ...], model: GSNN) -> Batch:
    """Bring a batch to the device and dtype of a model.

    Args:
        batch: A `Batch`, or a tuple (x, y) or (x, y, weight).
        model: The model.

    Returns:
        The batch.

    Raises:
        DataError: If it is of another form, or holds NaN or infinite values.
    """
    if not (isinstance(batch, tuple | list) and len(batch) in (2, 3)):
        raise DataError(
            f"batches must be Batch objects or tuples (x, y) or (x, y, weight), got {type(batch).__name__}"
        )
    like = next(model.parameters())
    x, y, weight = (*batch, None)[:3]
    placed = Batch(x.to(like), y.to(like), None if weight is None else weight.to(like))
    for name, part in zip(Batch._fields, placed, strict=False):
        if part is not None and not part.isfinite().all():
            raise DataError(
                f"`{name}` of a batch holds NaN or infinite values; clean or impute the data first"
            )
    return placed


def _signals_of(
    model: GSNN, batch: Batch, loss_of: Callable[[Tensor, Batch], Tensor]
) -> BlockSignals:
    found, returned = BlockSignals(n_samples=len(batch.x)), []
    with ExitStack() as stack, torch.enable_grad():
        cache = stack.enter_context(model.capture())
        for block in model.res_blocks():
            stack.callback(
                block.register_forward_hook(lambda _, __, state: returned.append(state)).remove
            )
        for values, layers in _inner_layers(model, found):
            for layer in layers:
                keep = partial(_keep_first, values)
                stack.callback(layer.register_forward_pre_hook(keep).remove)
        loss = loss_of(model(batch.x), batch)
        # With respect to states only: backward() would add to the `.grad` of the user's parameters.
        gradients = torch.autograd.grad(loss, [*returned, *cache.values], materialize_grads=True)
    found.pulls, found.channel_pulls = (
        list(gradients[: len(returned)]),
        list(gradients[len(returned) :]),
    )
    found.loss = float(loss.detach())
    return found


def _inner_layers(
    model: GSNN, found: BlockSignals
) -> tuple[tuple[list[Tensor], set[nn.Module]], ...]:
    """Where to keep what comes into the inward and the outward layers; layers shared between blocks
    are one layer.
    """
    blocks = model.res_blocks()
    return (found.states, {block.lin_in for block in blocks}), (
        found.sent,
        {block.lin_out for block in blocks},
    )


def _keep_first(values: list[Tensor], _: nn.Module, arguments: tuple[Tensor, ...]) -> None:
    values.append(arguments[0].detach())
