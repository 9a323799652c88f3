"""Which pairs are true for a claim: against networkx, and by definition."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import shortest_path

from edgelab.confidence import _estimands, true_pairs
from edgelab.errors import ConfigError

edges = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=15, unique=True)


@given(edges)
def test_total_is_reachability(listed):
    index = np.array(listed, dtype=int).reshape(-1, 2).T
    graph = nx.DiGraph(listed)
    graph.add_nodes_from(range(7))
    expected = np.array([[j in nx.descendants(graph, i) for j in range(7)] for i in range(7)])
    np.testing.assert_array_equal(true_pairs(index, 7, "total"), expected)


@given(edges)
def test_direct_is_adjacency_without_loops(listed):
    index = np.array(listed, dtype=int).reshape(-1, 2).T
    found = true_pairs(index, 7, "direct")
    assert {(i, j) for i, j in np.argwhere(found)} == {(i, j) for i, j in listed if i != j}
    assert not (found & ~true_pairs(index, 7, "total")).any()


def test_an_unknown_estimand_is_refused():
    with pytest.raises(ConfigError, match="'total', 'direct'"):
        true_pairs(np.zeros((2, 0), dtype=int), 3, "causal")


def test_paths_are_searched_with_indices_of_32_bits(monkeypatch):
    """The searches of scipy 1.12 take no others; those of an edge index have 64."""

    def search(graph, **options):
        assert graph.indices.dtype == graph.indptr.dtype == np.int32
        return shortest_path(graph, **options)

    monkeypatch.setattr(_estimands, "shortest_path", search)
    assert true_pairs(np.array([[0, 1], [1, 2]]), 3, "total").sum() == 3
