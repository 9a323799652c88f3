"""The products between edges and the channels of their nodes, against one plain loop over edges."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.ops import Incidence, outer, slot_layout

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@st.composite
def problems(draw) -> dict:
    n_nodes = draw(st.integers(1, 7))
    return {
        "owners": draw(st.lists(st.integers(0, n_nodes - 1), max_size=25)),
        "sizes": (n_nodes, draw(st.integers(1, 4)), draw(st.integers(0, 4))),
        "n_spare_rows": draw(st.integers(0, 3)),
        "rows_per_call": draw(st.sampled_from([0, 5, 10**6])),
        "seed": draw(st.integers(0, 1000)),
    }


class Operands:
    """An incidence with shuffled rows, a layout of the same edges, weights and values of both
    sides.
    """

    def __init__(self, owners, sizes, n_spare_rows, rows_per_call, seed):
        n_nodes, channels, batch = sizes
        self.owner = torch.tensor(owners, dtype=torch.int64)
        generator = torch.Generator().manual_seed(seed)
        n_rows = len(owners) + n_spare_rows
        self.row = torch.randperm(n_rows, generator=generator)[: len(owners)]
        self.incidence = Incidence(self.row, self.owner, n_rows, n_nodes, channels)
        self.layout = slot_layout(self.owner, n_nodes, rows_per_call)
        self.w, self.x, self.h, self.slots = (
            torch.randn(*shape, generator=generator, dtype=torch.float64)
            for shape in (
                (len(owners), channels),
                (n_rows, batch),
                (n_nodes, channels, batch),
                (self.layout.n_slots, batch),
            )
        )


@given(problems())
def test_to_nodes_sums_over_the_edges_of_a_node(problem):
    o = Operands(**problem)
    expected = torch.zeros_like(o.h)
    for edge, node in enumerate(o.owner.tolist()):
        expected[node] += torch.outer(o.w[edge], o.x[o.row[edge]])
    torch.testing.assert_close(o.incidence.to_nodes(o.x, o.w), expected, **EXACT)


@given(problems())
def test_to_rows_reads_the_channels_of_each_edges_node(problem):
    o = Operands(**problem)
    expected = torch.zeros_like(o.x)
    for edge, node in enumerate(o.owner.tolist()):
        expected[o.row[edge]] = o.w[edge] @ o.h[node]
    torch.testing.assert_close(o.incidence.to_rows(o.h, o.w), expected, **EXACT)


@given(problems())
def test_outer_sums_over_samples(problem):
    o = Operands(**problem)
    g = outer(o.slots, o.h[o.layout.node_of_rank], o.layout)
    for edge, node in enumerate(o.owner.tolist()):
        slot = o.layout.slot_of_edge[edge]
        torch.testing.assert_close(g[slot], o.h[node] @ o.slots[slot], **EXACT)


@given(problems())
def test_the_products_are_adjoint(problem):
    """⟨to_nodes(w, x), h⟩ = ⟨x, to_rows(w, h)⟩: each is the gradient of the other."""
    o = Operands(**problem)
    value = (o.incidence.to_nodes(o.x, o.w) * o.h).sum()
    torch.testing.assert_close((o.x * o.incidence.to_rows(o.h, o.w)).sum(), value)


def test_rows_without_an_edge_are_not_read():
    """What stands in padding, even infinity, reaches nobody."""
    incidence = Incidence(torch.tensor([1]), torch.tensor([0]), n_rows=3, n_nodes=1, channels=1)
    x = torch.tensor([[float("inf")], [2.0], [float("nan")]])
    assert incidence.to_nodes(x, torch.ones(1, 1)).item() == 2.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_follows_the_operands(dtype):
    owner = torch.tensor([0, 0, 2])
    layout, incidence = (
        slot_layout(owner, 3, rows_per_call=0),
        Incidence(torch.arange(3), owner, 3, 3, 2),
    )
    w, x, h = (torch.ones(*shape, dtype=dtype) for shape in ((3, 2), (3, 4), (3, 2, 4)))
    assert {
        incidence.to_nodes(x, w).dtype,
        incidence.to_rows(h, w).dtype,
        outer(x, h, layout).dtype,
    } == {dtype}


def test_nothing_enters_a_state_dict_but_everything_follows_the_device():
    incidence = Incidence(torch.tensor([0]), torch.tensor([0]), n_rows=1, n_nodes=1, channels=2)
    assert not incidence.state_dict()
    assert {buffer.device.type for buffer in incidence.to("meta").buffers()} == {"meta"}
