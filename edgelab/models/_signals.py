"""What a GSNN shows while it predicts: values in its blocks, and gradients of the summed loss."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import nn

from edgelab.errors import CaptureError, DataError
from edgelab.ops import Batch, Criterion, summed_loss, threads_for_pass
from edgelab.typing import Float, Tensor

from ._gsnn import GSNN


@dataclass(frozen=True, slots=True, eq=False)
class BlockSignals:
    """One batch, seen from every block of a model in evaluation mode.

    Every gradient is that of the loss summed over samples.

    Attributes:
        x: What the input nodes were set to.
        loss: Summed loss of the batch.
        prediction_gradient: With respect to the prediction: for squared errors twice the residual.
        values: Channels of the functions, one tensor per block, at the stage asked for.
        gradients: With respect to `values`.
        entering: Edge state that the inward product of each block reads; empty unless
            `edge_states`, as are the next two.
        sent: Channels that its outward product reads, functions by inward rank.
        edge_gradients: With respect to the edge state that each block returns.
    """

    x: Float[Tensor, "batch inputs"]
    loss: float
    prediction_gradient: Float[Tensor, "batch outputs"]
    values: list[Float[Tensor, "batch nodes channels"]]
    gradients: list[Float[Tensor, "batch nodes channels"]]
    entering: list[Float[Tensor, "rows batch"]]
    sent: list[Float[Tensor, "nodes channels batch"]]
    edge_gradients: list[Float[Tensor, "rows batch"]]

    @property
    def n_samples(self) -> int:
        """Size of the batch."""
        return len(self.x)


def block_signals(
    model: nn.Module,
    batches: Iterable[Batch | tuple[Tensor, ...]],
    criterion: str | Criterion | None = None,
    *,
    per_entry: bool = False,
    stage: Literal["pre_norm", "post_norm"] = "pre_norm",
    edge_states: bool = False,
    device: str | torch.device | None = None,
) -> Generator[BlockSignals, None, None]:
    """Run batches through a model in evaluation mode and yield what happened in its blocks.

    Neither the parameters' `.grad` nor the mode of any module nor the model's device is changed in
    the end; close the generator where it is not used up.

    Args:
        model: A GSNN.
        batches: `Batch`es, or tuples (x, y) or (x, y, weight).
        criterion: See `edgelab.ops.summed_loss`; the summed squared error when absent.
        per_entry: See `edgelab.ops.summed_loss`.
        stage: Which channels to show: `"pre_norm"`, after the inward product, or `"post_norm"`,
            what leaves the function.
        edge_states: Show the states of the edges too.
        device: Where to run; where the model is when absent.

    Yields:
        One `BlockSignals` per batch; empty batches are left out.

    Raises:
        CaptureError: If the model has no `capture`.
        DataError: If a batch is not of that form, or holds NaN or infinite values.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> graph = build_graph([], input_edges=[("drug", "raf")], output_edges=[("raf", "level")])
        >>> model = GSNN.from_data(graph, channels=2, layers=3)
        >>> x, y = torch.ones(1, 1), model(torch.ones(1, 1)).detach() - 3
        >>> (signals,) = block_signals(model, [(x, y)])
        >>> round(signals.loss, 3), round(float(signals.prediction_gradient), 3)
        (9.0, 6.0)
        >>> len(signals.gradients), signals.gradients[0].shape
        (3, torch.Size([1, 1, 2]))
    """
    if not hasattr(model, "capture"):
        raise CaptureError(
            f"{type(model).__name__} has no capture(); edges are read from a model such as "
            "edgelab.models.GSNN"
        )
    gsnn = cast(GSNN, model)
    with evaluation_mode(gsnn), _moved(gsnn, device):
        for batch in batches:
            placed = placed_batch(batch, gsnn)
            if not len(placed.x):
                continue
            with threads_for_pass(gsnn, len(placed.x)):
                signals = _signals_of(gsnn, placed, criterion, per_entry, stage, edge_states)
            yield signals


def _signals_of(
    model: GSNN,
    batch: Batch,
    criterion: str | Criterion | None,
    per_entry: bool,
    stage: Literal["pre_norm", "post_norm"],
    edge_states: bool,
) -> BlockSignals:
    entering: list[Tensor] = []
    sent: list[Tensor] = []
    returned: list[Tensor] = []
    with ExitStack() as stack, torch.enable_grad():
        cache = stack.enter_context(model.capture(stage))
        if edge_states:
            _keep_edge_states(model, stack, entering, sent, returned)
        prediction = model(batch.x)
        loss = summed_loss(prediction, batch, criterion, per_entry=per_entry)
        # With respect to values only: backward() would add to the `.grad` of the user's parameters.
        wanted = [prediction, *cache.values, *returned]
        gradients = torch.autograd.grad(loss, wanted, materialize_grads=True)
    n_blocks = len(cache.values)
    return BlockSignals(
        x=batch.x,
        loss=float(loss.detach()),
        prediction_gradient=gradients[0],
        values=[value.detach() for value in cache.values],
        gradients=list(gradients[1 : 1 + n_blocks]),
        entering=entering,
        sent=sent,
        edge_gradients=list(gradients[1 + n_blocks :]),
    )


def _keep_edge_states(
    model: GSNN,
    stack: ExitStack,
    entering: list[Tensor],
    sent: list[Tensor],
    returned: list[Tensor],
) -> None:
    """Let every block append its edge states to the lists until the stack is left."""
    blocks = model.res_blocks()
    for block in blocks:
        hook = block.register_forward_hook(lambda _, __, state: returned.append(state))
        stack.callback(hook.remove)
    # Layers shared between blocks are one layer: a second hook would keep every state twice.
    for inward in {block.lin_in for block in blocks}:
        hook = inward.register_forward_pre_hook(lambda _, args: entering.append(args[0].detach()))
        stack.callback(hook.remove)
    for outward in {block.lin_out for block in blocks}:
        hook = outward.register_forward_pre_hook(lambda _, args: sent.append(args[0].detach()))
        stack.callback(hook.remove)


def placed_batch(batch: Batch | tuple[Tensor, ...], model: nn.Module) -> Batch:
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
            "batches must be Batch objects or tuples (x, y) or (x, y, weight), got "
            f"{type(batch).__name__}"
        )
    like = next(model.parameters())
    x, y, weight = (*batch, None)[:3]
    placed = Batch(x.to(like), y.to(like), None if weight is None else weight.to(like))
    for name, part in zip(Batch._fields, placed, strict=True):
        if part is not None and not part.isfinite().all():
            raise DataError(
                f"`{name}` of a batch holds NaN or infinite values; clean or impute the data first"
            )
    return placed


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put a model and its parts into evaluation mode, and each back into the mode it was in.

    Args:
        model: Any module.

    Yields:
        Nothing.

    Example:
        >>> model = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
        >>> with evaluation_mode(model):
        ...     model.training
        False
        >>> [part.training for part in model]
        [True, False]
    """
    # Module by module: train() on the whole would also wake parts that the user has put to rest.
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


@contextmanager
def _moved(model: nn.Module, device: str | torch.device | None) -> Iterator[None]:
    """Move a model, and back; None leaves it where it is."""
    home = next(model.parameters()).device
    place = home if device is None else torch.device(device)
    if place == home:
        yield
        return
    model.to(place)
    try:
        yield
    finally:
        model.to(home)
