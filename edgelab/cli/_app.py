"""The commands, put together."""

from typing import Annotated

import typer

from edgelab._version import __version__
from edgelab.methods import METHODS

from ._benchmark import benchmark
from ._calibrate import calibrate_command
from ._console import out
from ._demo import demo
from ._evaluate import evaluate
from ._infer import infer
from ._perturb import perturb
from ._refine import refine
from ._responses import responses
from ._simulate import simulate

app = typer.Typer(
    help="Which regulatory edges is a network missing, how sure can one be, and would it matter?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
# Below the options: a column of a narrow terminal would cut long names off.
app.command(epilog=f"Methods: {', '.join(METHODS)}.")(infer)
app.command()(evaluate)
app.command("calibrate", epilog=f"Methods: {', '.join(METHODS)}.")(calibrate_command)
app.command(epilog=f"Scorers: {', '.join(METHODS)}.")(benchmark)
app.command()(responses)
app.command(epilog=f"Methods: {', '.join(METHODS)}.")(refine)
app.command(epilog=f"Methods: {', '.join(METHODS)}.")(perturb)
app.command()(simulate)


def _show_version(wanted: bool | None) -> None:
    if wanted:
        out.print(f"edgelab {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool | None,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = None,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    app()
