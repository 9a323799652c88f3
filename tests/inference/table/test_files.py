import numpy as np
import pandas as pd
import pytest

from edgelab.errors import ConfigError, TableError
from edgelab.inference import (
    PairSpace,
    RawScores,
    edge_table,
    load_table,
    save_table,
    write_full_table,
)
from edgelab.inference.table import _columns as columns
from edgelab.table import sort_edge_table

NAMES = ("mek", "NA", "1", "nan", "erk")


def pairs() -> PairSpace:
    return PairSpace(NAMES, NAMES, np.array([[2, 0], [0, 3]]), same_nodes=True)


def scorer(seed=0):
    rng = np.random.default_rng(seed)
    score, p_value = rng.normal(size=(5, 5)), rng.random((5, 5))
    score[1, 2] = p_value[1, 2] = np.nan
    return lambda targets: RawScores(
        score=score[:, targets], p_value=p_value[:, targets], extras={"sign": score[:, targets] > 0}
    )


@pytest.mark.parametrize("suffix", [".parquet", ".tsv"])
def test_what_is_saved_is_loaded(tmp_path, suffix):
    table = edge_table(scorer(), pairs())
    loaded = load_table(save_table(table, tmp_path / f"edges{suffix}"))
    text = {"src_func": str, "dst_func": str}
    pd.testing.assert_frame_equal(
        loaded.astype(text), table.astype(text), check_dtype=suffix == ".parquet"
    )


@pytest.mark.parametrize("block_entries", [1, 12, 1000])
@pytest.mark.parametrize("q_family", ["candidates", "all"])
def test_the_streamed_file_holds_the_full_table(tmp_path, monkeypatch, block_entries, q_family):
    monkeypatch.setattr(columns, "BLOCK_ENTRIES", block_entries)
    path = tmp_path / "edges.parquet"
    assert write_full_table(scorer(), pairs(), path, q_family=q_family) == 20
    expected = edge_table(scorer(), pairs(), q_family=q_family)
    pd.testing.assert_frame_equal(
        sort_edge_table(load_table(path)), expected, check_categorical=False, rtol=1e-12
    )


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path, monkeypatch):
    path = save_table(edge_table(scorer(0), pairs()), tmp_path / "edges.parquet")
    before = path.read_bytes()
    monkeypatch.setattr(columns, "BLOCK_ENTRIES", 5)

    def breaks_in_the_second_pass(targets, calls=[]):  # noqa: B006 - counts the calls
        calls.append(targets)
        if len(calls) > 7:
            raise RuntimeError("lost")
        return scorer(1)(targets)

    with pytest.raises(RuntimeError, match="lost"):
        write_full_table(breaks_in_the_second_pass, pairs(), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["edges.parquet"]


def test_an_unknown_ending_is_refused(tmp_path):
    table = edge_table(scorer(), pairs())
    with pytest.raises(ConfigError, match="change the ending"):
        save_table(table, tmp_path / "edges.xlsx")
    with pytest.raises(ConfigError, match="end the path in"):
        write_full_table(scorer(), pairs(), tmp_path / "edges.tsv")


@pytest.mark.parametrize("name", ["edges.parquet", "edges.tsv"])
def test_a_damaged_or_absent_file_is_refused(tmp_path, name):
    with pytest.raises(TableError, match=r"no edge table .* Check the path"):
        load_table(tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(TableError, match="cannot read the edge table"):
        load_table(tmp_path / name)


def test_a_truncated_parquet_file_is_refused(tmp_path):
    path = save_table(edge_table(scorer(), pairs()), tmp_path / "edges.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TableError, match="cannot read the edge table"):
        load_table(path)


def test_another_table_is_refused(tmp_path):
    (tmp_path / "edges.tsv").write_text("source\ttarget\nraf\tmek\n")
    with pytest.raises(TableError, match="lacks 'src_func'"):
        load_table(tmp_path / "edges.tsv")
