"""Finished cells: a file each, found again, refused when they are of another run."""

import json
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgelab.benchmark._cells import CellKey, CellStore
from edgelab.errors import ConfigError, DataError

KEY = CellKey(dataset="toy", variant="one sample less", seed=0, scorer="mei")
NAMES = st.text("a0 ._-/~", min_size=1, max_size=4)
KEYS = st.builds(
    CellKey,
    dataset=NAMES,
    variant=st.sampled_from(["hold-out", "whole", "one sample less"]),
    seed=st.integers(0, 12),
    scorer=NAMES,
)


def test_plain_names_can_be_read_in_the_file_name():
    assert KEY.file_name == "toy.one_sample_less.0.mei.json"


@given(KEYS, KEYS)
def test_different_cells_have_different_files(first, second):
    assert (first.file_name == second.file_name) == (first == second)
    assert "/" not in first.file_name and " " not in first.file_name


def test_names_that_look_alike_have_different_files():
    names = ["net 1", "net_1", "net/1", "net:1"]
    files = [
        CellKey(dataset=name, variant="hold-out", seed=0, scorer="mei").file_name for name in names
    ]
    assert all(one != other for one, other in combinations(files, 2))
    # What would be one text with dots between the parts, too.
    inner = CellKey(dataset="a", variant="whole", seed=0, scorer="b.whole.0.c")
    outer = CellKey(dataset="a.whole.0.b", variant="whole", seed=0, scorer="c")
    assert inner.file_name != outer.file_name


def test_a_cell_is_read_as_it_was_written(tmp_path):
    store = CellStore(tmp_path)
    assert store.read(KEY) is None and not store.is_finished(KEY, "abc", redo=False)
    store.write(KEY, "abc", {"top": [["a", "b"]]})
    assert store.is_finished(KEY, "abc", redo=False)
    assert store.read(KEY)["top"] == [["a", "b"]]


def test_a_cell_of_another_run_is_refused_or_replaced(tmp_path):
    store = CellStore(tmp_path)
    store.write(KEY, "abc", {})
    with pytest.raises(ConfigError, match=r"toy\.one_sample_less.*--redo"):
        store.is_finished(KEY, "xyz", redo=False)
    assert not store.is_finished(KEY, "xyz", redo=True)


def test_a_file_that_holds_another_data_set_is_not_taken_for_this_one(tmp_path):
    """As on a disk that ignores case."""
    store = CellStore(tmp_path)
    store.write(KEY, "abc", {})
    path = tmp_path / KEY.file_name
    path.write_text(path.read_text().replace("toy", "Toy"))
    with pytest.raises(ConfigError, match="--redo"):
        store.is_finished(KEY, "abc", redo=False)
    with pytest.raises(DataError, match="'Toy' instead of 'toy'"):
        store.read(KEY)


@pytest.mark.parametrize("text", ["{", json.dumps({"mrr": 1})])
def test_a_damaged_cell_is_named(text, tmp_path):
    (tmp_path / KEY.file_name).write_text(text)
    with pytest.raises(DataError, match=r"mei\.json.*Delete it"):
        CellStore(tmp_path).read(KEY)
