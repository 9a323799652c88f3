import pandas as pd
import pytest

from edgelab.datasets._edge_tables import as_edge_table, edge_effects
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
    assert edge_effects(as_edge_table([], "edges")).size == 0


def test_numbers_of_genes_are_names():
    made = as_edge_table(pd.DataFrame({"source": [1956, 207], "target": ["207", "5594"]}), "edges")
    assert made.to_numpy().tolist() == [["1956", "207"], ["207", "5594"]]


def test_signs_may_be_words():
    made = as_edge_table(table(sign=["activates", "inhibits"]), "edges")
    assert made["sign"].tolist() == [1, -1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            pd.DataFrame({"from": ["a"], "to": ["b"]}),
            "edges: .*columns 'source' and 'target'.*got 'from', 'to'",
        ),
        (pd.DataFrame({"source": ["a", None], "target": ["b", "c"]}), "'source'.*rows 1"),
        ([("a", "b"), ("b", "c"), ("a", "b")], "1 edges occur more than once: 'a' -> 'b'"),
    ],
)
def test_bad_tables(given, message):
    with pytest.raises(DataError, match=message):
        as_edge_table(given, "edges")


def test_effects_by_hand():
    assert edge_effects(as_edge_table(table(), "edges")).tolist() == [1, 1]
    signed = as_edge_table(table(sign=[-1, None], weight=[2.0, 0.1]), "edges")
    assert edge_effects(signed).tolist() == [-2, 0.1]  # not the float32 of a graph


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"sign": [1, 2]}, "sign .*2"),
        ({"sign": [1, "sideways"]}, "'sideways'"),
        ({"weight": [1.0, float("inf")]}, "finite number, got inf in rows 1"),
        ({"weight": [1.0, None]}, "finite number.*rows 1"),
    ],
)
def test_bad_numbers(columns, message):
    with pytest.raises(DataError, match=message):
        as_edge_table(table(**columns), "edges")
