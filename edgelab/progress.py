"""A progress bar that keeps silent where nobody watches."""

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")


@contextmanager
def progress_bar(
    label: str, total: int | None, *, done: int = 0, shown: bool
) -> Iterator[Callable[[int, str], None]]:
    """Show how far some work has come, on standard error and only when that is a terminal.

    Args:
        label: What is being done, in a word or two.
        total: Parts of the work in all; None where that is not known.
        done: Parts done before.
        shown: False keeps silent in any case.

    Yields:
        A function to call with the number of parts that are done, and a few words behind it.

    Example:
        >>> with progress_bar("training", 3, shown=False) as show:
        ...     show(1, "loss 0.5")
    """
    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        # Not a bar that is only disabled: older versions of rich end it with a line break.
        yield lambda finished, words: None
        return
    columns = (
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total, completed=done)

        def show(finished: int, words: str) -> None:
            bar.update(task, completed=finished, description=words)

        yield show


def tracked(items: Iterable[Item], label: str, *, shown: bool) -> Iterator[Item]:
    """Yield the items, with a bar on standard error when that is a terminal.

    Args:
        items: What to go through.
        label: What is being done, in a word or two.
        shown: False keeps silent in any case.

    Yields:
        The items, unchanged.

    Example:
        >>> list(tracked([1, 2], "counting", shown=False))
        [1, 2]
    """
    total = len(items) if isinstance(items, Sized) else None
    with progress_bar(label, total, shown=shown) as show:
        for number, item in enumerate(items, start=1):
            yield item
            show(number, "")
