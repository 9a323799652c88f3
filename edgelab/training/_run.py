"""The state of a training run, and the epoch that moves it on."""

import copy
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, Generic

import torch
from torch import nn

from edgelab.errors import CheckpointError, ConfigError, TrainingError

from ._callbacks import Callback
from ._checkpoints import Checkpoint
from ._config import TrainingConfig
from ._history import EpochRecord, History, lowest
from ._objective import Item, Objective
from ._optimizers import OPTIMIZERS
from ._randomness import generator_for, random_state, restore_random_state
from ._schedules import SCHEDULES
from ._steps import run_steps


class Run(Generic[Item]):
    """One run of `train`: what it was told, and what has become of it so far.

    Args:
        model: Already on its device.
        objective: Batches and their loss.
        config: Settings.
        callbacks: Hooks.
        device: Where the model is.

    Raises:
        ConfigError: If no parameter of the model requires gradients.
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective[Item],
        config: TrainingConfig,
        callbacks: Sequence[Callback],
        device: torch.device,
    ) -> None:
        self.model, self.objective, self.config = model, objective, config
        self.callbacks, self.device = callbacks, device
        self.optimizer = _make_optimizer(model, config)
        self.generator = generator_for(config.seed, "order")
        self.records: list[EpochRecord] = []
        self.best_model: Mapping[str, Any] | None = None
        self.stop_reason: str | None = None

    def ended(self) -> bool:
        """Tell whether no epoch is left to do.

        Returns:
            True after the last epoch, or when something has asked to stop.
        """
        return self.stop_reason is not None or len(self.records) >= self.config.epochs

    def do_epoch(self) -> None:
        """Train for one epoch, validate, and tell the callbacks.

        Raises:
            TrainingError: If a loss, a gradient or a parameter is not finite.
        """
        started = time.perf_counter()
        epoch, step = len(self.records) + 1, self.records[-1].step if self.records else 0
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
        seconds = time.perf_counter() - started
        record = EpochRecord(
            epoch=epoch,
            step=last_step,
            train_loss=train_loss,
            validation_loss=validation_loss,
            lr=lr,
            seconds=seconds,
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
                f"the validation loss is {loss} after epoch {epoch}, step {step}; it must be finite. "
                "Lower lr, or set clip_norm. The last checkpoint, if any, is untouched."
            )
        return loss

    def _close_epoch(self, record: EpochRecord) -> None:
        self.records.append(record)
        best = lowest(self.records).epoch
        watched = record.validation_loss is not None
        if watched and self.config.restore_best and best == record.epoch:
            self.best_model = copy.deepcopy(self.model.state_dict())
        if (
            watched
            and self.config.patience is not None
            and record.epoch - best >= self.config.patience
        ):
            self.stop_reason = f"no lower validation loss for {self.config.patience} epochs"
        for callback in self.callbacks:
            # Every callback sees every epoch, also after an earlier one has asked to stop.
            self.stop_reason = callback.after_epoch(record) or self.stop_reason

    def checkpoint(self) -> Checkpoint:
        """Take down everything that the next epoch depends on.

        Returns:
            The state after the last finished epoch; its tensors are the live ones.
        """
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
        """Take up the state of an earlier run of the same kind.

        Args:
            checkpoint: What `checkpoint` returned there.

        Raises:
            CheckpointError: If it does not fit the model, the optimizer, the callbacks or the
                number of epochs.
        """
        if len(checkpoint.records) > self.config.epochs:
            raise CheckpointError(
                f"the checkpoint has {len(checkpoint.records)} epochs done, but epochs is {self.config.epochs}. "
                "Ask for at least as many epochs, or start afresh with overwrite=True."
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
        """Put the best weights in place, if they were kept, and drop the gradients.

        Returns:
            The course of the run.
        """
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
            f"{type(model).__name__} has no parameter that requires gradients, so there is nothing to train. "
            "Call requires_grad_() on what should learn."
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
    names, stored = (
        [type(callback).__name__ for callback in callbacks],
        [name for name, _ in states],
    )
    if names != stored:
        raise CheckpointError(
            f"the checkpoint was written with the callbacks {stored}, this run has {names}. "
            "Give the same callbacks in the same order, or start afresh with overwrite=True."
        )
    for callback, (_, state) in zip(callbacks, states, strict=True):
        callback.load_state_dict(state)
