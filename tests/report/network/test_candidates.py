import numpy as np
import pandas as pd
import pytest

from edgelab.errors import ConfigError, TableError
from edgelab.graphs import build_graph
from edgelab.report import candidate_network, top_candidates
from edgelab.table import COLUMNS

NAN = float("nan")
ROWS = [
    ("a", "b", 0, 1, 0.9, True, 0.5, NAN),
    ("b", "a", 1, 0, 0.2, False, 0.04, 0.08),
    ("c", "a", 2, 0, 0.7, False, NAN, NAN),
    ("a", "c", 0, 2, NAN, False, NAN, NAN),
    ("c", "b", 2, 1, float("inf"), False, 0.01, 0.04),
]


def table(rows=ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.fixture
def data():
    edges = pd.DataFrame(
        {"source": ["a", "d"], "target": ["b", "a"], "sign": [-1, 0], "weight": [0.5, 2.0]}
    )
    return build_graph(
        edges, input_edges=[("drug", "a"), ("drug", "c")], output_edges=[("b", "b_level")]
    )


def test_edges_and_their_attributes_by_hand(data):
    graph = candidate_network(table().assign(sign=[1.0, -1.0, NAN, 1.0, 0.0]), data)
    assert set(graph) == {"a", "b", "c", "d"}
    assert dict(graph.edges) == {
        ("a", "b"): {"kind": "prior", "sign": -1, "weight": 0.5, "score": 0.9, "p_value": 0.5},
        ("d", "a"): {"kind": "prior", "weight": 2.0},
        ("c", "b"): {"kind": "candidate", "p_value": 0.01, "q_value": 0.04, "rank": 1},
        ("c", "a"): {"kind": "candidate", "score": 0.7, "rank": 2},
        ("b", "a"): {
            "kind": "candidate",
            "score": 0.2,
            "p_value": 0.04,
            "q_value": 0.08,
            "sign": -1,
            "rank": 3,
        },
    }
    plain = {type(value) for _, _, edge in graph.edges(data=True) for value in edge.values()}
    assert plain == {str, float, int}


def test_only_the_best_are_added_whatever_the_order_of_rows(data):
    shuffled = table().sample(frac=1, random_state=1)
    assert top_candidates(shuffled, 2)["score"].tolist() == [np.inf, 0.7]
    graph = candidate_network(shuffled, data, top=1)
    assert [edge for *edge, kind in graph.edges(data="kind") if kind == "candidate"] == [["c", "b"]]


def test_categorical_names_become_text(data):
    rows = table().astype({"src_func": "category", "dst_func": "category"})
    assert dict(candidate_network(rows, data).edges) == dict(candidate_network(table(), data).edges)


@pytest.mark.parametrize("top", [0, -1])
def test_top_must_be_positive(data, top):
    with pytest.raises(ConfigError, match="top must be a positive integer"):
        top_candidates(table(), top)


def test_bad_tables(data):
    with pytest.raises(TableError, match="none of the 0 rows"):
        candidate_network(table([]), data)
    with pytest.raises(TableError, match="none of the 5 rows is a candidate"):
        candidate_network(table().assign(score=NAN), data)
    with pytest.raises(TableError, match="lacks 'has_edge'"):
        candidate_network(table().drop(columns="has_edge"), data)
    with pytest.raises(TableError, match="repeat a pair"):
        candidate_network(pd.concat([table(), table()]), data)
    with pytest.raises(TableError, match="1 functions of the table are not in the network: 'B'"):
        candidate_network(table([("B", "a", 1, 0, 0.2, False, NAN, NAN)]), data)
    with pytest.raises(TableError, match="is an edge of the prior network"):
        candidate_network(table().assign(has_edge=False), data)
