"""What there is to know of each method, printed."""

import re
from collections.abc import Sequence

from rich.table import Table

from edgelab.methods import METHODS

from .._console import out


def list_methods() -> None:
    """Print one row for each method, with the first sentence of its description."""
    table = Table(title="Ways to rank candidate edges", title_justify="left", title_style="bold")
    table.add_column("method", no_wrap=True)
    table.add_column("label")
    table.add_column("looks at")
    for name in METHODS:
        method = METHODS[name]
        table.add_row(name, method.label, _first_sentence(method.description))
    out.print(table)
    out.print("edgelab methods NAME says what one needs and when to trust it.", style="dim")


def describe_methods(names: Sequence[str]) -> None:
    """Print the whole description of each method that is named."""
    described = [(name, METHODS[name]) for name in names]
    for name, method in described:
        out.print(f"[bold]{name}[/]: {method.label}", highlight=False)
        out.print(method.description, highlight=False, markup=False)


def _first_sentence(description: str) -> str:
    # A full stop before a capital: those of "et al. (2024)" and "e.g. a" end no sentence.
    return re.split(r"(?<=\.) (?=[A-Z])", description, maxsplit=1)[0]
