"""The three grouped products against one plain loop over edges."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.ops import contract, expand, outer, slot_layout

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@st.composite
def problems(draw) -> dict:
    n_nodes = draw(st.integers(1, 7))
    return {
        "owners": draw(st.lists(st.integers(0, n_nodes - 1), max_size=25)),
        "sizes": (n_nodes, draw(st.integers(1, 4)), draw(st.integers(0, 4))),
        "rows_per_call": draw(st.sampled_from([0, 5, 10**6])),
        "seed": draw(st.integers(0, 1000)),
    }


def operands(owners: list[int], sizes: tuple[int, int, int], rows_per_call: int, seed: int):
    """Layout, rank of each edge's node, w, x, h; what empty slots of x hold is arbitrary but finite."""
    n_nodes, channels, batch = sizes
    owner = torch.tensor(owners, dtype=torch.int64)
    layout = slot_layout(owner, n_nodes, rows_per_call)
    generator = torch.Generator().manual_seed(seed)
    w, x, h = (
        torch.randn(*shape, generator=generator, dtype=torch.float64)
        for shape in ((len(owner), channels), (layout.n_slots, batch), (n_nodes, channels, batch))
    )
    return layout, layout.rank_of_node[owner], layout.scatter_edges(w), x, h


@given(problems(), st.booleans())
def test_contract_sums_over_the_edges_of_a_node(problem, with_bias):
    layout, rank_of_edge, w, x, h = operands(**problem)
    bias = torch.randn(h.shape[:2], dtype=h.dtype) if with_bias else None
    expected = torch.zeros_like(h) if bias is None else bias.unsqueeze(2).expand_as(h).clone()
    for edge, rank in enumerate(rank_of_edge.tolist()):
        slot = layout.slot_of_edge[edge]
        expected[rank] += torch.outer(w[slot], x[slot])
    torch.testing.assert_close(contract(w, x, layout, bias), expected, **EXACT)


@given(problems(), st.sampled_from(["none", "column", "full"]))
def test_expand_reads_the_channels_of_each_edges_node(problem, added):
    layout, rank_of_edge, w, x, h = operands(**problem)
    add_to = {"none": None, "column": torch.randn(layout.n_slots, 1, dtype=x.dtype), "full": x}[added]
    out = torch.full_like(x, float("nan"))
    assert expand(w, h, layout, out=out, add_to=add_to) is out
    for edge, rank in enumerate(rank_of_edge.tolist()):
        slot = layout.slot_of_edge[edge]
        expected = w[slot] @ h[rank] + (0 if add_to is None else add_to[slot])
        torch.testing.assert_close(out[slot], expected, **EXACT)


@given(problems())
def test_outer_sums_over_samples(problem):
    layout, rank_of_edge, _, x, h = operands(**problem)
    g = outer(x, h, layout)
    for edge, rank in enumerate(rank_of_edge.tolist()):
        slot = layout.slot_of_edge[edge]
        torch.testing.assert_close(g[slot], h[rank] @ x[slot], **EXACT)


@given(problems())
def test_the_products_are_adjoint(problem):
    """⟨contract(w, x), h⟩ = ⟨x, expand(w, h)⟩ = ⟨w, outer(x, h)⟩: each is the gradient of the others."""
    layout, _, w, x, h = operands(**problem)
    value = (contract(w, x, layout) * h).sum()
    torch.testing.assert_close((x * expand(w, h, layout, out=torch.empty_like(x))).sum(), value)
    torch.testing.assert_close((w * outer(x, h, layout)).sum(), value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_follows_the_operands(dtype):
    layout = slot_layout(torch.tensor([0, 0, 2]), n_nodes=3)
    w, x, h = (torch.ones(*shape, dtype=dtype) for shape in ((layout.n_slots, 2), (layout.n_slots, 4), (3, 2, 4)))
    assert {contract(w, x, layout).dtype, outer(x, h, layout).dtype} == {dtype}
