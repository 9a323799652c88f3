"""The layout of edges in slots: a partition of nodes and rows, whatever the degrees and the price
of a group.
"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.ops import SlotLayout, slot_layout
from edgelab.ops._slots import _cheapest_cuts


@st.composite
def owners(draw) -> tuple[torch.Tensor, int]:
    """(node of every edge, number of nodes), nodes without an edge and hubs included."""
    n_nodes = draw(st.integers(1, 12))
    return torch.tensor(
        draw(st.lists(st.integers(0, n_nodes - 1), max_size=60)), dtype=torch.int64
    ), n_nodes


@given(owners(), st.sampled_from([0, 1, 7, 200, 10**9]))
def test_every_edge_has_one_slot_among_those_of_its_node(case, rows_per_call):
    node_of_edge, n_nodes = case
    layout = slot_layout(node_of_edge, n_nodes, rows_per_call)
    used = layout.edge_of_slot >= 0
    assert used.sum() == len(node_of_edge)
    assert torch.equal(layout.edge_of_slot[layout.slot_of_edge], torch.arange(len(node_of_edge)))
    assert torch.equal(node_of_edge[layout.edge_of_slot[used]], node_of_slot(layout)[used])


@given(owners(), st.sampled_from([0, 1, 7, 200, 10**9]))
def test_groups_tile_all_ranks_and_all_slots(case, rows_per_call):
    node_of_edge, n_nodes = case
    layout = slot_layout(node_of_edge, n_nodes, rows_per_call)
    rank = slot = 0
    for group in layout.groups:
        assert (group.nodes.start, group.slots.start) == (rank, slot)
        rank, slot = group.nodes.stop, group.slots.stop
        assert slot - group.slots.start == (rank - group.nodes.start) * group.width
    assert (rank, slot) == (n_nodes, layout.n_slots) == (layout.n_nodes, len(layout.edge_of_slot))
    assert sum(layout.group_nodes) == n_nodes
    assert sum(layout.group_slots) == slot
    assert [group.width for group in layout.groups] == sorted(
        {group.width for group in layout.groups}
    )


@given(owners())
def test_ranks_sort_nodes_by_degree_and_are_a_permutation(case):
    node_of_edge, n_nodes = case
    layout = slot_layout(node_of_edge, n_nodes)
    degree = torch.bincount(node_of_edge, minlength=n_nodes)[layout.node_of_rank]
    assert (degree.diff() >= 0).all()
    assert torch.equal(layout.rank_of_node[layout.node_of_rank], torch.arange(n_nodes))


@given(owners())
def test_free_groups_leave_no_padding_and_dear_ones_are_a_single_group(case):
    free, dear = slot_layout(*case, rows_per_call=0), slot_layout(*case, rows_per_call=10**9)
    assert free.padding == 0
    assert len(dear.groups) == 1
    assert dear.groups[0].width == torch.bincount(case[0], minlength=case[1]).max()


@given(st.sets(st.integers(0, 30), min_size=1, max_size=7), st.data())
def test_cuts_are_the_cheapest_of_all(widths, data):
    widths = np.array(sorted(widths))
    counts = np.array(
        data.draw(st.lists(st.integers(1, 50), min_size=len(widths), max_size=len(widths)))
    )
    rows_per_call = data.draw(st.integers(0, 300))
    ends = _cheapest_cuts(widths, counts, rows_per_call)
    inner = range(len(widths) - 1)
    every = [
        [i for i in inner if chosen >> i & 1] + [len(widths) - 1]
        for chosen in range(2 ** (len(widths) - 1))
    ]
    assert ends[-1] == len(widths) - 1
    assert cost_of(ends, widths, counts, rows_per_call) == min(
        cost_of(cuts, widths, counts, rows_per_call) for cuts in every
    )


def test_heavy_tailed_degrees_are_padded_little():
    generator = torch.Generator().manual_seed(0)
    weight = (1 - torch.rand(1000, generator=generator)).pow(-1 / 1.5)
    layout = slot_layout(
        torch.multinomial(weight, 6000, replacement=True, generator=generator), 1000
    )
    assert 0 < layout.padding < 0.2
    assert len(layout.groups) < 20


def test_a_node_below_its_groups_width_leaves_slots_empty():
    layout = slot_layout(torch.tensor([0, 1, 1]), n_nodes=2, rows_per_call=100)
    assert layout.edge_of_slot.tolist() == [0, -1, 1, 2]
    assert layout.padding == pytest.approx(1 / 4)


def test_a_graph_without_edges_has_slots_for_none():
    layout = slot_layout(torch.empty(0, dtype=torch.int64), n_nodes=3)
    assert (layout.n_nodes, layout.n_slots, layout.padding) == (3, 0, 0.0)


def test_no_index_tensor_enters_a_state_dict():
    assert not slot_layout(torch.tensor([0, 1]), n_nodes=2).state_dict()


def node_of_slot(layout: SlotLayout) -> torch.Tensor:
    widths = torch.tensor([group.width for group in layout.groups])
    return layout.node_of_rank.repeat_interleave(
        widths.repeat_interleave(torch.tensor(layout.group_nodes))
    )


def cost_of(ends: list[int], widths: np.ndarray, counts: np.ndarray, rows_per_call: int) -> int:
    """Padded rows and calls of a split, counted group by group."""
    cost, start = 0, 0
    for end in ends:
        cost += rows_per_call + int(widths[end]) * int(counts[start : end + 1].sum())
        start = end + 1
    return cost
