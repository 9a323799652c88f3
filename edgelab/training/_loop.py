"""The project's one training loop: epochs, early stopping, callbacks and checkpoints, for any loss."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from torch import nn

from edgelab.errors import ConfigError
from edgelab.ops import threads_for

from ._callbacks import Callback, StartInfo
from ._checkpoints import CheckpointStore
from ._config import TrainingConfig, choose_device
from ._history import History
from ._objective import Item, Objective
from ._progress import epoch_bar
from ._randomness import seeded
from ._run import Run


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
        ...     batches=lambda generator: [None] * 20, loss_of_batch=lambda _: module.weight.square().sum()
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
    with _mode_kept(model), seeded(config.seed, device), threads_for(work):
        run = Run(model, objective, config, callbacks, device)
        identity = {**config.identity(), **objective.identity}
        for callback in callbacks:
            callback.on_start(
                StartInfo(model=model, optimizer=run.optimizer, device=device, epochs=config.epochs)
            )
        if store is not None and overwrite:
            store.clear()  # only now, when nothing can be refused any more
        if store is not None and store.exists():
            run.restore(store.load(identity))
        with epoch_bar(config.epochs, len(run.records), shown=config.progress) as show:
            while not run.ended():
                run.do_epoch()
                show(run.records[-1])
                if store is not None and (
                    run.ended() or len(run.records) % config.checkpoint_every == 0
                ):
                    store.save(run.checkpoint(), identity)
        return run.finish()


def _open_store(
    directory: str | Path | None, *, resume: bool, overwrite: bool
) -> CheckpointStore | None:
    if directory is not None:
        return CheckpointStore.open(directory, resume=resume, overwrite=overwrite)
    if resume or overwrite:
        raise ConfigError(
            "resume and overwrite are about stored checkpoints, but checkpoint_dir is None. Name a folder."
        )
    return None


def _work_of_step(
    model: nn.Module,
    objective: Objective[Item],
    config: TrainingConfig,
    callbacks: Sequence[Callback],
) -> float:
    if objective.work is not None:
        return objective.work
    n_weights = sum(parameter.numel() for parameter in model.parameters())
    beside = sum(callback.work_per_sample for callback in callbacks)
    return config.batch_size * (n_weights + beside)


@contextmanager
def _mode_kept(model: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
