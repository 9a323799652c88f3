"""Reachability kept up to date, against a breadth-first search from scratch."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.graphs import build_graph
from edgelab.graphs._forest import ReachForest, forest_from_inputs, forest_to_outputs

N_NODES = 7
PAIRS = st.lists(
    st.tuples(st.integers(0, N_NODES - 1), st.integers(0, N_NODES - 1)).filter(
        lambda pair: pair[0] != pair[1]
    ),
    unique=True,
    max_size=25,
)
ROOTS = st.sets(st.integers(0, N_NODES - 1), max_size=3)


def reached_by_search(edges, roots):
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(range(N_NODES))
    return set(roots).union(*(nx.descendants(graph, root) for root in roots))


@settings(max_examples=300)
@given(PAIRS, ROOTS, st.randoms())
def test_an_edge_can_go_exactly_when_a_fresh_search_agrees(edges, roots, random):
    source, target = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    forest = ReachForest(N_NODES, source, target, np.array(sorted(roots), dtype=np.int64))
    before = reached_by_search(edges, roots)
    assert forest.reached() == before
    left = dict(enumerate(edges))
    order = list(left)
    random.shuffle(order)
    for edge in order:
        others = [pair for number, pair in left.items() if number != edge]
        detour = forest.detour(edge)
        assert (detour is not None) == (reached_by_search(others, roots) == before)
        if detour is not None:
            forest.take_away(edge, detour)
            del left[edge]
        assert forest.reached() == before


def test_detours_by_hand():
    forest = ReachForest(3, np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([0]))
    # Node 1 has one way in, node 2 has two; the forest does not use the edge 1 -> 2.
    assert [forest.detour(edge) for edge in range(3)] == [None, {2: 2}, {}]


def test_direction_of_the_two_forests():
    data = build_graph(
        [("a", "b"), ("b", "c"), ("x", "b"), ("b", "y")],
        input_edges=[("in", "a")],
        output_edges=[("c", "out")],
    )
    names = np.array(data["function"].node_names)
    assert set(names[sorted(forest_from_inputs(data).reached())]) == {"a", "b", "c", "y"}
    assert set(names[sorted(forest_to_outputs(data).reached())]) == {"a", "b", "c", "x"}


def test_a_long_chain_is_quick_to_refuse():
    n_nodes = 20_000
    chain = np.arange(n_nodes - 1)
    forest = ReachForest(n_nodes, chain, chain + 1, np.array([0]))
    assert all(forest.detour(edge) is None for edge in range(n_nodes - 1))
