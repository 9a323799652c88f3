"""The checkpoint of a run: one file from which a later run continues to the same bits."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgelab.errors import CheckpointError, ConfigError, shorten
from edgelab.typing import Tensor

from ._history import EpochRecord
from ._nested import FlatState, flatten_state, unflatten_state
from ._storage import load_model, save_model

_CHECKPOINT_NAME = "checkpoint.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Everything that a run needs to go on as if it had never stopped."""

    model: Mapping[str, Any]  # after the last epoch
    best_model: Mapping[str, Any] | None  # after the best one; None where the run does not keep it
    optimizer: Mapping[str, Any]
    random: Mapping[str, Tensor]  # states of all generators
    records: tuple[EpochRecord, ...]
    stop_reason: str | None  # None: the run did not end early
    callbacks: tuple[tuple[str, Mapping[str, Any]], ...]  # class name and state, in order


@dataclass(frozen=True, slots=True)
class CheckpointStore:
    """The file of one run's checkpoint."""

    path: Path

    @classmethod
    def open(cls, directory: str | Path, *, resume: bool, overwrite: bool) -> "CheckpointStore":
        """Make the folder ready for a run, and refuse a checkpoint that it may not touch."""
        if resume and overwrite:
            raise ConfigError(
                "resume continues a checkpoint and overwrite deletes it; choose one of them"
            )
        store = cls(Path(directory) / _CHECKPOINT_NAME)
        try:
            store.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(
                f"cannot make the folder {directory}: {error}. Choose another one."
            ) from error
        if store.exists() and not (resume or overwrite):
            raise CheckpointError(
                f"{store.path} holds the checkpoint of another run. Continue it with resume=True, "
                "replace it with overwrite=True, or choose another checkpoint_dir."
            )
        return store

    def exists(self) -> bool:
        """Tell whether there is a checkpoint."""
        return self.path.exists()

    def clear(self) -> None:
        """Delete the checkpoint, if there is one."""
        self.path.unlink(missing_ok=True)

    def save(self, checkpoint: Checkpoint, identity: Mapping[str, object]) -> None:
        """Replace the checkpoint, atomically; `identity` tells this run from others, as JSON."""
        fields = {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}
        fields["records"] = [asdict(record) for record in checkpoint.records]
        flat = flatten_state(fields)
        save_model(self.path, flat.tensors, {"identity": dict(identity), "state": flat.tree})

    def load(self, identity: Mapping[str, object]) -> Checkpoint:
        """Read the checkpoint of the same run; for another one the message names what differs."""
        tensors, metadata = load_model(self.path)
        if "identity" not in metadata or "state" not in metadata:
            raise CheckpointError(
                f"{self.path} is no checkpoint of a run. Choose another checkpoint_dir."
            )
        _check_identity(metadata["identity"], identity, self.path)
        fields = unflatten_state(FlatState(metadata["state"], tensors))
        fields["records"] = tuple(EpochRecord(**record) for record in fields["records"])
        return Checkpoint(**fields)


def _check_identity(stored: Mapping[str, object], wanted: Mapping[str, object], path: Path) -> None:
    wanted = json.loads(json.dumps(wanted))  # as the file holds it: tuples become lists
    differing = [name for name in {**stored, **wanted} if stored.get(name) != wanted.get(name)]
    if differing:
        values = "; ".join(
            f"{name} was {stored.get(name)!r}, is {wanted.get(name)!r}" for name in differing[:5]
        )
        raise CheckpointError(
            f"{path} belongs to a run with other settings, {shorten(differing)}: {values}. "
            "Resume with the settings it had, start afresh with overwrite=True, or choose another "
            "checkpoint_dir."
        )
