import pandas as pd
import pytest
import torch

from edgelab.errors import GraphError
from edgelab.graphs import EDGE_TYPES, INPUT_EDGES, build_graph, edges_of
from edgelab.tasks import add_measurement_inputs, measured_functions


def graph(**changes):
    tables = {
        "edges": [("a", "b"), ("b", "c")],
        "input_edges": pd.DataFrame(
            {"source": ["u", "v"], "target": ["a", "c"], "sign": [1, -1], "weight": [1.0, 0.5]}
        ),
        "output_edges": [("c", "q"), ("a", "p")],
    }
    return build_graph(**(tables | changes))


def test_by_hand():
    made = add_measurement_inputs(graph())
    assert (
        made["input"].node_names == ["u", "v", "measured:q", "measured:p"]
        and made["input"].num_nodes == 4
    )
    assert edges_of(made, INPUT_EDGES).to_dict("list") == {
        "source": ["u", "v", "measured:q", "measured:p"],
        "target": ["a", "c", "c", "a"],
        "sign": [1, -1, 1, 1],
        "weight": [1.0, 0.5, 1.0, 1.0],
    }


def test_everything_else_and_the_argument_stay_as_they_are():
    data, untouched = graph(), graph()
    made = add_measurement_inputs(data)
    made["function"].node_names.append("only in one?")
    made["function"].node_names.pop()
    for kind in ("input", "function", "output"):
        assert data[kind].node_names == untouched[kind].node_names
        assert data[kind].num_nodes == untouched[kind].num_nodes
    for edge_type in EDGE_TYPES:
        assert torch.equal(data[edge_type].edge_index, untouched[edge_type].edge_index)
        if edge_type != INPUT_EDGES:
            assert torch.equal(made[edge_type].edge_index, untouched[edge_type].edge_index)
    assert data[INPUT_EDGES].sign.tolist() == [1, -1]
    assert made[INPUT_EDGES].sign.dtype == data[INPUT_EDGES].sign.dtype


def test_edges_without_attributes_get_none():
    assert set(add_measurement_inputs(graph(input_edges=[("u", "a")]))[INPUT_EDGES].keys()) == {
        "edge_index"
    }


def test_functions_follow_the_outputs_whatever_the_order_of_the_edges():
    data = graph(output_edges=[("c", "q"), ("a", "p"), ("b", "r")], outputs=["p", "q", "r"])
    names = [data["function"].node_names[position] for position in measured_functions(data)]
    assert names == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("output_edges", "outputs", "message"),
    [
        (
            [("a", "p"), ("b", "p")],
            None,
            "every output to read exactly one function, but not so 'p'",
        ),
        ([("a", "p")], ["p", "idle"], "read exactly one function, but not so 'idle'"),
        ([("a", "p"), ("a", "q")], None, "every function to have one output, but not so 'a'"),
    ],
)
def test_outputs_and_functions_must_match(output_edges, outputs, message):
    with pytest.raises(GraphError, match=message):
        add_measurement_inputs(graph(output_edges=output_edges, outputs=outputs))


def test_it_is_not_done_twice():
    with pytest.raises(GraphError, match="has measurement inputs already: 'measured:q'"):
        add_measurement_inputs(add_measurement_inputs(graph()))
