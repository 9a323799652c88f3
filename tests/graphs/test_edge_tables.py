"""Edge tables at the door: types, order, and the order of their names."""

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import GraphError
from edgelab.graphs import check_edges, edges_in_natural_order
from edgelab.graphs._edge_tables import arrows


def table(**columns):
    return pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], **columns})


def test_a_checked_table_has_final_types_and_no_annotation():
    given = table(sign=["activates", -1], weight=["0.1", 2], note=["x", "y"])
    checked = check_edges(given.set_index(pd.Index([7, 9])), "edges")
    assert checked.columns.tolist() == ["source", "target", "sign", "weight"]
    assert checked.index.tolist() == [0, 1]
    assert checked["sign"].tolist() == [1, -1] and checked["sign"].dtype == np.int8
    assert checked["weight"].tolist() == [0.1, 2.0]


@pytest.mark.parametrize("weight", [np.inf, None, "x", 1e300])
def test_a_weight_must_fit_into_a_graph(weight):
    with pytest.raises(GraphError, match=r"edges: a weight must be a finite.*rows 1"):
        check_edges(table(weight=[1.0, weight]), "edges")


def test_rows_go_by_natural_order_and_keep_their_index():
    edges = pd.DataFrame({"source": ["f10", "f2", "f2"], "target": ["a", "f10", "f9"]})
    assert edges_in_natural_order(edges).index.tolist() == [2, 1, 0]
    assert edges_in_natural_order(edges.iloc[:0]).empty


def test_messages_list_the_first_few_edges():
    edges = pd.DataFrame({"source": list("abc"), "target": list("bcd")})
    assert arrows(edges, limit=2) == "'a' -> 'b', 'b' -> 'c' and 1 more"
    assert arrows(edges, limit=3).endswith("'c' -> 'd'")
