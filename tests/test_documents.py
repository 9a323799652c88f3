"""What the documents name exists: names of Python, files, and targets of make."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Not the changelog, which also tells what there was.
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
DOTTED = re.compile(r"\bedgelab(?:\.[A-Za-z]\w*)+")
# `jobs/_infer.py`, but not `_NAME.py`, which stands for any.
FILE = re.compile(r"`((?![^`]*_NAME)\w+(?:/\w+)+\.py)`")
# A stop of a sample: a function or class, and the file in which it is.
STOP = re.compile(r"^\d+\. `(\w+)` \(`([\w/]+\.py)`\):", re.MULTILINE)
TARGET = re.compile(r"`make (\w+)`")


def missing_name(dotted: str) -> str | None:
    """The first part of a dotted name that is not there; None if all are."""
    thing = importlib.import_module("edgelab")
    passed = "edgelab"
    for part in dotted.split(".")[1:]:
        passed = f"{passed}.{part}"
        if not hasattr(thing, part):
            try:
                importlib.import_module(passed)
            except ModuleNotFoundError:
                return passed
        thing = getattr(thing, part)
    return None


def names_in(text: str) -> set[str]:
    return {name for name in DOTTED.findall(text) if not name.endswith((".py", ".git"))}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_name_of_edgelab_in_a_document_exists(document):
    missing = {missing_name(name) for name in names_in(document.read_text())}
    assert missing - {None} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_and_target_in_a_document_exists(document):
    text = document.read_text()
    roots = (ROOT, ROOT / "edgelab")
    assert {
        file for file in FILE.findall(text) if not any((r / file).exists() for r in roots)
    } == set()
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(TARGET.findall(text)) <= targets


def test_the_stops_of_a_sample_are_where_the_map_says():
    stops = STOP.findall((ROOT / "docs" / "architecture.md").read_text())
    assert len(stops) > 10
    for name, file in stops:
        source = (ROOT / "edgelab" / file).read_text()
        assert re.search(rf"^ *(def|class) {name}\b", source, re.MULTILINE), (name, file)


def test_every_name_of_edgelab_in_the_source_exists():
    missing = {
        f"{path.relative_to(ROOT)}: {absent}"
        for path in sorted((ROOT / "edgelab").rglob("*.py"))
        for name in names_in(path.read_text())
        if (absent := missing_name(name)) is not None
    }
    assert missing == set()


def test_missing_names_are_found():
    assert missing_name("edgelab.graphs.hold_out_edges") is None
    assert missing_name("edgelab.infer_edges") is None
    assert missing_name("edgelab.graphs.hold_out_edge") == "edgelab.graphs.hold_out_edge"
    assert missing_name("edgelab.grafs.hold_out_edges") == "edgelab.grafs"
