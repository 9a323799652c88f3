"""To networkx and back, and what cannot come from there."""

import networkx as nx
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.errors import GraphError
from edgelab.graphs import (
    EDGE_TYPES,
    NODE_TYPES,
    build_graph,
    edges_of,
    from_networkx,
    to_networkx,
)

NAMES = ["Akt", "Mek", "Erk", "Raf"]
SHARED = st.sampled_from(NAMES)


def tables(pairs, signs):
    table = pd.DataFrame(sorted(pairs), columns=["source", "target"])
    return table.assign(
        sign=[signs[i % len(signs)] for i in range(len(table))],
        weight=[i / 7 for i in range(len(table))],
    )


def by_name(data, edge_type):
    return edges_of(data, edge_type).sort_values(["source", "target"], ignore_index=True)


@settings(max_examples=20)
@given(
    st.sets(st.tuples(SHARED, SHARED).filter(lambda pair: pair[0] != pair[1]), min_size=1),
    st.sets(st.tuples(SHARED, SHARED), min_size=1),
    st.sets(st.tuples(SHARED, SHARED), min_size=1),
    st.lists(st.sampled_from([-1, 0, 1]), min_size=1),
)
def test_the_way_there_and_back_keeps_everything(between, into, out_of, signs):
    """All three node types share their names here."""
    data = build_graph(
        tables(between, signs),
        input_edges=tables(into, signs),
        output_edges=tables(out_of, signs),
        **dict.fromkeys(("functions", "inputs", "outputs"), NAMES),
    )
    back = from_networkx(to_networkx(data))
    for kind in NODE_TYPES:
        assert back[kind].node_names == data[kind].node_names
        assert back[kind].num_nodes == data[kind].num_nodes
    for edge_type in EDGE_TYPES:
        pd.testing.assert_frame_equal(by_name(back, edge_type), by_name(data, edge_type))


def test_nodes_are_keyed_by_type_and_name():
    data = build_graph(
        pd.DataFrame({"source": ["Raf"], "target": ["Akt"], "sign": [-1], "weight": [0.5]}),
        input_edges=[("Akt", "Raf")],
        output_edges=[("Akt", "Akt")],
        functions=["Raf", "Akt", "alone"],
    )
    graph = to_networkx(data)
    assert graph.nodes["output", "Akt"] == {"node_type": "output", "name": "Akt"}
    assert ("function", "alone") in graph
    assert graph.edges[("function", "Raf"), ("function", "Akt")] == {
        "sign": -1,
        "weight": 0.5,
    }
    assert graph.edges[("input", "Akt"), ("function", "Raf")] == {}
    assert graph.number_of_edges() == 3


def test_graphs_can_be_written_for_cytoscape(tmp_path):
    edges = pd.DataFrame({"source": ["Raf"], "target": ["Mek"], "sign": [1], "weight": [0.5]})
    graph = to_networkx(
        build_graph(edges, input_edges=[("EGF", "Raf")], output_edges=[("Mek", "Mek")])
    )
    nx.write_graphml(graph, tmp_path / "g.graphml")
    again = nx.read_graphml(tmp_path / "g.graphml")
    assert sorted(again.nodes[node]["name"] for node in again) == ["EGF", "Mek", "Mek", "Raf"]


def test_plain_names_with_lists():
    graph = nx.DiGraph()
    graph.add_edge("Raf", "Mek", sign="inhibits", pmid=1)
    graph.add_edges_from([("EGF", "Raf"), ("Mek", "pMek"), ("Mek", "Erk")])
    graph.add_node("alone")
    data = from_networkx(graph, inputs=["EGF"], outputs=["pMek"])
    assert data["function"].node_names == ["Raf", "Mek", "Erk", "alone"]
    assert data["function", "to", "function"].sign.tolist() == [-1, 0]
    same = from_networkx(
        graph, inputs=["EGF"], functions=["alone", "Erk", "Mek", "Raf"], outputs=["pMek"]
    )
    assert same["function"].node_names == ["alone", "Erk", "Mek", "Raf"]
    assert torch.equal(same["input", "to", "function"].edge_index, torch.tensor([[0], [3]]))


PLAIN = nx.DiGraph([("EGF", "Raf"), ("Raf", "Mek"), ("Mek", "pMek")])
LISTS = {"inputs": ["EGF"], "outputs": ["pMek"]}


def with_edge(*pair, **attributes):
    graph = PLAIN.copy()
    graph.add_edge(*pair, **attributes)
    return graph


@pytest.mark.parametrize(
    ("graph", "lists", "message"),
    [
        (PLAIN, {}, r"4 nodes are not keyed.*'EGF'.*inputs="),
        (PLAIN, LISTS | {"inputs": ["EGFR"]}, r"inputs: 'EGFR' is no node.*close: 'EGF'"),
        (PLAIN, LISTS | {"functions": ["Raf"]}, r"1 nodes .* none of the lists: 'Mek'"),
        (
            PLAIN,
            {"inputs": ["EGF", "Raf"], "functions": ["Raf", "Mek"], "outputs": ["pMek"]},
            "listed as input already",
        ),
        (with_edge("EGF", "pMek"), LISTS, "'EGF' -> 'pMek' leads from input to output"),
        (with_edge("Mek", "EGF"), LISTS, "from function to input"),
        (with_edge("pMek", "Raf"), LISTS, "from output to function"),
        (with_edge("Mek", "Mek"), LISTS, "to itself"),
        (with_edge("Mek", "Raf", weight=1.0), LISTS, "weight must be a finite number"),
        (with_edge("Mek", "Raf", sign=3), LISTS, "sign must be"),
        (nx.Graph(PLAIN), LISTS, "must be a networkx DiGraph, got a Graph"),
        (nx.MultiDiGraph(PLAIN), LISTS, "must be a networkx DiGraph, got a MultiDiGraph"),
        (nx.DiGraph(), LISTS | {"inputs": [], "outputs": []}, "no function"),
    ],
)
def test_graphs_that_break_a_rule_are_refused(graph, lists, message):
    with pytest.raises(GraphError, match=message):
        from_networkx(graph, **lists)
