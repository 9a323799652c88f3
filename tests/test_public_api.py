"""What is public is written down: a room's face exports by name, and what it exports is told."""

import ast
import importlib
import inspect
import re
import textwrap
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
            if isinstance(node, ast.ImportFrom) and is_ours(node):
                wrong += [f"{face}: {a.name}" for a in node.names if a.name != a.asname]
    assert wrong == []


def is_ours(node: ast.ImportFrom) -> bool:
    return bool(node.level) or node.module.split(".")[0] == "edgelab"


def undocumented(name: str, thing: object) -> list[str]:
    """A public function, or a class and its own public methods, without a docstring."""
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return []
    missing = [] if thing.__doc__ else [name]
    for member, value in vars(thing).items() if inspect.isclass(thing) else ():
        is_callable = isinstance(value, property | classmethod | staticmethod)
        is_callable = is_callable or inspect.isfunction(value)
        if is_callable and not member.startswith("_") and not inspect.getdoc(getattr(thing, member)):
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


def untold_parts(name: str, function: object) -> list[str]:
    """What the docstring of a public function lacks: arguments, what it returns, what it raises."""
    doc = inspect.cleandoc(
        function.__doc__ or ""
    )  # not an inherited one, which is told where it stands
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if "\n" not in doc:
        return []  # a line says all where the names and types do the rest
    signature = inspect.signature(function)
    arguments = [key for key in signature.parameters if key not in {"self", "cls"}]
    missing = [
        f"{name}({key})" for key in arguments if not re.search(rf"(?m)^\s+\*{{0,2}}{key}: ", doc)
    ]
    gives = signature.return_annotation not in {None, "None", inspect.Signature.empty}
    if gives and not re.search(r"(?m)^(Returns|Yields):$", doc) and not is_property(tree):
        missing.append(f"{name} -> ?")
    raised = {
        node.exc.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
    }
    return missing + [
        f"{name} raises {error}" for error in sorted(raised) if f"{error}: " not in doc
    ]


def is_property(tree: ast.AST) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in tree.decorator_list)


def public_functions(name: str) -> list[tuple[str, object]]:
    """Functions that a face exports, and the methods that its classes define."""
    found = []
    for key, value in vars(importlib.import_module(name)).items():
        if key.startswith("_") or not getattr(value, "__module__", "").startswith("edgelab"):
            continue
        if inspect.isfunction(value):
            found.append((key, value))
        elif inspect.isclass(value):
            own = [(f"{key}.{m}", v) for m, v in vars(value).items() if not m.startswith("_")]
            found += [
                (m, v) for m, v in own if inspect.isfunction(v) and v.__module__ == value.__module__
            ]
    return found


@pytest.mark.parametrize("name", [module_name(face) for face in FACES])
def test_a_docstring_tells_arguments_results_and_errors(name):
    assert [
        part for key, value in public_functions(name) for part in untold_parts(key, value)
    ] == []


def test_untold_parts_are_found():
    def halve(number: int, times: int) -> float:
        """Halve a number.

        Args:
            number: What to halve.
        """
        if times < 0:
            raise ValueError("times must not be negative")
        return number / 2**times

    assert untold_parts("halve", halve) == ["halve(times)", "halve -> ?", "halve raises ValueError"]
