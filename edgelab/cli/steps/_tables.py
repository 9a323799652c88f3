"""Tables on the terminal."""

from collections.abc import Collection, Iterable, Sequence

from rich.box import HEAVY_HEAD, Box
from rich.table import Table

from edgelab.methods import METHODS

from .._console import out

LABELS = {name: METHODS[name].label for name in METHODS}
OURS = [name for name in METHODS if not METHODS[name].is_baseline]


def titled_table(
    title: str,
    columns: Iterable[str],
    *,
    left: Collection[str] = (),
    no_wrap: bool = False,
    box: Box = HEAVY_HEAD,
) -> Table:
    """A table without rows; its columns are set to the right but for those named."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box)
    for name in columns:
        table.add_column(name, justify="left" if name in left else "right", no_wrap=no_wrap)
    return table


def print_scorers(title: str, rows: Sequence[Sequence[str]], *, box: Box = HEAVY_HEAD) -> None:
    """Print a table whose first row is the heading and whose first column names scorers."""
    heading, *body = rows
    table = titled_table(title, heading, left=heading[:1], no_wrap=True, box=box)
    ours = {LABELS[name] for name in OURS}
    for row in body:
        table.add_row(*row, style="bold" if row[0] in ours else None)
    out.print(table)
