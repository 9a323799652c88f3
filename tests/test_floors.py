"""Imports only go down, and other rooms are entered by their face."""

import ast
from pathlib import Path

import pytest

import edgelab

PACKAGE = Path(edgelab.__file__).parent
# Rooms of one floor do not import each other. A new member of the package must find its floor here.
FLOORS = [
    {"errors", "typing", "table", "registry", "atomic", "checks", "seeds", "naming", "progress"}
    | {"plain_json", "provenance", "_version"},
    {"ops"},
    {"graphs", "evaluation", "linear", "sparsity"},
    {"datasets", "models"},
    {"tasks"},
    {"training", "growth", "screens"},
    {"inference", "perturbation"},
    {"methods"},
    {"confidence", "refinement", "responses"},
    {"benchmark", "report"},
    {"jobs"},
    {"cli"},
    {"__init__", "__main__"},
]
FLOOR_OF = {member: floor for floor, members in enumerate(FLOORS) for member in members}
FILES = [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))]
MODULES = {"/".join(file.with_suffix("").parts).removesuffix("/__init__") for file in FILES}


def imported_modules(source: str, file: Path) -> set[str]:
    """Modules of the package that a file imports, at its head or inside functions: `ops/_slots`."""
    modules = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {module_of(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, file)
            modules |= {module_of([*base, alias.name]) for alias in node.names}
    return modules - {None}


def absolute(node: ast.ImportFrom, file: Path) -> list[str]:
    module = node.module.split(".") if node.module else []
    if not node.level:
        return module
    package = ["edgelab", *file.parent.parts]
    return package[: len(package) - node.level + 1] + module


def module_of(dotted: list[str]) -> str | None:
    """The longest beginning that is a module of the package; None for another package."""
    if dotted[0] != "edgelab":
        return None
    for end in range(len(dotted), 1, -1):
        if "/".join(dotted[1:end]) in MODULES:
            return "/".join(dotted[1:end])
    return "__init__"


def member_of(module: str) -> str:
    return module.split("/")[0].removesuffix(".py")


def broken_floors(source: str, file: Path) -> list[str]:
    own = member_of(str(file))
    others = {member_of(module) for module in imported_modules(source, file)} - {own}
    return [
        f"{file} (floor {FLOOR_OF[own]}) imports edgelab.{member} (floor {FLOOR_OF[member]})"
        for member in sorted(others)
        if not (FLOOR_OF[member] < FLOOR_OF[own] or FLOOR_OF[member] == 0)
    ]


def passed_faces(source: str, file: Path) -> list[str]:
    """Imports of a private file of another room, or of a sub-room beside the file's own."""
    here = [*file.parent.parts]
    passed = []
    for module in imported_modules(source, file):
        *folders, name = module.split("/")
        is_private = name.startswith("_") and name not in {"_version", "__init__"}
        if is_private and folders != here[: len(folders)]:
            passed.append(f"{file} imports edgelab.{module.replace('/', '.')}")
    return passed


def test_every_member_has_a_floor():
    members = {member_of(str(file)) for file in FILES}
    assert members <= FLOOR_OF.keys(), "add it to FLOORS"
    assert FLOOR_OF.keys() <= members, "FLOORS names what does not exist"


def test_a_file_imports_only_from_below_or_from_its_own_room():
    assert [
        broken for file in FILES for broken in broken_floors((PACKAGE / file).read_text(), file)
    ] == []


def test_other_rooms_are_entered_by_their_face():
    assert [
        passed for file in FILES for passed in passed_faces((PACKAGE / file).read_text(), file)
    ] == []


def test_files_of_a_room_are_private():
    """What is public stands in a face: a room's files are `_name.py`, its sub-rooms have a face."""
    inside = [file for file in FILES if len(file.parts) > 1]
    assert [str(file) for file in inside if not file.name.startswith("_")] == []


def forgotten_files(files: dict[Path, str]) -> set[str]:
    """Private files that no other file imports."""
    imported = set()
    for file, source in files.items():
        imported |= imported_modules(source, file)
    modules = {str(file.with_suffix("")) for file in files if file.name[:2] != "__"}
    return modules - imported


def test_no_file_is_forgotten():
    """What no face and no neighbour imports is never loaded; only readers are found by folder."""
    files = {file: (PACKAGE / file).read_text() for file in FILES}
    forgotten = forgotten_files(files)
    assert {name for name in forgotten if not name.startswith("datasets/readers/_")} == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import edgelab.models._gsnn", {"models/_gsnn"}),
        ("from edgelab.models import GSNN", {"models"}),
        ("from edgelab import models, errors", {"models", "errors"}),
        ("from edgelab import GSNN", {"__init__"}),
        ("def f():\n    from ..training._fit import fit", {"training/_fit"}),
        ("from . import _slots", {"ops/_slots"}),
        ("from .. import inference", {"inference"}),
        ("import torch, numpy.linalg", set()),
        ("from edgelab import *", {"__init__"}),
    ],
)
def test_imports_are_recognised(source, expected):
    assert imported_modules(source, Path("ops/_example.py")) == expected


def test_forgotten_files_are_found():
    files = {Path("ops/__init__.py"): "from ._slots import slot_layout", Path("ops/_slots.py"): ""}
    assert forgotten_files(files) == set()
    assert forgotten_files(files | {Path("ops/_wiring.py"): ""}) == {"ops/_wiring"}


def test_broken_floors_and_passed_faces_are_found():
    file = Path("ops/_example.py")
    assert broken_floors("from edgelab.models import GSNN", file)
    assert passed_faces("from edgelab.models._gsnn import GSNN", file)
    assert passed_faces("from ..models._gsnn import GSNN", file)
    assert not passed_faces("from ._slots import slot_layout", file)
    assert not broken_floors("from edgelab.errors import GraphError", file)
