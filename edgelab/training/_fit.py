"""Training of a model on a data set."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import torch
from torch import nn

from edgelab.errors import ConfigError, DataError
from edgelab.ops import Batch, Criterion, LossSum, batch_loss, choose_criterion, threads_for_pass
from edgelab.tasks import Corruption
from edgelab.typing import Float, Tensor

from ._batches import iterate_batches, split_rows
from ._callbacks import Callback
from ._config import TrainingConfig, choose_device
from ._history import History
from ._randomness import generator_for
from ._run import Objective, train


def fit(
    model: nn.Module,
    x: Float[Tensor, "samples inputs"],
    y: Float[Tensor, "_ outputs"],
    config: TrainingConfig,
    *,
    corruption: Corruption | None = None,
    criterion: str | Criterion = "squared_error",
    callbacks: Sequence[Callback] = (),
    checkpoint_dir: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> History:
    """Train a model to predict `y` from `x`.

    On a CPU, equal arguments and numbers of threads give equal bits, and a run that was killed at
    any moment and resumed ends with the same bits as one that was not. Torch's global random
    generators are left as they were found.

    Args:
        model: Takes `[batch, inputs]`, returns `[batch, outputs]`. Changed in place; left on the
            device of the config and in the mode (training or evaluation) in which it was found;
            steps are made in training mode. Parameters that do not require gradients are not
            trained.
        x: Inputs, finite. Converted to the dtype of the model.
        y: Responses, finite, one row per row of `x`.
        config: Settings.
        corruption: Hides part of the data; the loss then counts entries by the `weight` of what it
            returns. Called on all training rows anew in every epoch, and once with a fixed seed on
            the validation rows, so that validation losses of different epochs can be compared. It
            gets CPU tensors and a CPU generator on every device.
        criterion: Loss of every entry: a name in `CRITERIA` or a function `(prediction, target)`.
            The loss of a batch is the mean over its entries, or the weighted mean.
        callbacks: Hooks into the loop.
        checkpoint_dir: Where checkpoints go; None stores none.
        resume: Continue from the checkpoint in `checkpoint_dir`, or start there if there is none
            yet.
        overwrite: Delete an existing checkpoint and start afresh.

    Returns:
        Losses, learning rate and duration of every epoch.

    Raises:
        DataError: If `x` and `y` differ in rows, hold NaN or infinite values, or are too few for
            the split.
        ConfigError: If arguments contradict each other, or model and data do not fit together.
        TrainingError: If the loss, the gradient or a parameter stops being finite. The model is
            left as it then is; the last checkpoint stays.
        CheckpointError: If a checkpoint exists and neither `resume` nor `overwrite` is set, or it
            is damaged, or it belongs to another run.

    Example:
        >>> x = torch.linspace(-1, 1, 40)[:, None]
        >>> model = nn.Linear(1, 1)
        >>> config = TrainingConfig(epochs=30, optimizer="sgd", lr=0.3, batch_size=10, device="cpu")
        >>> history = fit(model, x, 2 * x + 1, config)
        >>> len(history.records), round(model.weight.item(), 3), round(model.bias.item(), 3)
        (30, 2.0, 1.0)
    """
    _check_data(x, y)
    loss_of = _LossOf(model, choose_criterion(criterion))
    place = _Place(choose_device(config.device), _dtype_of(model, x))
    training, validation = split_rows(
        len(x), config.validation_fraction, generator_for(config.seed, "split")
    )
    if config.drop_last and len(training) < config.batch_size:
        raise ConfigError(
            f"drop_last leaves no batch: {len(training)} training rows, batch_size "
            f"{config.batch_size}. Lower batch_size, or set drop_last=False."
        )
    validation_loss: Callable[[], float] | None = None
    if len(validation):
        kept = _validation_batch(x[validation], y[validation], corruption, config.seed, place)

        def validation_loss() -> float:
            return evaluate_loss(model, _iterate(kept, config), criterion)

    objective = Objective(
        batches=_batch_maker(x[training], y[training], corruption, config, place),
        loss_of_batch=loss_of,
        validation_loss=validation_loss,
        identity={} if checkpoint_dir is None else _identity(x, y, corruption, criterion),
    )
    return train(
        model,
        objective,
        config,
        callbacks=callbacks,
        checkpoint_dir=checkpoint_dir,
        resume=resume,
        overwrite=overwrite,
    )


def evaluate_loss(
    model: Callable[[Tensor], Tensor],
    batches: Iterable[Batch],
    criterion: str | Criterion = "squared_error",
) -> float:
    """Measure the mean loss over all counted entries of all batches.

    Losses are computed and summed in float64, so the result does not depend on how rows are divided
    into batches.

    Args:
        model: Called as it is; set it to evaluation mode before.
        batches: On the model's device.
        criterion: Element-wise loss, by name or as a function.

    Returns:
        The mean loss.

    Raises:
        DataError: If no entry counts.

    Example:
        >>> batch = Batch(torch.zeros(2, 1), torch.tensor([[1.0], [3.0]]))
        >>> evaluate_loss(lambda x: x, [batch])
        5.0
    """
    function = choose_criterion(criterion)
    total = 0.0
    counted = 0.0
    for batch in batches:
        with torch.no_grad(), _threads(model, batch):
            loss = batch_loss(model(batch.x).double(), batch._replace(y=batch.y.double()), function)
        total += float(loss.total)
        counted += float(loss.counted)
    if not counted > 0:
        raise DataError(
            "no entry counts in the loss to evaluate. Give rows with at least one weight above 0."
        )
    return total / counted


def _threads(model: Callable[[Tensor], Tensor], batch: Batch) -> AbstractContextManager[None]:
    # How much a function computes that is no module is not known.
    return threads_for_pass(model, len(batch.x)) if isinstance(model, nn.Module) else nullcontext()


@dataclass(frozen=True, slots=True)
class _LossOf:
    model: nn.Module
    criterion: Criterion

    def __call__(self, batch: Batch) -> LossSum:
        return batch_loss(self.model(batch.x), batch, self.criterion)


@dataclass(frozen=True, slots=True)
class _Place:
    device: torch.device
    dtype: torch.dtype

    def put(self, batch: Batch) -> Batch:
        weight = None if batch.weight is None else batch.weight.to(self.device, self.dtype)
        return Batch(
            batch.x.to(self.device, self.dtype), batch.y.to(self.device, self.dtype), weight
        )


def _batch_maker(
    x: Tensor, y: Tensor, corruption: Corruption | None, config: TrainingConfig, place: _Place
) -> Callable[[torch.Generator], Iterator[Batch]]:
    if corruption is None:
        clean = place.put(Batch(x, y))
        return lambda generator: _iterate(clean, config, generator)
    x = x.cpu()
    y = y.cpu()
    return lambda generator: _iterate(
        place.put(_corrupt(x, y, corruption, generator)), config, generator
    )


def _validation_batch(
    x: Tensor, y: Tensor, corruption: Corruption | None, seed: int, place: _Place
) -> Batch:
    if corruption is None:
        return place.put(Batch(x, y))
    return place.put(_corrupt(x.cpu(), y.cpu(), corruption, generator_for(seed, "validation")))


def _corrupt(x: Tensor, y: Tensor, corruption: Corruption, generator: torch.Generator) -> Batch:
    rows = corruption(x, y, generator)
    if not len(rows.x) == len(rows.y) == len(x):
        raise DataError(
            f"the corruption made {len(rows.x)} rows of x and {len(rows.y)} of y out of {len(x)}. "
            "Return every row."
        )
    weight = rows.weight
    if weight is None:
        return rows
    if not (weight.shape == rows.y.shape and bool((weight >= 0).all())):
        raise DataError(
            f"the corruption's weight must have the shape of y, {tuple(rows.y.shape)}, and no "
            f"value below 0; got shape {tuple(weight.shape)}. Use 1 for entries that count and 0 "
            "for others."
        )
    return rows


def _iterate(
    rows: Batch, config: TrainingConfig, generator: torch.Generator | None = None
) -> Iterator[Batch]:
    drop_last = config.drop_last and generator is not None
    return iterate_batches(
        rows.x,
        rows.y,
        config.batch_size,
        weight=rows.weight,
        generator=generator,
        drop_last=drop_last,
    )


def _dtype_of(model: nn.Module, x: Tensor) -> torch.dtype:
    dtypes = (parameter.dtype for parameter in model.parameters())
    return next((dtype for dtype in dtypes if dtype.is_floating_point), x.dtype)


def _check_data(x: Tensor, y: Tensor) -> None:
    for name, values in (("x", x), ("y", y)):
        if not (values.ndim == 2 and values.is_floating_point()):
            raise DataError(
                f"{name} must be a table of real numbers [samples, columns], got {values.dtype} of "
                f"shape {tuple(values.shape)}. Convert it with .float() and give it two axes."
            )
        n_bad = int((~values.isfinite()).sum())
        if n_bad:
            raise DataError(
                f"{name} holds {n_bad} values that are NaN or infinite. Impute or drop them."
            )
    if len(x) != len(y):
        raise DataError(
            f"x has {len(x)} samples and y has {len(y)}; they need the same. Align them by sample "
            "name."
        )


def _identity(
    x: Tensor, y: Tensor, corruption: Corruption | None, criterion: str | Criterion
) -> dict[str, object]:
    return {
        "x": _fingerprint(x),
        "y": _fingerprint(y),
        "corruption": _name(corruption),
        "criterion": _name(criterion),
    }


def _name(choice: object) -> str | None:
    # A function's name, or a class and those of its dataclass fields that are numbers or strings.
    if choice is None or isinstance(choice, str):
        return choice
    if not is_dataclass(choice):
        return str(getattr(choice, "__qualname__", type(choice).__qualname__))
    values = {field.name: getattr(choice, field.name) for field in fields(choice)}
    plain = {
        name: value for name, value in values.items() if isinstance(value, bool | int | float | str)
    }
    return f"{type(choice).__qualname__} {plain}"


def _fingerprint(values: Tensor) -> str:
    content = values.detach().cpu().contiguous().view(torch.uint8).numpy()
    digest = hashlib.sha256(content.data).hexdigest()[:16]
    return f"{tuple(values.shape)} {values.dtype} sha256 {digest}"
