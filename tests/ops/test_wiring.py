"""Every edge has one row, and the index tensors lead there from both of its ends."""

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
        st.tuples(functions, functions),
        st.tuples(st.just(n), functions),
        st.tuples(functions, st.just(n + 1)),
    )
    ends = torch.tensor(draw(st.lists(edge, max_size=30)), dtype=torch.int64).reshape(-1, 2)
    return ends[:, 0].contiguous(), ends[:, 1].contiguous(), n


@given(graphs())
def test_every_edge_has_a_row(graph):
    source, target, n = graph
    wiring = EdgeWiring(source, target, n, channels=2)
    assert (wiring.n_edges, wiring.n_functions) == (len(source), n)
    assert torch.equal(wiring.edge_of_row[wiring.row_of_edge], torch.arange(len(source)))
    assert (wiring.edge_of_row >= 0).sum() == len(source)
    assert torch.equal(
        wiring.row_of_slot[wiring.outward.slot_of_edge], wiring.row_of_edge[wiring.out_of_function]
    )


@given(graphs())
def test_edges_are_sorted_into_those_that_enter_and_leave(graph):
    source, target, n = graph
    wiring = EdgeWiring(source, target, n, channels=2)
    assert torch.equal(wiring.into_function, (target < n).nonzero().squeeze(1))
    assert torch.equal(wiring.out_of_function, (source < n).nonzero().squeeze(1))
    assert torch.equal(wiring.out_of_input, (source >= n).nonzero().squeeze(1))
    into_output = (target >= n).nonzero().squeeze(1)
    assert torch.equal(wiring.edge_of_row[wiring.n_rows - len(into_output) :], into_output)


@given(graphs())
def test_ranks_translate_between_the_two_layouts(graph):
    wiring = EdgeWiring(*graph, channels=2)
    by_inward = wiring.inward.node_of_rank
    assert torch.equal(by_inward[wiring.outward_from_inward], wiring.outward.node_of_rank)


@given(graphs())
def test_index_tensors_stay_in_range_in_padding_too(graph):
    wiring = EdgeWiring(*graph, channels=2)
    assert ((wiring.row_of_slot >= 0) & (wiring.row_of_slot < max(wiring.n_rows, 1))).all()


def test_nothing_enters_a_state_dict_but_everything_follows_the_device():
    wiring = EdgeWiring(torch.tensor([2, 0]), torch.tensor([0, 1]), n_functions=2, channels=1)
    assert not wiring.state_dict()
    assert {buffer.device.type for buffer in wiring.to("meta").buffers()} == {"meta"}
