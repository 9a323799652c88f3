"""What is public is written down: every room's face exports by name, and what it exports is told."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import edgelab

PACKAGE = Path(edgelab.__file__).parent
FACES = sorted(PACKAGE.rglob("__init__.py"))


def module_name(face: Path) -> str:
    return ".".join(["edgelab", *face.parent.relative_to(PACKAGE).parts])


def test_a_face_exports_by_name():
    """`from ._split import hold_out_edges as hold_out_edges`: no star, no change of name."""
    wrong = []
    for face in FACES:
        for node in ast.walk(ast.parse(face.read_text())):
            if isinstance(node, ast.ImportFrom):
                wrong += [f"{face}: {a.name}" for a in node.names if a.name != a.asname]
    assert wrong == []


def undocumented(name: str, thing: object) -> list[str]:
    """Names of a public function, or of a public class and its own public methods, without a docstring."""
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return []
    missing = [] if thing.__doc__ else [name]
    for member, value in vars(thing).items() if inspect.isclass(thing) else ():
        is_ours = isinstance(value, property | classmethod | staticmethod) or inspect.isfunction(
            value
        )
        if is_ours and not member.startswith("_") and not inspect.getdoc(getattr(thing, member)):
            missing.append(f"{name}.{member}")
    return missing


@pytest.mark.parametrize("name", [module_name(face) for face in FACES])
def test_what_a_face_exports_has_a_docstring(name):
    face = importlib.import_module(name)
    assert face.__doc__
    public = {key: value for key, value in vars(face).items() if not key.startswith("_")}
    missing = [
        entry for key, value in public.items() for entry in undocumented(f"{name}.{key}", value)
    ]
    assert missing == []


def test_missing_docstrings_are_found():
    class Told:
        """Told."""

        def told(self):
            """Told."""

        def untold(self):
            pass

    assert undocumented("Told", Told) == ["Told.untold"]
    assert undocumented("untold", lambda: None) == ["untold"]
