"""`edgelab methods`: what each way to rank candidates looks at and needs."""

from typing import Annotated

import typer

from . import _options as options
from ._console import one_clear_line


def methods(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[METHOD]...", help="Methods to describe in full; else all in a sentence each."
        ),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """List the methods that rank candidates: what each looks at, needs, and when to trust it.

    [bold]Examples[/]: edgelab methods

    edgelab methods consensus mei
    """
    with one_clear_line(debug):
        from .steps import describe_methods, list_methods

        if names:
            describe_methods(names)
        else:
            list_methods()
