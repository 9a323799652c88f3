"""What a training run leaves behind: one record per epoch."""

from dataclasses import asdict, dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """What one epoch showed.

    Attributes:
        epoch: Counted from 1.
        step: Optimizer steps made since the run began.
        train_loss: Mean over the counted entries, each measured just before the step that learned
            from it.
        validation_loss: Mean over the counted validation entries after the epoch; None without a
            validation split.
        lr: Learning rate of the epoch.
        seconds: Duration of the epoch; not part of equality, because it differs between equal runs.
    """

    epoch: int
    step: int
    train_loss: float
    validation_loss: float | None
    lr: float
    seconds: float = field(compare=False)

    @property
    def watched_loss(self) -> float:
        """The validation loss, or the training loss where there is none."""
        return self.train_loss if self.validation_loss is None else self.validation_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Course of a training run.

    Attributes:
        records: One per epoch, in order.
        stop_reason: Why the run ended.

    Example:
        >>> losses = {"train_loss": 0.5, "validation_loss": None}
        >>> first = EpochRecord(epoch=1, step=4, **losses, lr=0.1, seconds=0.0)
        >>> history = History(records=(first,), stop_reason="all 1 epochs done")
        >>> history.best_epoch, history.frame().columns.tolist()
        (1, ['epoch', 'step', 'train_loss', 'validation_loss', 'lr', 'seconds'])
    """

    records: tuple[EpochRecord, ...]
    stop_reason: str

    @property
    def best_epoch(self) -> int:
        """The first epoch with the lowest validation loss, else the lowest training loss."""
        return lowest(self.records).epoch

    def frame(self) -> pd.DataFrame:
        """Return the records as a table, one row per epoch.

        Returns:
            Columns named as the fields of `EpochRecord`; a missing validation loss is NaN.
        """
        table = pd.DataFrame([asdict(record) for record in self.records])
        return table.astype({"validation_loss": float})


def lowest(records: tuple[EpochRecord, ...] | list[EpochRecord]) -> EpochRecord:
    """The record with the lowest watched loss, the first of equals."""
    return min(records, key=lambda record: record.watched_loss)
