"""Every edge has one row and one message, and the two index tensors lead from one to the other and back."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.ops import EdgeWiring


@st.composite
def graphs(draw) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Edges between functions 0 … n − 1, one input n and one output n + 1."""
    n = draw(st.integers(1, 6))
    functions = st.integers(0, n - 1)
    edge = st.one_of(
        st.tuples(functions, functions), st.tuples(st.just(n), functions), st.tuples(functions, st.just(n + 1))
    )
    ends = torch.tensor(draw(st.lists(edge, max_size=30)), dtype=torch.int64).reshape(-1, 2)
    return ends[:, 0].contiguous(), ends[:, 1].contiguous(), n


@given(graphs())
def test_rows_and_messages_of_every_edge_meet(graph):
    source, target, n = graph
    wiring = EdgeWiring(source, target, n)
    assert (wiring.n_edges, wiring.n_functions) == (len(source), n)
    assert torch.equal(wiring.edge_of_row[wiring.row_of_edge], torch.arange(len(source)))
    assert (wiring.edge_of_row >= 0).sum() == len(source)
    message_of_edge = wiring.message_of_row[wiring.row_of_edge]
    assert torch.equal(wiring.row_of_message[message_of_edge], wiring.row_of_edge)
    assert len(message_of_edge.unique()) == len(source)


@given(graphs())
def test_edges_are_sorted_into_those_that_enter_and_leave(graph):
    source, target, n = graph
    wiring = EdgeWiring(source, target, n)
    assert torch.equal(wiring.into_function, (target < n).nonzero().squeeze(1))
    assert torch.equal(wiring.out_of_function, (source < n).nonzero().squeeze(1))
    assert torch.equal(wiring.out_of_input, (source >= n).nonzero().squeeze(1))
    into_output = (target >= n).nonzero().squeeze(1)
    assert torch.equal(wiring.edge_of_row[wiring.n_rows - len(into_output) :], into_output)


@given(graphs())
def test_ranks_translate_between_the_two_layouts(graph):
    wiring = EdgeWiring(*graph)
    nodes = torch.arange(wiring.n_functions)
    assert torch.equal(wiring.outward_from_inward[wiring.inward_from_outward], nodes)
    by_inward = wiring.inward.node_of_rank
    assert torch.equal(by_inward[wiring.outward_from_inward], wiring.outward.node_of_rank)


@given(graphs())
def test_index_tensors_stay_in_range_in_padding_too(graph):
    wiring = EdgeWiring(*graph)
    for index, size in ((wiring.message_of_row, len(wiring.row_of_message)), (wiring.row_of_message, wiring.n_rows)):
        assert ((index >= 0) & (index < max(size, 1))).all()


def test_nothing_enters_a_state_dict_but_everything_follows_the_device():
    wiring = EdgeWiring(torch.tensor([2, 0]), torch.tensor([0, 1]), n_functions=2)
    assert not wiring.state_dict()
    assert {buffer.device.type for buffer in wiring.to("meta").buffers()} == {"meta"}
