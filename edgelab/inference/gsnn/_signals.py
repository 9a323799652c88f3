"""What a trained model shows while it predicts: activations of every layer, and how the loss pulls
at them.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from edgelab.errors import CaptureError, ConfigError, DataError
from edgelab.models import ActivationCache, evaluation_mode
from edgelab.ops import Batch
from edgelab.typing import Float, Tensor

from ._summed_loss import AnyCriterion, summed_loss

# Norms that treat every node's channels one by one or together over the batch: others remove a
# node's magnitude.
KEEP_MAGNITUDE = ("batch", "groupbatch", "none")


@dataclass(frozen=True, slots=True, eq=False)
class LayerSignals:
    """One batch, seen from inside the model.

    Attributes:
        x: What the input nodes were set to.
        values: Activations of the functions, per layer.
        gradients: Gradients of the summed loss with respect to them, per layer.
        pull: Gradient of the summed loss with respect to the prediction: for squared errors twice
            the residual.
    """

    x: Float[Tensor, "batch inputs"]
    values: list[Float[Tensor, "batch nodes channels"]]
    gradients: list[Float[Tensor, "batch nodes channels"]]
    pull: Float[Tensor, "batch outputs"]


def iterate_signals(
    model: nn.Module,
    batches: Iterable[Batch | tuple[Tensor, ...]],
    criterion: AnyCriterion | None = None,
    *,
    device: str | torch.device | None = None,
    use_pre_norm: bool = True,
) -> Generator[LayerSignals, None, None]:
    """Run batches through a model in evaluation mode and yield what happened inside, batch by
    batch.

    Neither the parameters' `.grad` nor the mode of any module nor the model's device is changed in
    the end.

    Args:
        model: A GSNN.
        batches: `Batch`es, or tuples (x, y) or (x, y, weight).
        criterion: See `summed_loss`; the summed squared error when absent.
        device: Where to run; where the model is when absent.
        use_pre_norm: Take values before the norm, otherwise after norm and nonlinearity.

    Yields:
        One `LayerSignals` per batch; empty batches are left out.

    Raises:
        DataError: If a batch is not of that form, or holds NaN or infinite values.
    """
    home = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    place = home if device is None else torch.device(device)
    with evaluation_mode(model), _moved(model, home, place):
        for batch in batches:
            placed = _placed(batch, model, place)
            if len(placed.x):
                yield _signals_of(model, placed, criterion, use_pre_norm)


def _signals_of(
    model: nn.Module, batch: Batch, criterion: AnyCriterion | None, use_pre_norm: bool
) -> LayerSignals:
    with torch.enable_grad(), capture(model, use_pre_norm) as cache:
        prediction = model(batch.x)
        loss = summed_loss(prediction, batch, criterion)
        # With respect to values only: backward() would add to the `.grad` of the user's parameters.
        gradients = torch.autograd.grad(loss, [*cache.values, prediction], materialize_grads=True)
    return LayerSignals(
        x=batch.x,
        values=[value.detach() for value in cache.values],
        gradients=list(gradients[:-1]),
        pull=gradients[-1],
    )


def capture(model: nn.Module, use_pre_norm: bool) -> AbstractContextManager[ActivationCache]:
    """Open a capture of the wanted stage.

    Args:
        model: A model.
        use_pre_norm: Values before the norm, otherwise after norm and nonlinearity.

    Returns:
        `model.capture(...)`.

    Raises:
        CaptureError: If the model has no `capture`.
        ConfigError: If values after the norm are wanted and the norm removes magnitudes.
    """
    open_capture = getattr(model, "capture", None)
    if open_capture is None:
        raise CaptureError(
            f"{type(model).__name__} has no capture(); edges are read from a model such as edgelab.models.GSNN"
        )
    norm = getattr(model, "norm_name", "none")
    if not use_pre_norm and norm not in KEEP_MAGNITUDE:
        raise ConfigError(
            f"use_pre_norm=False needs a norm among {list(KEEP_MAGNITUDE)}, the model has {norm!r}, which takes the "
            "magnitude out of the values; use use_pre_norm=True"
        )
    return open_capture("pre_norm" if use_pre_norm else "post_norm")


def _placed(batch: Batch | tuple[Tensor, ...], model: nn.Module, device: torch.device) -> Batch:
    if not (isinstance(batch, tuple | list) and len(batch) in (2, 3)):
        raise DataError(
            f"batches must be Batch objects or tuples (x, y) or (x, y, weight), got {type(batch).__name__}"
        )
    dtype = next((parameter.dtype for parameter in model.parameters()), batch[0].dtype)
    x, y, weight = (*batch, None)[:3]
    placed = Batch(
        x.to(device, dtype),
        y.to(device, dtype),
        None if weight is None else weight.to(device, dtype),
    )
    for name, part in zip(Batch._fields, placed, strict=False):
        if part is not None and not part.isfinite().all():
            raise DataError(
                f"`{name}` of a batch holds NaN or infinite values; clean or impute the data first"
            )
    return placed


@contextmanager
def _moved(model: nn.Module, home: torch.device, place: torch.device) -> Iterator[None]:
    if place != home:
        model.to(place)
    try:
        yield
    finally:
        if place != home:
            model.to(home)
