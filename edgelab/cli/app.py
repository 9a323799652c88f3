"""The commands, put together."""

from typing import Annotated

import typer

from edgelab._version import __version__
from edgelab.cli.benchmark import benchmark
from edgelab.cli.calibrate import calibrate_command
from edgelab.cli.console import out
from edgelab.cli.demo import demo
from edgelab.cli.evaluate import evaluate
from edgelab.cli.infer import infer
from edgelab.cli.perturb import perturb
from edgelab.cli.refine import refine
from edgelab.cli.responses import responses
from edgelab.cli.simulate import simulate
from edgelab.jobs import METHODS

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
        bool | None, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = None,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    app()
