"""What `fit` and its relatives can be told, checked once when it is written down."""

import math
from dataclasses import asdict, dataclass

import torch

from edgelab.checks import check_integer, check_seed, check_share
from edgelab.errors import ConfigError
from edgelab.plain_json import plain_json

from ._optimizers import OPTIMIZERS, WITH_MOMENTUM
from ._schedules import SCHEDULES

# They change neither the result nor the order of the computation, or may sensibly change between a
# run and its continuation, so a run may be resumed with other values.
_FREE_ON_RESUME = frozenset({"progress", "device", "checkpoint_every"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Settings of one training run.

    Attributes:
        epochs: Passes over the training rows.
        batch_size: Rows per step.
        drop_last: Leave out the last batch of an epoch when it is not full.
        optimizer: A name in `OPTIMIZERS`: `"adamw"`, `"adam"`, `"sgd"` or `"rmsprop"`.
        lr: Learning rate.
        weight_decay: Strength of the pull of every weight towards 0.
        momentum: For `"sgd"` and `"rmsprop"`: share of the last step that is kept, in [0, 1).
        clip_norm: Largest norm of the gradient of all parameters together; None does not clip.
        schedule: A name in `SCHEDULES`: `"constant"`, `"cosine"` (to 0 over `epochs`) or
            `"plateau"`.
        schedule_patience: For `"plateau"`: epochs without a new lowest loss before the learning
            rate falls.
        schedule_factor: For `"plateau"`: what the learning rate is then multiplied by, in (0, 1).
        validation_fraction: Share of the rows, in [0, 1), kept from training to measure the
            validation loss.
        patience: Stop after so many epochs without a new lowest validation loss; None never stops
            early.
        restore_best: End with the weights of the epoch of the lowest validation loss instead of the
            last ones.
        seed: Seeds the split, the order of the rows, corruption and dropout. Equal seeds: equal
            bits on a CPU.
        device: `"auto"` (a GPU when there is one), `"cpu"`, `"cuda"`, `"cuda:1"`, …
        progress: Show a progress bar when standard error is a terminal.
        checkpoint_every: Epochs between two checkpoints; the last epoch is always stored.

    Raises:
        ConfigError: If a value breaks its rule.

    Example:
        >>> TrainingConfig(epochs=10, lr=0.01).optimizer
        'adamw'
        >>> TrainingConfig(lr=-1.0)
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: lr must be a finite number above 0, got -1.0
    """

    epochs: int = 50
    batch_size: int = 64
    drop_last: bool = False
    optimizer: str = "adamw"
    lr: float = 1e-3
    weight_decay: float = 0.0
    momentum: float = 0.0
    clip_norm: float | None = None
    schedule: str = "constant"
    schedule_patience: int = 10
    schedule_factor: float = 0.1
    validation_fraction: float = 0.0
    patience: int | None = None
    restore_best: bool = True
    seed: int = 0
    device: str = "auto"
    progress: bool = True
    checkpoint_every: int = 1

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "schedule_patience", "checkpoint_every"):
            check_integer(name, getattr(self, name))
        _require(_is_positive(self.lr), "lr", self.lr, "a finite number above 0")
        decays = self.weight_decay == 0 or _is_positive(self.weight_decay)
        _require(decays, "weight_decay", self.weight_decay, "a finite number, at least 0")
        _require(0 <= self.momentum < 1, "momentum", self.momentum, "a number in [0, 1)")
        clips = self.clip_norm is None or _is_positive(self.clip_norm)
        _require(clips, "clip_norm", self.clip_norm, "a finite number above 0, or None")
        check_share("schedule_factor", self.schedule_factor)
        fraction = self.validation_fraction
        _require(0 <= fraction < 1, "validation_fraction", fraction, "a number in [0, 1)")
        if self.patience is not None:
            check_integer("patience", self.patience, why="None never stops early")
        check_seed(self.seed)
        self._check_names()
        self._check_combinations()

    def _check_names(self) -> None:
        OPTIMIZERS[self.optimizer]
        SCHEDULES[self.schedule]
        if self.device != "auto":
            _parse_device(self.device)

    def _check_combinations(self) -> None:
        if self.momentum > 0 and self.optimizer not in WITH_MOMENTUM:
            raise ConfigError(
                f"momentum={self.momentum} has no meaning for optimizer {self.optimizer!r}. "
                f"Leave it at 0, or choose one of {sorted(WITH_MOMENTUM)}."
            )
        if self.patience is not None and self.validation_fraction == 0:
            raise ConfigError(
                f"patience={self.patience} needs a validation loss to watch, but "
                "validation_fraction is 0. Set validation_fraction, for example to 0.1, or "
                "patience=None."
            )

    def identity(self) -> dict[str, object]:
        """Return the settings that a resumed run must share with the run that it continues.

        Returns:
            Every field but `progress`, `device` and `checkpoint_every`; without `epochs` as well
            unless the schedule depends on it, so that a finished run can be continued for more
            epochs.

        Example:
            >>> plain, cosine = TrainingConfig(), TrainingConfig(schedule="cosine")
            >>> "epochs" in plain.identity(), "epochs" in cosine.identity()
            (False, True)
        """
        free = _FREE_ON_RESUME if self.schedule == "cosine" else _FREE_ON_RESUME | {"epochs"}
        shared = {name: value for name, value in asdict(self).items() if name not in free}
        return plain_json(shared)  # numbers of NumPy compare and are stored as those of Python


def choose_device(name: str) -> torch.device:
    """Turn the name of a device into the device.

    Args:
        name: `"auto"` for a CUDA GPU when there is one and the CPU otherwise, or any name that
            torch knows.

    Returns:
        The device; a CUDA device always with its index.

    Raises:
        ConfigError: If torch does not know the name, or this machine lacks the device.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = _parse_device(name)
    if device.type == "cpu":
        return device
    if device.type != "cuda":
        _refuse_absent(device)
        return device
    index = 0 if device.index is None else device.index
    if not index < torch.cuda.device_count():
        raise ConfigError(
            f"device {name!r} is not on this machine: torch sees {torch.cuda.device_count()} GPUs. "
            "Choose 'auto' or 'cpu', or install a torch build with CUDA."
        )
    return torch.device("cuda", index)


def _parse_device(name: str) -> torch.device:
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise ConfigError(
            f"torch knows no device {name!r}; choose 'auto', 'cpu' or 'cuda'"
        ) from error


def _refuse_absent(device: torch.device) -> None:
    """Refuse a device that torch cannot compute on here, such as `mps` on Linux, or `meta`."""
    present = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if present is None or present.type != device.type:
        raise ConfigError(
            f"device {device.type!r} cannot be used on this machine; choose 'auto' or 'cpu'"
        )


def _is_positive(value: float) -> bool:
    return 0 < value < math.inf


def _require(holds: bool, name: str, value: object, rule: str) -> None:
    if not holds:
        raise ConfigError(f"{name} must be {rule}, got {value!r}")
