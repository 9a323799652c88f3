"""A word is opened by the reader that recognises it; what was tried is said otherwise."""

import importlib
import shutil
from pathlib import Path

import pytest

from edgelab.datasets import BUNDLED, READERS, Reader, open_dataset, readers, sachs
from edgelab.errors import ConfigError, DataError

FILES = {
    "dream4": {"knockouts.tsv": "G1\tG2\n0\t1\n1\t0\n", "gold_edges.tsv": "G1\tG2\n"},
    "cellnopt": {
        "PKN-toy.sif": "egf 1 mek\n",
        "MD-toy.csv": "TR:EGF,DA:MEK,DV:MEK\n1,30,0.7\n0,30,0.1\n",
    },
    "tables": {"edges.csv": "source,target\na,b\n", "x.csv": "a\n0\n1\n", "y.csv": "b\n1\n2\n"},
}


def write(folder, *names):
    for name in names:
        for file, text in FILES[name].items():
            (folder / file).write_text(text)


def test_every_reader_is_tried_here():
    assert set(FILES) == set(READERS)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_is_opened_by_the_one_reader_that_recognises_it(name, tmp_path):
    write(tmp_path, name)
    assert [reader for reader in READERS if READERS[reader].recognises(tmp_path)] == [name]
    assert open_dataset(tmp_path).n_samples == open_dataset(str(tmp_path)).n_samples == 2


@pytest.mark.parametrize("name", FILES)
def test_no_reader_recognises_an_empty_folder_or_a_foreign_file(name, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "nowhere"):
        assert not READERS[name].recognises(path)


def test_what_was_tried_is_listed(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(DataError, match="no reader recognises it") as caught:
            open_dataset(path)
        assert all(READERS[name].description in str(caught.value) for name in READERS)


def test_a_word_that_is_nothing_names_the_bundled_ones():
    with pytest.raises(ConfigError, match=r"'sachz' is neither .*ecoli70, sachs.*close: 'sachs'"):
        open_dataset("sachz")


def test_two_data_sets_in_one_folder_are_not_chosen_between(tmp_path):
    write(tmp_path, "dream4", "tables")
    with pytest.raises(DataError, match=r"several readers.*dream4, tables.*folder of its own"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("missing", ["edges.csv", "y.csv"])
def test_a_missing_table_is_named(missing, tmp_path):
    write(tmp_path, "tables")
    (tmp_path / missing).unlink()
    with pytest.raises(DataError, match=f"no file .*{missing}"):
        open_dataset(tmp_path)


def test_tables_of_input_and_output_edges_are_read_where_there_are_some(tmp_path):
    write(tmp_path, "tables")
    (tmp_path / "x.csv").write_text("drug\n0\n1\n")
    (tmp_path / "input_edges.csv").write_text("source,target\ndrug,a\n")
    (tmp_path / "y.csv").write_text("readout\n1\n2\n")
    (tmp_path / "output_edges.csv").write_text("source,target\nb,readout\n")
    data = open_dataset(tmp_path)
    assert (data.inputs, data.outputs) == (["drug"], ["readout"])


def test_a_reader_that_registers_itself_is_asked_too(tmp_path, monkeypatch):
    path = tmp_path / "cells.toy"
    path.write_text("")
    entries = {name: READERS[name] for name in READERS}
    monkeypatch.setattr(READERS, "_entries", entries)
    toy = Reader(
        description="toy: a file that ends in .toy",
        recognises=lambda path: path.suffix == ".toy",
        read=lambda path: sachs(),
    )
    READERS.register("toy")(toy)
    assert open_dataset(path).name == "sachs"


NEW_FILE = """
from edgelab.datasets.bundled import sachs

from ._registry import READERS, Reader

READERS.register("toy")(
    Reader(
        description="toy: a file that ends in .toy",
        recognises=lambda path: path.suffix == ".toy",
        read=lambda path: sachs(),
    )
)
"""


def test_a_new_file_beside_the_readers_is_all_that_a_reader_needs(tmp_path, monkeypatch):
    # A copy of the room under another name, with a registry of its own.
    copy = tmp_path / "readers_and_toy"
    shutil.copytree(Path(readers.__file__).parent, copy)
    (copy / "_toy.py").write_text(NEW_FILE)
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.import_module(copy.name).READERS.names() == [*READERS, "toy"]
    assert "toy" not in READERS


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_data_sets_are_opened_by_name(name):
    assert open_dataset(name).name == name
