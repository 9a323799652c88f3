"""Groups of functions against the list of edges."""

import torch

from edgelab.graphs import build_graph
from edgelab.growth.gsnn._function_groups import function_groups
from edgelab.models import GSNN

GRAPH = build_graph(
    [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "a")],
    input_edges=[("i", "a"), ("j", "b")],
    output_edges=[("d", "o"), ("c", "p")],
    functions=["a", "b", "c", "d", "alone"],
)


def test_every_function_is_in_the_group_of_its_shape():
    torch.manual_seed(0)
    model = GSNN.from_data(GRAPH, channels=2, layers=3, norm="none")
    rows = model.wiring.row_of_edge
    edges_of = {}
    for group in function_groups(model):
        for index, number in enumerate(group.functions.tolist()):
            entering = model.wiring.into_function[group.into[index]]
            leaving = model.wiring.out_of_function[group.out_of[index]]
            assert torch.equal(group.into_rows[index], rows[entering])
            assert torch.equal(group.out_rows[index], rows[leaving])
            edges = [sorted(model.edges[edge] for edge in ends) for ends in (entering, leaving)]
            edges_of[model.function_names[number]] = edges
    for name in model.function_names:
        enters = sorted(edge for edge in model.edges if edge[1] == name)
        leaves = sorted(edge for edge in model.edges if edge[0] == name)
        assert edges_of[name] == [enters, leaves]


def test_a_function_that_nothing_leaves_is_in_no_group():
    graph = build_graph(
        [("a", "b"), ("a", "end")], input_edges=[("i", "a")], output_edges=[("b", "o")]
    )
    model = GSNN.from_data(graph, channels=1, layers=2, add_function_self_edges=False)
    grouped = torch.cat([group.functions for group in function_groups(model)]).tolist()
    assert {model.function_names[number] for number in grouped} == {"a", "b"}
