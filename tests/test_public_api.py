"""What is public is written down: a docstring for every name, explicit re-exports, no star."""

import ast
from pathlib import Path

import pytest

import edgelab

PACKAGE = Path(edgelab.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
PACKAGES = [path for path in FILES if path.name == "__init__.py"]


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def is_public(name: str) -> bool:
    return not name.startswith("_")


def lacks_docstring(tree: ast.Module) -> list[str]:
    """Public classes and functions of a module, and their public methods and properties, without a docstring."""
    missing = [] if ast.get_docstring(tree) else ["the module"]
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not is_public(node.name):
            continue
        if not ast.get_docstring(node):
            missing.append(node.name)
        missing += [f"{node.name}.{method.name}" for method in methods(node) if not documented(method)]
    return missing


def methods(node: ast.AST) -> list[ast.FunctionDef]:
    """Public methods of a class; a setter is documented by its property, an overload by what it overloads."""
    if not isinstance(node, ast.ClassDef):
        return []
    found = [child for child in node.body if isinstance(child, ast.FunctionDef) and is_public(child.name)]
    return [method for method in found if not any(is_variant(decorator) for decorator in method.decorator_list)]


def is_variant(decorator: ast.expr) -> bool:
    return (isinstance(decorator, ast.Attribute) and decorator.attr in {"setter", "deleter"}) or (
        isinstance(decorator, ast.Name) and decorator.id in {"overload", "override"}
    )


def documented(node: ast.FunctionDef) -> bool:
    return bool(ast.get_docstring(node))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_public_name_has_a_docstring(path):
    assert not lacks_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", PACKAGES, ids=name_of)
def test_a_package_re_exports_by_name(path):
    """`from .split import hold_out_edges as hold_out_edges`, never a star and never a change of name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.level or (node.module or "").startswith("edgelab")):
            continue
        for alias in node.names:
            assert alias.name != "*", f"{name_of(path)} imports a star from {node.module}"
            if is_public(alias.asname or alias.name):
                assert alias.asname == alias.name, (
                    f"{name_of(path)}: write `import {alias.name} as {alias.name}`, which marks it as public"
                )


@pytest.mark.parametrize("path", PACKAGES, ids=name_of)
def test_a_re_export_is_defined_with_a_docstring_where_it_comes_from(path):
    """Re-exported functions and classes; constants are documented by the module that holds them."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module and (node.level == 1):
            source = path.parent.joinpath(*node.module.split("."))
            source = source / "__init__.py" if source.is_dir() else source.with_suffix(".py")
            assert source.exists(), f"{name_of(path)} re-exports from {source}"
            names = top_level_names(ast.parse(source.read_text()))
            assert {alias.name for alias in node.names} <= names


def top_level_names(tree: ast.Module) -> set[str]:
    names = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_outgrows_a_readers_patience(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def f(): pass", ["the module", "f"]),
        ('"""Doc."""\ndef _f(): pass', []),
        ('"""Doc."""\nclass A:\n    """Doc."""\n    def f(self): pass\n    def _g(self): pass', ["A.f"]),
        ('"""Doc."""\nclass _A:\n    def f(self): pass', []),
        ('"""Doc."""\nclass A:\n    """Doc."""\n    def __len__(self): return 0', []),
    ],
)
def test_missing_docstrings_are_found(source, missing):
    assert lacks_docstring(ast.parse(source)) == missing
