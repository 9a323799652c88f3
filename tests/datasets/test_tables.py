import pandas as pd
import pytest

from edgelab.datasets._tables import as_edge_table, edge_effects
from edgelab.errors import DataError


def table(**columns):
    return pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], **columns})


def test_a_table_keeps_its_columns_and_is_not_the_callers():
    given = table(sign=[1, -1], note=["x", "y"]).set_index(pd.Index([7, 9]))
    made = as_edge_table(given, "edges")
    assert made.columns.tolist() == [
        "source",
        "target",
        "sign",
        "note",
    ] and made.index.tolist() == [0, 1]
    made.loc[0, "source"] = "changed"
    assert given["source"].tolist() == ["a", "b"]


def test_no_edges_are_allowed():
    assert as_edge_table([], "edges").columns.tolist() == ["source", "target"]
    assert edge_effects(as_edge_table([], "edges"), "edges").size == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            pd.DataFrame({"from": ["a"], "to": ["b"]}),
            "edges lacks the column.*'source', 'target'.*'from'",
        ),
        (pd.DataFrame({"source": ["a", None], "target": ["b", "c"]}), "row 1"),
        ([("a", "b"), ("b", "c"), ("a", "b")], r"more than once: \('a', 'b'\)"),
    ],
)
def test_bad_tables(given, message):
    with pytest.raises(DataError, match=message):
        as_edge_table(given, "edges")


def test_effects_by_hand():
    assert edge_effects(table(), "edges").tolist() == [1, 1]
    assert edge_effects(table(sign=[-1, None], weight=[2.0, 3.0]), "edges").tolist() == [-2, 3]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"sign": [1, 2]}, "sign .*2"),
        ({"sign": [1, "up"]}, "'up'"),
        ({"weight": [1.0, float("inf")]}, "inf"),
        ({"weight": [1.0, None]}, "not a finite number"),
    ],
)
def test_bad_numbers(columns, message):
    with pytest.raises(DataError, match=message):
        edge_effects(table(**columns), "edges")
