"""The commands, put together.

Files beside this one hold what a command line needs to show its help: names, options, examples.
They load typer, rich and the light modules of floor 0 only. The body of a command loads the rest,
from `steps` and the other rooms, once it runs.
"""

from typing import Annotated

import typer

from edgelab._version import __version__

from ._benchmark import benchmark
from ._calibrate import calibrate_command
from ._choices import METHODS
from ._console import out
from ._demo import demo
from ._evaluate import evaluate
from ._infer import infer
from ._methods import methods
from ._perturb import perturb
from ._refine import refine
from ._responses import responses
from ._simulate import simulate

# Below the options: a column of a narrow terminal would cut long names off.
_NAMES = ", ".join(METHODS)

app = typer.Typer(
    help="Which regulatory edges is a network missing, how sure can one be, and would it matter?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.command(epilog=f"Methods: {_NAMES}.")(infer)
app.command()(evaluate)
app.command("calibrate", epilog=f"Methods: {_NAMES}.")(calibrate_command)
app.command(epilog=f"Scorers: {_NAMES}.")(benchmark)
app.command()(responses)
app.command(epilog=f"Methods: {_NAMES}.")(refine)
app.command(epilog=f"Methods: {_NAMES}.")(perturb)
app.command()(simulate)
app.command()(methods)


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
