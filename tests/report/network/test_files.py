import networkx as nx
import pandas as pd
import pytest

from edgelab.errors import GraphError
from edgelab.graphs import build_graph, read_edges
from edgelab.report import SIF_WORDS, candidate_network, write_graphml, write_sif
from edgelab.table import COLUMNS

NAN = float("nan")


@pytest.fixture
def graph():
    edges = pd.DataFrame({"source": ["Raf 1", "Mek"], "target": ["Mek", "Erk"], "sign": [1, -1]})
    data = build_graph(
        edges,
        input_edges=[("EGF", "Raf 1")],
        output_edges=[("Erk", "y")],
        functions=["Raf 1", "Mek", "Erk", "alone"],
    )
    rows = [
        ("Erk", "Raf 1", 2, 0, 0.8, False, 1e-300, NAN),
        ("Raf 1", "Erk", 0, 2, 0.1, False, NAN, NAN),
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).assign(sign=[-1.0, NAN])
    return candidate_network(table, data)


def test_graphml_round_trip(tmp_path, graph):
    back = nx.read_graphml(write_graphml(tmp_path / "n.graphml", graph))
    assert dict(back.nodes) == dict(graph.nodes)
    assert dict(back.edges) == dict(graph.edges)
    assert isinstance(back, nx.DiGraph)
    assert back.edges["Erk", "Raf 1"] == {
        "kind": "candidate",
        "score": 0.8,
        "p_value": 1e-300,
        "sign": -1,
        "rank": 1,
    }


def test_sif_round_trip(tmp_path, graph):
    path = write_sif(tmp_path / "n.sif", graph)
    assert path.read_text().splitlines() == [
        "Raf 1\tactivates\tMek",
        "Raf 1\tcandidate-regulates\tErk",
        "Mek\tinhibits\tErk",
        "Erk\tcandidate-inhibits\tRaf 1",
    ]
    edges = read_edges(path, signs=SIF_WORDS)
    assert list(zip(edges["source"], edges["target"], edges["sign"], strict=True)) == [
        (source, target, graph.edges[source, target].get("sign", 0))
        for source, target in graph.edges
    ]


def test_a_failed_write_keeps_the_earlier_file(tmp_path, graph):
    path = write_graphml(tmp_path / "n.graphml", graph)
    before = path.read_text()
    graph.edges["Raf 1", "Mek"]["papers"] = ["one", "two"]
    with pytest.raises(GraphError, match="text or numbers"):
        write_graphml(path, graph)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a\tb", "a\nb", ""])
def test_names_that_break_sif(tmp_path, name):
    with pytest.raises(GraphError, match="do not fit into SIF"):
        write_sif(tmp_path / "n.sif", nx.DiGraph([(name, "x")]))
    assert not list(tmp_path.iterdir())
