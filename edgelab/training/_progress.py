"""A progress bar over epochs that keeps silent where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ._history import EpochRecord


@contextmanager
def epoch_bar(epochs: int, done: int, *, shown: bool) -> Iterator[Callable[[EpochRecord], None]]:
    """Show how far a run has come, on standard error and only when that is a terminal.

    Args:
        epochs: Epochs in all.
        done: Epochs done before.
        shown: False keeps silent in any case.

    Yields:
        A function to call with the record of every finished epoch.

    Example:
        >>> with epoch_bar(3, 0, shown=False) as show:
        ...     show(EpochRecord(epoch=1, step=1, train_loss=0.5, validation_loss=None, lr=0.1, seconds=0.0))
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    hidden = not (shown and console.is_terminal)
    with Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=hidden
    ) as bar:
        task = bar.add_task("", total=epochs, completed=done)

        def show(record: EpochRecord) -> None:
            validation = (
                ""
                if record.validation_loss is None
                else f", validation {record.validation_loss:.4g}"
            )
            bar.update(
                task,
                completed=record.epoch,
                description=f"loss {record.train_loss:.4g}{validation}",
            )

        yield show
