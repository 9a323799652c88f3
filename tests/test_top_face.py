"""`import edgelab` loads nothing heavy, and every name of the top face is there on first use."""

import ast
import importlib
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import edgelab

SOURCE = Path(edgelab.__file__)
HEAVY = {
    *("torch", "torch_geometric", "numpy", "scipy", "pandas", "sklearn", "statsmodels"),
    *("matplotlib", "networkx", "pyarrow", "jaxtyping"),
}
LIGHT = ("errors", "registry", "checks", "naming", "seeds", "atomic")


def names_for_type_checkers() -> dict[str, str]:
    """The rooms from which the block `if TYPE_CHECKING` imports, by name."""
    tree = ast.parse(SOURCE.read_text())
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    rooms = {}
    for node in block.body:
        for alias in node.names:
            rooms[alias.name] = node.module.removeprefix("edgelab.")
    return rooms


def test_type_checkers_and_python_see_the_same_names():
    assert names_for_type_checkers() == edgelab._ROOM_OF


@pytest.mark.parametrize("name", sorted(edgelab._ROOM_OF))
def test_a_name_is_the_one_of_its_room(name):
    room = importlib.import_module(f"edgelab.{edgelab._ROOM_OF[name]}")
    thing = getattr(edgelab, name)
    assert thing is getattr(room, name)
    assert pickle.loads(pickle.dumps(thing)) is thing


def test_every_room_is_an_attribute():
    entries = {path.stem for path in SOURCE.parent.iterdir() if path.suffix == ".py"}
    entries |= {path.parent.name for path in SOURCE.parent.glob("*/__init__.py")}
    # The command line is no part of the library's face.
    public = {name for name in entries if not name.startswith("_")}
    assert public - {"cli"} == edgelab._ROOMS
    for name in edgelab._ROOMS:
        assert getattr(edgelab, name) is importlib.import_module(f"edgelab.{name}")


def test_dir_lists_names_and_rooms():
    assert {"infer_edges", "GSNN", "errors", "report", "__version__"} <= set(dir(edgelab))
    assert "import_module" not in dir(edgelab)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="infer_edge"):
        _ = edgelab.infer_edge
    assert not hasattr(edgelab, "Chart")


def loaded_by(code: str) -> set[str]:
    """The packages that some code loads in a process of its own."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_the_package_and_its_light_modules_load_nothing_heavy():
    modules = ", ".join(f"edgelab.{name}" for name in LIGHT)
    assert loaded_by(f"import edgelab, {modules}; dir(edgelab)") & HEAVY == set()


def test_a_name_loads_what_it_needs():
    assert "torch" in loaded_by("import edgelab; edgelab.GSNN")
