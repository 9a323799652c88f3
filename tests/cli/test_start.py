"""The command line starts fast: help, version and completion load none of the heavy packages."""

import json
import os
import subprocess
import sys

import pytest

from edgelab.cli import _choices
from edgelab.cli._app import app
from edgelab.confidence import KEPT, WAYS
from edgelab.datasets import BUNDLED
from edgelab.methods import METHODS
from edgelab.training import TASKS

HEAVY = {
    *("torch", "torch_geometric", "numpy", "scipy", "pandas", "sklearn", "statsmodels"),
    *("matplotlib", "networkx", "pyarrow", "jaxtyping"),
}
COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands]

# Runs the command line with the arguments given, then prints the packages that it loaded.
SCRIPT = """
import json, sys
sys.argv[0] = "edgelab"
from edgelab.cli import main
try:
    main()
except SystemExit:
    pass
finally:
    print("LOADED", json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_after(*arguments, **environment):
    """The output of the command line, and the packages it loaded, in a process of its own."""
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    output, _, packages = process.stdout.partition("LOADED")
    return output, set(json.loads(packages))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([c, "--help"] for c in COMMANDS)]
)
def test_help_and_version_load_nothing_heavy(arguments):
    output, packages = loaded_after(*arguments)
    assert "edgelab" in output
    assert packages & HEAVY == set()


@pytest.mark.parametrize(
    ("typed", "offered"), [("edgelab inf", "infer"), ("edgelab infer --met", "--method")]
)
def test_completion_loads_nothing_heavy(typed, offered):
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    output, packages = loaded_after(_EDGELAB_COMPLETE="complete_bash", **words)
    assert offered in output
    assert packages & HEAVY == set()


def test_the_names_in_help_texts_are_those_that_are_taken():
    assert list(_choices.METHODS) == METHODS.names()
    assert list(_choices.TASKS) == list(TASKS)
    assert list(_choices.WAYS) == list(WAYS)
    assert list(_choices.KEPT) == list(KEPT)
    assert sorted(_choices.DATASETS) == sorted(BUNDLED)
