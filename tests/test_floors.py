"""Imports only go down: a file imports from lower floors or from its own folder."""

import ast
from pathlib import Path

import pytest

import edgelab

PACKAGE = Path(edgelab.__file__).parent
# Members of one floor do not import each other. A new member of the package must find its floor here.
FLOORS = [
    {"errors", "typing", "table", "registry", "atomic", "_version"},
    {"ops", "distributed"},
    {"graphs", "evaluation", "linear", "sparsity", "datasets"},
    {"models", "tasks"},
    {"training", "growth"},
    {"inference", "perturbation"},
    {"report", "refinement"},
    {"jobs"},
    {"cli"},
    {"__init__", "__main__"},
]
FLOOR_OF = {member: floor for floor, members in enumerate(FLOORS) for member in members}
FILES = sorted(PACKAGE.rglob("*.py"))
SUBMODULES = {path.relative_to(PACKAGE).with_suffix("") for path in FILES}


def imported_members(source: str, file: Path) -> set[str]:
    """Members of the package that a file (given relative to it) imports, at its head or inside functions."""
    members = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            members |= {member_of(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, file)
            members |= {member_of([*base, alias.name]) for alias in node.names}
    return members - {None}


def absolute(node: ast.ImportFrom, file: Path) -> list[str]:
    module = node.module.split(".") if node.module else []
    if not node.level:
        return module
    package = ["edgelab", *file.parent.parts]
    return package[: len(package) - node.level + 1] + module


def member_of(dotted: list[str]) -> str | None:
    """`edgelab.ops.slots` → `ops`; a name of `edgelab/__init__` itself → `__init__`; another package → None."""
    if dotted[0] != "edgelab":
        return None
    is_module = len(dotted) > 1 and (Path(dotted[1]) in SUBMODULES or Path(dotted[1], "__init__") in SUBMODULES)
    return dotted[1] if is_module else "__init__"


def own_member(file: Path) -> str:
    return file.parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_from_below_or_from_its_own_folder(path):
    file = path.relative_to(PACKAGE)
    own = own_member(file)
    assert own in FLOOR_OF, f"{own!r} has no floor: add it to FLOORS"
    for member in imported_members(path.read_text(), file) - {own}:
        assert member in FLOOR_OF, f"{file} imports edgelab.{member}, which has no floor: add it to FLOORS"
        assert FLOOR_OF[member] < FLOOR_OF[own] or FLOOR_OF[member] == 0, (
            f"{file} (floor {FLOOR_OF[own]}) imports edgelab.{member} (floor {FLOOR_OF[member]})"
        )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import edgelab.models.gsnn", {"models"}),
        ("from edgelab.models import GSNN", {"models"}),
        ("from edgelab import models, errors", {"models", "errors"}),
        ("from edgelab import GSNN", {"__init__"}),
        ("def f():\n    from ..training.fit import fit", {"training"}),
        ("from . import slots", {"ops"}),
        ("from .. import inference", {"inference"}),
        ("import torch, numpy.linalg", set()),
        ("from edgelab import *", {"__init__"}),
    ],
)
def test_imports_are_recognised(source, expected):
    assert imported_members(source, Path("ops/example.py")) == expected
