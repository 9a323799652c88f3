"""The training loop, for any loss: epochs, early stopping, callbacks and checkpoints."""

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

import torch
from torch import nn

from edgelab.errors import CheckpointError, ConfigError, TrainingError
from edgelab.ops import LossSum, threads_for
from edgelab.progress import progress_bar
from edgelab.typing import Tensor

from ._callbacks import Callback, StartInfo
from ._checkpoints import Checkpoint, CheckpointStore
from ._config import TrainingConfig, choose_device
from ._history import EpochRecord, History, lowest
from ._optimizers import OPTIMIZERS
from ._randomness import generator_for, random_state, restore_random_state, seeded
from ._schedules import SCHEDULES
from ._steps import Item, run_steps


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
    work: int | float | None = None
    identity: Mapping[str, object] = field(default_factory=dict)


def train(
    model: nn.Module,
    objective: Objective[Item],
    config: TrainingConfig,
    *,
    callbacks: Sequence[Callback] = (),
    checkpoint_dir: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> History:
    """Minimise any loss of a module; `fit` is this with a data set.

    Args:
        model: Changed in place and left on the device of the config, each part in the mode in which
            it was found, without gradients.
        objective: Batches and their loss. `batch_size`, `drop_last` and `validation_fraction` are
            its own business.
        config: Everything else.
        callbacks: Hooks.
        checkpoint_dir: Where checkpoints go; None stores none.
        resume: Continue from the checkpoint in `checkpoint_dir`, or start there if there is none
            yet.
        overwrite: Replace an existing checkpoint.

    Returns:
        The course of the run, epochs before a resume included.

    Raises:
        TrainingError: If a loss, a gradient or a parameter stops being finite.
        CheckpointError: If a checkpoint exists and neither `resume` nor `overwrite` is set, or it
            is damaged, or it belongs to another run.
        ConfigError: If no parameter requires gradients, or the arguments contradict each other.

    Example:
        >>> module = nn.Linear(1, 1, bias=False)
        >>> shrink = Objective(
        ...     batches=lambda generator: [None] * 20,
        ...     loss_of_batch=lambda _: module.weight.square().sum(),
        ... )
        >>> config = TrainingConfig(epochs=2, optimizer="sgd", lr=0.1, device="cpu")
        >>> history = train(module, shrink, config)
        >>> len(history.records), abs(module.weight.item()) < 1e-3
        (2, True)
    """
    work = _work_of_step(model, objective, config, callbacks)
    store = _open_store(checkpoint_dir, resume=resume, overwrite=overwrite)
    device = choose_device(config.device)
    model.to(device)
    with _modes_kept(model), seeded(config.seed, device), threads_for(work):
        run = _Run(model, objective, config, callbacks, device)
        identity = {**config.identity(), **objective.identity}
        for callback in callbacks:
            callback.on_start(
                StartInfo(model=model, optimizer=run.optimizer, device=device, epochs=config.epochs)
            )
        if store is not None and overwrite:
            store.clear()  # only now, when nothing can be refused any more
        if store is not None and store.exists():
            run.restore(store.load(identity))
        n_done = len(run.records)
        with progress_bar("training", config.epochs, done=n_done, shown=config.progress) as show:
            while not run.ended():
                run.do_epoch()
                n_done = len(run.records)
                show(n_done, _losses_of(run.records[-1]))
                is_due = run.ended() or n_done % config.checkpoint_every == 0
                if store is not None and is_due:
                    store.save(run.checkpoint(), identity)
        return run.finish()


def _open_store(
    directory: str | Path | None, *, resume: bool, overwrite: bool
) -> CheckpointStore | None:
    if directory is not None:
        return CheckpointStore.open(directory, resume=resume, overwrite=overwrite)
    if resume or overwrite:
        raise ConfigError(
            "resume and overwrite are about stored checkpoints, but checkpoint_dir is None. Name a "
            "folder."
        )
    return None


def _work_of_step(
    model: nn.Module,
    objective: Objective[Item],
    config: TrainingConfig,
    callbacks: Sequence[Callback],
) -> int | float:
    if objective.work is not None:
        return objective.work
    n_weights = sum(parameter.numel() for parameter in model.parameters())
    beside = sum(callback.work_per_sample for callback in callbacks)
    return config.batch_size * (n_weights + beside)


@contextmanager
def _modes_kept(model: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _losses_of(record: EpochRecord) -> str:
    if record.validation_loss is None:
        return f"loss {record.train_loss:.4g}"
    return f"loss {record.train_loss:.4g}, validation {record.validation_loss:.4g}"


class _Run(Generic[Item]):
    """One run of `train`: what it was told, and what has become of it so far."""

    def __init__(
        self,
        model: nn.Module,
        objective: Objective[Item],
        config: TrainingConfig,
        callbacks: Sequence[Callback],
        device: torch.device,
    ) -> None:
        self.model = model
        self.objective = objective
        self.config = config
        self.callbacks = callbacks
        self.device = device
        self.optimizer = _make_optimizer(model, config)
        self.generator = generator_for(config.seed, "order")
        self.records: list[EpochRecord] = []
        self.best_model: Mapping[str, Any] | None = None
        self.stop_reason: str | None = None

    def ended(self) -> bool:
        """Tell whether all epochs are done, or something has asked to stop."""
        return self.stop_reason is not None or len(self.records) >= self.config.epochs

    def do_epoch(self) -> None:
        """Train for one epoch, validate, and tell the callbacks."""
        started = time.perf_counter()
        epoch = len(self.records) + 1
        step = self.records[-1].step if self.records else 0
        lr = self._set_learning_rate()
        self.model.train()
        last_step, train_loss = run_steps(
            self.objective.batches(self.generator),
            self.objective.loss_of_batch,
            self.optimizer,
            clip_norm=self.config.clip_norm,
            callbacks=self.callbacks,
            epoch=epoch,
            step=step,
            work=math.inf,  # threads have been chosen for the whole run
        )
        self.model.eval()
        _check_parameters(self.model, epoch, last_step)
        validation_loss = self._validate(epoch, last_step)
        record = EpochRecord(
            epoch=epoch,
            step=last_step,
            train_loss=train_loss,
            validation_loss=validation_loss,
            lr=lr,
            seconds=time.perf_counter() - started,
        )
        self._close_epoch(record)

    def _set_learning_rate(self) -> float:
        losses = [record.watched_loss for record in self.records]
        config = self.config
        factor = SCHEDULES[config.schedule](
            losses, config.epochs, config.schedule_patience, config.schedule_factor
        )
        for group in self.optimizer.param_groups:
            group["lr"] = config.lr * factor
        return config.lr * factor

    def _validate(self, epoch: int, step: int) -> float | None:
        if self.objective.validation_loss is None:
            return None
        with torch.no_grad():
            loss = self.objective.validation_loss()
        if not math.isfinite(loss):
            raise TrainingError(
                f"the validation loss is {loss} after epoch {epoch}, step {step}; it must be "
                "finite. Lower lr, or set clip_norm. The last checkpoint, if any, is untouched."
            )
        return loss

    def _close_epoch(self, record: EpochRecord) -> None:
        self.records.append(record)
        if record.validation_loss is not None:
            self._watch(record)
        for callback in self.callbacks:
            # Every callback sees every epoch, also after an earlier one has asked to stop.
            self.stop_reason = callback.after_epoch(record) or self.stop_reason

    def _watch(self, record: EpochRecord) -> None:
        """Keep the weights of the lowest validation loss; stop when it has not come for long."""
        best = lowest(self.records).epoch
        patience = self.config.patience
        if self.config.restore_best and best == record.epoch:
            self.best_model = copy.deepcopy(self.model.state_dict())
        if patience is not None and record.epoch - best >= patience:
            self.stop_reason = f"no lower validation loss for {patience} epochs"

    def checkpoint(self) -> Checkpoint:
        """Take down all that the next epoch depends on; its tensors are the live ones."""
        return Checkpoint(
            model=self.model.state_dict(),
            best_model=self.best_model,
            optimizer=self.optimizer.state_dict(),
            random=random_state(self.generator, self.device),
            records=tuple(self.records),
            stop_reason=self.stop_reason,
            callbacks=tuple(
                (type(callback).__name__, callback.state_dict()) for callback in self.callbacks
            ),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take up the state of an earlier run of the same kind."""
        if len(checkpoint.records) > self.config.epochs:
            raise CheckpointError(
                f"the checkpoint has {len(checkpoint.records)} epochs done, but epochs is "
                f"{self.config.epochs}. Ask for at least as many epochs, or start afresh with "
                "overwrite=True."
            )
        _load_model(self.model, checkpoint.model)
        _load_callbacks(self.callbacks, checkpoint.callbacks)
        _load_optimizer(self.optimizer, checkpoint.optimizer)
        self.best_model = checkpoint.best_model
        self.records = list(checkpoint.records)
        self.stop_reason = checkpoint.stop_reason
        # Last, so that nothing above can draw from the restored generators.
        restore_random_state(checkpoint.random, self.generator, self.device)

    def finish(self) -> History:
        """Put the best weights in place, if they were kept, and drop the gradients."""
        if self.best_model is not None:
            self.model.load_state_dict(self.best_model)
        self.optimizer.zero_grad(set_to_none=True)
        reason = self.stop_reason or f"all {self.config.epochs} epochs done"
        return History(records=tuple(self.records), stop_reason=reason)


def _make_optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    trainable = [
        (name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad
    ]
    if not trainable:
        raise ConfigError(
            f"{type(model).__name__} has no parameter that requires gradients, so there is nothing "
            "to train. Call requires_grad_() on what should learn."
        )
    make = OPTIMIZERS[config.optimizer]
    return make(trainable, lr=config.lr, weight_decay=config.weight_decay, momentum=config.momentum)


def _check_parameters(model: nn.Module, epoch: int, step: int) -> None:
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and not parameter.isfinite().all():
            raise TrainingError(
                f"parameter {name} is not finite after epoch {epoch}, step {step}. "
                "Lower lr, or set clip_norm. The last checkpoint, if any, is untouched."
            )


def _load_model(model: nn.Module, state: Mapping[str, Any]) -> None:
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise CheckpointError(
            f"the checkpoint belongs to another model: {error}. "
            "Build the model as it was, or start afresh with overwrite=True."
        ) from error


def _load_optimizer(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    try:
        optimizer.load_state_dict(dict(state))
    except (ValueError, KeyError) as error:
        raise CheckpointError(
            f"the checkpoint's optimizer trained other parameters: {error}. "
            "Let the same parameters require gradients, or start afresh with overwrite=True."
        ) from error


def _load_callbacks(
    callbacks: Sequence[Callback], states: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    names = [type(callback).__name__ for callback in callbacks]
    stored = [name for name, _ in states]
    if names != stored:
        raise CheckpointError(
            f"the checkpoint was written with the callbacks {stored}, this run has {names}. "
            "Give the same callbacks in the same order, or start afresh with overwrite=True."
        )
    for callback, (_, state) in zip(callbacks, states, strict=True):
        callback.load_state_dict(state)
