"""Finding the change of a graph that lowers a loss."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import nn

from edgelab.checks import check_integer
from edgelab.errors import TrainingError
from edgelab.ops import threads_for
from edgelab.training import (
    Callback,
    EpochRecord,
    History,
    Objective,
    StartInfo,
    StepInfo,
    TrainingConfig,
    save_model,
    seeded,
    train,
)
from edgelab.typing import Tensor

from ._dense_parameterization import DenseParameterization
from ._gradnet import GradNet
from ._graph_file import write_graph_file
from ._sparse_parameterization import SparseParameterization

# loss(net), or loss(net, update) with FitConfig.pass_update -> the number to minimise
Loss: TypeAlias = Callable[..., Tensor]

_BEST_NAME = "best.safetensors"

# First moments of an optimizer scale as the gradient, second ones as its square.
_FIRST_MOMENTS = ("exp_avg", "momentum_buffer")
_SECOND_MOMENTS = ("exp_avg_sq", "square_avg")


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
        check_integer("updates_per_epoch", self.updates_per_epoch)
        self.training(n_updates=1, device="cpu")  # refuses what the training loop would

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
    check_integer("n_updates", n_updates)
    config = FitConfig() if config is None else config
    best_path = None if checkpoint_dir is None else Path(checkpoint_dir) / _BEST_NAME
    updates = _Updates(n_updates=n_updates, per_epoch=config.updates_per_epoch)
    best = _KeepBest(best_path)
    device = next((parameter.device for parameter in gn.parameters()), torch.device("cpu"))
    measured = _Measured(gn, loss, config.pass_update)
    work = _work_of(gn)
    objective = Objective(
        batches=lambda generator: updates.next_epoch(),
        loss_of_batch=measured,
        work=work,
        identity={
            "updates_per_epoch": config.updates_per_epoch,
            "renormalise": config.renormalise,
            "model": _identity(gn),
        },
    )
    own = [updates, best, *([_Renormalise()] if config.renormalise else [])]
    history = train(
        gn,
        objective,
        config.training(n_updates=n_updates, device=str(device)),
        callbacks=[*own, *callbacks],
        checkpoint_dir=checkpoint_dir,
        resume=resume,
        overwrite=overwrite,
    )
    with torch.no_grad(), seeded(config.seed, device), threads_for(work):
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


def _work_of(gn: nn.Module) -> float:
    """Of dense linear algebra with the largest graph, the most that usual losses do."""
    graphs = GradNet | SparseParameterization | DenseParameterization
    sizes = [module.num_nodes for module in gn.modules() if isinstance(module, graphs)]
    return float(max(sizes, default=0)) ** 3


def _identity(gn: nn.Module) -> object:
    """What tells a run on one model from a run on another, as far as it is no tensor."""
    if not isinstance(gn, GradNet):
        return type(gn).__name__
    config = gn.export_config()
    return {name: value for name, value in config.items() if not isinstance(value, Tensor)}


class _Updates(Callback):
    """Counts updates, records their losses, and deals the numbers, from 0, of the next ones."""

    def __init__(self, *, n_updates: int, per_epoch: int) -> None:
        self.losses: list[float] = []  # one per update made so far, each measured just before it
        self._n_updates = n_updates
        self._per_epoch = per_epoch
        self._n_epochs = 0

    def next_epoch(self) -> Iterator[int]:
        # Epochs end at multiples of their length, so that a run that is continued for longer keeps
        # their rhythm; the last one may have fewer updates.
        end = min((self._n_epochs + 1) * self._per_epoch, self._n_updates)
        return iter(range(len(self.losses), end))

    def after_step(self, info: StepInfo) -> None:
        self.losses.append(info.loss)

    def after_epoch(self, record: EpochRecord) -> None:
        self._n_epochs += 1

    def state_dict(self) -> Mapping[str, object]:
        losses = torch.tensor(self.losses, dtype=torch.float64)
        return {"losses": losses, "n_epochs": self._n_epochs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.losses = state["losses"].tolist()
        self._n_epochs = state["n_epochs"]


class _Renormalise(Callback):
    """Brings raw numbers whose length does not matter back to their usual one after each step."""

    # The loss does not notice, and the optimizer should not either: at c times the length gradients
    # are 1/c times as large, so its moments are rescaled with them.

    def __init__(self) -> None:
        self._optimizer: torch.optim.Optimizer | None = None
        self._parts: list[SparseParameterization | DenseParameterization] = []

    def on_start(self, info: StartInfo) -> None:
        self._optimizer = info.optimizer
        kinds = SparseParameterization, DenseParameterization
        parts = (module for module in info.model.modules() if isinstance(module, kinds))
        self._parts = [part for part in parts if part.should_renorm_after_step]

    def after_step(self, info: StepInfo) -> None:
        for part in self._parts:
            raw = part.delta_adj_raw
            before = raw.detach().norm()
            part.renorm_params()
            self._rescale_moments(raw, raw.detach().norm() / before)

    def _rescale_moments(self, parameter: nn.Parameter, scale: Tensor) -> None:
        if self._optimizer is None or not (scale.isfinite() and scale > 0):
            return
        state = self._optimizer.state.get(parameter, {})
        for names, factor in ((_FIRST_MOMENTS, scale), (_SECOND_MOMENTS, scale.square())):
            for name in names:
                if isinstance(state.get(name), Tensor):
                    state[name].div_(factor)


class _KeepBest(Callback):
    """Keeps the parameters that gave the lowest loss: those before the step it led to."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path  # written at the end of every epoch that found better ones; None: never
        self.loss = math.inf
        self.update = -1  # number, from 0, of the update that began with the lowest loss
        self.state: dict[str, Tensor] = {}
        self._model: nn.Module | None = None
        self._stored_update = -1

    def offer(self, loss: float, update: int, model: nn.Module) -> None:
        """Copy the state of a model if its loss is the lowest so far; the first of equals stays."""
        if not loss < self.loss:
            return
        self.loss = loss
        self.update = update
        self.state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    def store(self, model: nn.Module) -> None:
        """Write the best state, with the model's arguments, unless the file holds it already."""
        if self.path is None or self.update == self._stored_update:
            return
        if isinstance(model, GradNet):
            write_graph_file(self.path, model.export_config(), self.state)
        else:
            save_model(self.path, self.state, {"kind": type(model).__name__})
        self._stored_update = self.update

    def on_start(self, info: StartInfo) -> None:
        self._model = info.model

    def after_backward(self, info: StepInfo) -> None:
        # The step has not changed the parameters yet: they are those that gave its loss.
        if self._model is not None:
            self.offer(info.loss, info.step - 1, self._model)

    def after_epoch(self, record: EpochRecord) -> None:
        if self._model is not None:
            self.store(self._model)

    def state_dict(self) -> Mapping[str, object]:
        return {"loss": self.loss, "update": self.update, "state": self.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.loss = state["loss"]
        self.update = state["update"]
        self.state = dict(state["state"])
