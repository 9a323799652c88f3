"""The commands as a whole: version, help with an example."""

import re
from pathlib import Path

import pytest

from edgelab._version import __version__
from edgelab.cli import _app
from edgelab.cli._app import app

COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands]


def test_version(run):
    assert run("--version").output.strip() == f"edgelab {__version__}"


def test_help_lists_every_command(run):
    output = run("--help").output
    assert all(command in output for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    _, found, examples = result.output.partition("Example")
    assert found and f"edgelab {command}" in examples


def test_every_file_of_a_command_is_put_into_the_app():
    """The docstring of such a file begins with `edgelab NAME`."""
    folder = Path(_app.__file__).parent
    heads = "\n".join(path.read_text().partition("\n")[0] for path in folder.glob("_[a-z]*.py"))
    assert set(re.findall(r'^"""`edgelab (\w+)`', heads, re.MULTILINE)) == set(COMMANDS)
