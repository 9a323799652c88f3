"""The command line as a user runs it, and small simulated data to run it on."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edgelab.cli._app import app


@pytest.fixture
def run():
    """Call the command line in this process; lines are wide, so that none is broken."""
    runner = CliRunner()
    return lambda *arguments: runner.invoke(
        app, [str(argument) for argument in arguments], env={"COLUMNS": "200"}
    )


@dataclass(frozen=True)
class Tables:
    """Files of a simulated data set."""

    folder: Path

    def __getitem__(self, name: str) -> Path:
        return self.folder / f"{name}.csv"

    def options(self, **others: Path) -> list[object]:
        """Options that name the tables; others may take their place."""
        names = ("edges", "input_edges", "output_edges", "x", "y")
        options = []
        for name in names:
            options += [f"--{name.replace('_', '-')}", others.get(name, self[name])]
        return options


@pytest.fixture
def simulated(run, tmp_path):
    """Simulate a network of 8 functions with a number of samples."""

    def simulate(samples: int) -> Tables:
        folder = tmp_path / "toy"
        result = run("simulate", "--size", 4, "--samples", samples, "--out", folder)
        assert result.exit_code == 0, result.output
        return Tables(folder)

    return simulate


@pytest.fixture
def one_error():
    """The only line of a result that tells an error; there is no traceback and no warning."""

    def line_of(result) -> str:
        (line,) = [line for line in result.output.splitlines() if line.startswith("error:")]
        assert result.exit_code == 1
        assert "Traceback" not in result.output and "warning" not in result.output.lower()
        return line

    return line_of
