"""The checkpoint of a run: one file, replaced as a whole, that a later run can continue from to the
bit.
"""

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

CHECKPOINT_NAME = "checkpoint.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Everything that a run needs to go on as if it had never stopped.

    Attributes:
        model: State of the model after the last epoch.
        best_model: State after the best epoch; None where the run does not keep it.
        optimizer: State of the optimizer.
        random: States of all random generators.
        records: One per finished epoch.
        stop_reason: Why the run ended early; None when it did not.
        callbacks: Class name and state of every callback, in order.
    """

    model: Mapping[str, Any]
    best_model: Mapping[str, Any] | None
    optimizer: Mapping[str, Any]
    random: Mapping[str, Tensor]
    records: tuple[EpochRecord, ...]
    stop_reason: str | None
    callbacks: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class CheckpointStore:
    """The folder of one run's checkpoint.

    Attributes:
        path: The checkpoint's file.
    """

    path: Path

    @classmethod
    def open(cls, directory: str | Path, *, resume: bool, overwrite: bool) -> "CheckpointStore":
        """Make the folder ready for a run.

        Args:
            directory: Created if missing.
            resume: A checkpoint that is there will be continued.
            overwrite: A checkpoint that is there will be deleted by `clear`.

        Returns:
            The store.

        Raises:
            ConfigError: If both are asked for.
            CheckpointError: If there is a checkpoint and neither is asked for, or the folder cannot
                be made.
        """
        if resume and overwrite:
            raise ConfigError(
                "resume continues a checkpoint and overwrite deletes it; choose one of them"
            )
        store = cls(Path(directory) / CHECKPOINT_NAME)
        try:
            store.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(
                f"cannot make the folder {directory}: {error}. Choose another one."
            ) from error
        if store.exists() and not (resume or overwrite):
            raise CheckpointError(
                f"{store.path} holds the checkpoint of another run. Continue it with resume=True, replace it with "
                "overwrite=True, or choose another checkpoint_dir."
            )
        return store

    def exists(self) -> bool:
        """Tell whether there is a checkpoint.

        Returns:
            True if its file is there.
        """
        return self.path.exists()

    def clear(self) -> None:
        """Delete the checkpoint, if there is one."""
        self.path.unlink(missing_ok=True)

    def save(self, checkpoint: Checkpoint, identity: Mapping[str, object]) -> None:
        """Replace the checkpoint, atomically.

        Args:
            checkpoint: What to store.
            identity: What tells this run from others, as JSON can hold it.
        """
        fields = {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}
        fields["records"] = [asdict(record) for record in checkpoint.records]
        flat = flatten_state(fields)
        save_model(self.path, flat.tensors, {"identity": dict(identity), "state": flat.tree})

    def load(self, identity: Mapping[str, object]) -> Checkpoint:
        """Read the checkpoint of the same run.

        Args:
            identity: What it must have been saved with.

        Returns:
            The checkpoint.

        Raises:
            CheckpointError: If it is damaged or belongs to another run; then the message names what
                differs.
        """
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
            "Resume with the settings it had, start afresh with overwrite=True, or choose another checkpoint_dir."
        )
