"""A progress bar over batches that keeps silent where nobody watches."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


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
    console = Console(stderr=True)
    yield from track(
        items,
        description=label,
        console=console,
        transient=True,
        disable=not (shown and console.is_terminal),
    )
