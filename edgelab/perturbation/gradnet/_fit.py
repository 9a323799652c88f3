"""Finding the change of a graph that lowers a loss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import torch
from torch import nn

from edgelab.errors import ConfigError, TrainingError
from edgelab.training import Callback, History, Objective, TrainingConfig, seeded, train
from edgelab.typing import Tensor

from ._fit_callbacks import KeepBest, Renormalise, Updates
from ._gradnet import GradNet

# loss(net), or loss(net, update) with FitConfig.pass_update -> the number to minimise
Loss: TypeAlias = Callable[..., Tensor]

BEST_NAME = "best.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitConfig:
    """How to minimise.

    Attributes:
        optimizer: A name in `edgelab.training.OPTIMIZERS`: `"adam"`, `"adamw"`, `"sgd"` or
            `"rmsprop"`.
        lr: Learning rate.
        momentum: For `"sgd"` and `"rmsprop"`: share of the last step that is kept.
        clip_norm: Largest norm of the gradient; None does not clip.
        schedule: A name in `edgelab.training.SCHEDULES`: `"constant"`, `"cosine"` or `"plateau"`;
            it changes the learning rate from epoch to epoch.
        updates_per_epoch: Updates between two checkpoints, records of the history and steps of the
            schedule.
        renormalise: Keep the raw numbers of nets whose length does not matter at their usual
            length.
        restore_best: End with the parameters of the lowest loss instead of the last ones.
        pass_update: Call the loss with the number of the update, from 0, as second argument.
        seed: Of torch's random numbers during the fit, such as noise.
        progress: Show a progress bar when standard error is a terminal.
        checkpoint_every: Epochs between two checkpoints; the last epoch is always stored.
    """

    optimizer: str = "adam"
    lr: float = 1e-2
    momentum: float = 0.0
    clip_norm: float | None = None
    schedule: str = "constant"
    updates_per_epoch: int = 10
    renormalise: bool = True
    restore_best: bool = False
    pass_update: bool = False
    seed: int = 0
    progress: bool = True
    checkpoint_every: int = 10

    def __post_init__(self) -> None:
        if not (isinstance(self.updates_per_epoch, int) and self.updates_per_epoch > 0):
            raise ConfigError(
                f"updates_per_epoch must be a positive integer, got {self.updates_per_epoch!r}"
            )
        self.training(n_updates=1, device="cpu")  # its own rules

    def training(self, *, n_updates: int, device: str) -> TrainingConfig:
        """Say the same in the words of the training loop.

        Args:
            n_updates: Updates in all.
            device: Where the model is.

        Returns:
            Its settings.
        """
        return TrainingConfig(
            epochs=-(-n_updates // self.updates_per_epoch),
            optimizer=self.optimizer,
            lr=self.lr,
            momentum=self.momentum,
            clip_norm=self.clip_norm,
            schedule=self.schedule,
            seed=self.seed,
            device=device,
            progress=self.progress,
            checkpoint_every=self.checkpoint_every,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FitResult:
    """What a fit came to.

    Attributes:
        losses: Before every update, then after the last one.
        best_update: Number of updates made before the lowest loss; the first of equals.
        best_path: The file with the parameters that gave it; None without `checkpoint_dir`.
        history: Mean loss, learning rate and duration of every epoch.
    """

    losses: tuple[float, ...]
    best_update: int
    best_path: Path | None
    history: History

    @property
    def best_loss(self) -> float:
        """The lowest loss."""
        return self.losses[self.best_update]


def fit(
    gn: nn.Module,
    loss: Loss,
    n_updates: int,
    config: FitConfig | None = None,
    *,
    callbacks: Sequence[Callback] = (),
    checkpoint_dir: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> FitResult:
    """Minimise a loss over the change of a graph.

    Args:
        gn: A `GradNet`, or a module with some inside. Changed in place, on the device where it is.
        loss: Called as `loss(gn)`; returns one number. Prefer `gn.matrix()` to `gn()` for sparse
            products.
        n_updates: Steps of the optimizer.
        config: Settings; `FitConfig()` by default.
        callbacks: More hooks into the training loop.
        checkpoint_dir: Folder of the checkpoint to resume from and of `best.safetensors`, which
            `GradNet.from_checkpoint` reads; None stores nothing.
        resume: Continue from the checkpoint in `checkpoint_dir`, or start there if there is none
            yet. A resumed run ends with the same bits as one that was never stopped, and a finished
            one can be continued for more updates.
        overwrite: Replace an existing checkpoint.

    Returns:
        Losses, and where the best was.

    Raises:
        ConfigError: If `n_updates` is not a positive integer, or arguments contradict each other.
        TrainingError: If the loss or a gradient stops being finite; the parameters are then those
            that gave it.
        CheckpointError: If a checkpoint exists and neither `resume` nor `overwrite` is set, or it
            belongs to another run.

    Example:
        Which edge out of three should have all the weight, if the weights of a loss are 3, 1 and 2?

        >>> net = GradNet(3, budget=2.0, rand_init_weights=False)
        >>> prices = torch.tensor([[0.0, 3, 1], [3, 0, 2], [1, 2, 0]])
        >>> result = fit(net, lambda net: (net() * prices).sum(), 200, FitConfig(lr=0.1))
        >>> net()[0, 2].item() > 0.99, result.losses[0] > result.best_loss
        (True, True)
    """
    if not (isinstance(n_updates, int) and n_updates > 0):
        raise ConfigError(f"n_updates must be a positive integer, got {n_updates!r}")
    config = FitConfig() if config is None else config
    best_path = None if checkpoint_dir is None else Path(checkpoint_dir) / BEST_NAME
    updates, best = (
        Updates(n_updates=n_updates, per_epoch=config.updates_per_epoch),
        KeepBest(best_path),
    )
    device = next((parameter.device for parameter in gn.parameters()), torch.device("cpu"))
    measured = _Measured(gn, loss, config.pass_update)
    objective = Objective(
        batches=lambda generator: updates.next_epoch(),
        loss_of_batch=measured,
        identity={
            "updates_per_epoch": config.updates_per_epoch,
            "renormalise": config.renormalise,
            **_identity(gn),
        },
    )
    own = [updates, best, *([Renormalise()] if config.renormalise else [])]
    history = train(
        gn,
        objective,
        config.training(n_updates=n_updates, device=str(device)),
        callbacks=[*own, *callbacks],
        checkpoint_dir=checkpoint_dir,
        resume=resume,
        overwrite=overwrite,
    )
    with torch.no_grad(), seeded(config.seed, device):
        last = float(measured(len(updates.losses)))
    best.offer(last, len(updates.losses), gn)
    best.store(gn)
    if config.restore_best:
        gn.load_state_dict(best.state)
    return FitResult(
        losses=(*updates.losses, last),
        best_update=best.update,
        best_path=best_path,
        history=history,
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    gn: nn.Module
    loss: Loss
    pass_update: bool

    def __call__(self, update: int) -> Tensor:
        value = self.loss(self.gn, update) if self.pass_update else self.loss(self.gn)
        if not isinstance(value, Tensor):
            raise TrainingError(
                f"the loss must be a tensor with one number, got {type(value).__name__}: {value!r}"
            )
        return value


def _identity(gn: nn.Module) -> dict[str, object]:
    if not isinstance(gn, GradNet):
        return {"model": type(gn).__name__}
    config = gn.export_config()
    return {
        "model": {name: value for name, value in config.items() if not isinstance(value, Tensor)}
    }
