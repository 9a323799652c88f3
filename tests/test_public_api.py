"""A room's face exports by name, and what it exports is described."""

import ast
import importlib
import inspect
import re
import textwrap
from pathlib import Path
from types import FunctionType

import pytest

import edgelab

PACKAGE = Path(edgelab.__file__).parent
FACES = sorted(PACKAGE.rglob("__init__.py"))
# What a class can define for its users to call or read.
MEMBERS = (FunctionType, property, classmethod, staticmethod)


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
    if inspect.isfunction(thing):
        return [] if thing.__doc__ else [name]
    if not inspect.isclass(thing):
        return []
    missing = [] if thing.__doc__ else [name]
    for member, value in vars(thing).items():
        is_public = isinstance(value, MEMBERS) and not member.startswith("_")
        if is_public and not inspect.getdoc(getattr(thing, member)):
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
    class Example:
        """An example."""

        def described(self):
            """Described."""

        def bare(self):
            pass

    assert undocumented("Example", Example) == ["Example.bare"]
    assert undocumented("bare", lambda: None) == ["bare"]


def missing_parts(name: str, function: object) -> list[str]:
    """What the docstring of a public function lacks: arguments, what it returns, what it raises."""
    # Not an inherited docstring: that is complete where it stands.
    doc = inspect.cleandoc(function.__doc__ or "")
    if "\n" not in doc:
        return []  # a line says all where the names and types do the rest
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    signature = inspect.signature(function)
    missing = []
    for argument in signature.parameters:
        described = re.search(rf"(?m)^\s+\*{{0,2}}{argument}: ", doc)
        if argument not in {"self", "cls"} and not described:
            missing.append(f"{name}({argument})")
    returns = signature.return_annotation not in {None, "None", inspect.Signature.empty}
    if returns and not re.search(r"(?m)^(Returns|Yields):$", doc) and not is_property(tree):
        missing.append(f"{name} -> ?")
    undescribed = [error for error in sorted(raised_errors(tree)) if f"{error}: " not in doc]
    return missing + [f"{name} raises {error}" for error in undescribed]


def raised_errors(tree: ast.AST) -> set[str]:
    """Names of the errors that a function makes and raises itself."""
    errors = set()
    for node in ast.walk(tree):
        makes_one = isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        if makes_one and isinstance(node.exc.func, ast.Name):
            errors.add(node.exc.func.id)
    return errors


def is_property(tree: ast.AST) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in tree.decorator_list)


def public_functions(name: str) -> list[tuple[str, object]]:
    """Functions that a face exports, and the methods that its classes define."""
    functions = []
    for key, value in vars(importlib.import_module(name)).items():
        if key.startswith("_") or not getattr(value, "__module__", "").startswith("edgelab"):
            continue
        if inspect.isfunction(value):
            functions.append((key, value))
        elif inspect.isclass(value):
            for member, method in vars(value).items():
                is_own = inspect.isfunction(method) and method.__module__ == value.__module__
                if is_own and not member.startswith("_"):
                    functions.append((f"{key}.{member}", method))
    return functions


@pytest.mark.parametrize("name", [module_name(face) for face in FACES])
def test_a_docstring_describes_arguments_results_and_errors(name):
    missing = []
    for key, function in public_functions(name):
        missing += missing_parts(key, function)
    assert missing == []


def test_missing_parts_are_found():
    def halve(number: int, times: int) -> float:
        """Halve a number.

        Args:
            number: What to halve.
        """
        if times < 0:
            raise ValueError("times must not be negative")
        return number / 2**times

    assert missing_parts("halve", halve) == [
        "halve(times)",
        "halve -> ?",
        "halve raises ValueError",
    ]
