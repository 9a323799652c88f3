"""Sparse patterns: entries row by row, whatever the order of edges; bad edges are refused."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import GraphError
from edgelab.ops import SparsePattern


@st.composite
def patterns(draw, *, mirrored: bool | None = None):
    n = draw(st.integers(1, 6))
    mirrored = draw(st.booleans()) if mirrored is None else mirrored
    places = [(i, j) for i in range(n) for j in range(n) if not mirrored or i < j]
    chosen = draw(st.lists(st.sampled_from(places), unique=True)) if places else []
    return torch.tensor(chosen, dtype=torch.int64).reshape(-1, 2).t(), n, mirrored


@given(patterns())
def test_entries_are_those_of_the_edges_row_by_row(given_pattern):
    edge_index, n, mirrored = given_pattern
    pattern = SparsePattern(edge_index, n, mirrored=mirrored)
    expected = {(i, j): edge for edge, (i, j) in enumerate(edge_index.t().tolist())}
    expected |= {(j, i): edge for (i, j), edge in expected.items()} if mirrored else {}
    entries = [tuple(pair) for pair in pattern.indices.t().tolist()]
    assert entries == sorted(expected)
    assert pattern.edge_of_entry.tolist() == [expected[pair] for pair in entries]
    assert [entries[k] for k in pattern.entry_of_edge.tolist()] == [
        tuple(pair) for pair in edge_index.t().tolist()
    ]


@given(patterns())
def test_columns_hold_the_same_entries(given_pattern):
    edge_index, n, mirrored = given_pattern
    pattern = SparsePattern(edge_index, n, mirrored=mirrored)
    starts, rows, edges = pattern.by_column
    columns = torch.arange(n).repeat_interleave(starts.long().diff())
    by_column = set(zip(rows.tolist(), columns.tolist(), edges.tolist(), strict=True))
    assert by_column == set(
        zip(*pattern.indices.tolist(), pattern.edge_of_entry.tolist(), strict=True)
    )


def test_a_wide_matrix_has_its_own_columns():
    pattern = SparsePattern(torch.tensor([[0, 1], [4, 0]]), 2, 5)
    assert pattern.shape == (2, 5) and pattern.indices.tolist() == [[0, 1], [4, 0]]


def test_moving_drops_what_was_cached_and_adds_nothing_to_the_state():
    pattern = SparsePattern(torch.tensor([[0], [1]]), 2)
    cached = pattern.indices
    pattern.to(torch.float64)
    assert pattern.indices is not cached and pattern.indices.tolist() == cached.tolist()
    assert pattern.state_dict() == {} and pattern.entry_of_edge.dtype == torch.int32


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([[0, 1], [1, 3]], r"1 edges lie outside the 3 × 3 matrix, first: edge 1, \(1, 3\)"),
        ([[-1], [1]], r"first: edge 0, \(-1, 1\)"),
        ([[0, 1, 0], [1, 2, 1]], r"1 matrix entries are given twice, first by edges 0 and 2"),
    ],
)
def test_bad_edges_are_refused(edges, message):
    with pytest.raises(GraphError, match=message):
        SparsePattern(torch.tensor(edges), 3)


def test_both_directions_of_a_mirrored_edge_are_one_too_many():
    with pytest.raises(GraphError, match="edges 0 and 1"):
        SparsePattern(torch.tensor([[0, 1], [1, 0]]), 2, mirrored=True)
