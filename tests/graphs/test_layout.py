"""Views of a graph by name."""

import numpy as np
import pandas as pd

from edgelab.graphs import (
    INPUT_EDGES,
    build_graph,
    edges_of,
    function_adjacency,
    function_names,
    prior_pairs,
)


def make():
    edges = pd.DataFrame(
        {"source": ["B", "A"], "target": ["C", "B"], "sign": [-1, 1], "weight": [0.5, 2.0]}
    )
    return build_graph(edges, input_edges=[("drug", "A")], output_edges=[("C", "C")])


def test_views_agree_with_the_tables():
    data = make()
    assert function_names(data) == ["B", "C", "A"]
    assert prior_pairs(data) == {("A", "B"), ("B", "C")}
    assert edges_of(data).to_numpy().tolist() == [["B", "C", -1, 0.5], ["A", "B", 1, 2.0]]
    assert edges_of(data, INPUT_EDGES).to_numpy().tolist() == [["drug", "A"]]


def test_adjacency_has_sources_in_rows():
    adjacency = function_adjacency(make())
    assert adjacency.dtype == bool
    assert np.argwhere(adjacency).tolist() == [[0, 1], [2, 0]]


def test_views_are_copies():
    data = make()
    function_names(data).append("X")
    table = edges_of(data)
    table["sign"] = 0
    assert function_names(data) == ["B", "C", "A"]
    assert data["function", "to", "function"].sign.tolist() == [-1, 1]


def test_a_table_of_edges_builds_the_same_graph_again():
    data = make()
    again = build_graph(
        edges_of(data), input_edges=edges_of(data, INPUT_EDGES), output_edges=[("C", "C")]
    )
    pd.testing.assert_frame_equal(edges_of(again), edges_of(data))
