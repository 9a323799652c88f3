"""Leaks are refused: shown answers, undirected networks split one way, tables of another graph."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.errors import LeakageError
from edgelab.evaluation import check_split, check_table
from edgelab.graphs import build_graph, hold_out_edges, prior_pairs

KNOWN = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]


def test_a_held_out_edge_that_is_shown():
    with pytest.raises(
        LeakageError, match=r"1 held-out edges are in the training graph: \('c', 'd'\)"
    ):
        check_split(KNOWN, KNOWN, [("c", "d")])


def test_edges_that_nobody_knew():
    with pytest.raises(LeakageError, match="not among the known"):
        check_split(KNOWN, [*KNOWN[:3], ("d", "a")], KNOWN[3:])
    with pytest.raises(LeakageError, match="no edge is held out"):
        check_split(KNOWN, KNOWN, [])


def test_an_undirected_network_split_one_way():
    both_ways = [*KNOWN, *(pair[::-1] for pair in KNOWN)]
    with pytest.raises(LeakageError, match="the other way round"):
        check_split(both_ways, [pair for pair in both_ways if pair != ("a", "b")], [("a", "b")])
    together = [pair for pair in both_ways if set(pair) != {"a", "b"}]
    assert check_split(both_ways, together, [("a", "b"), ("b", "a")]) == 0


def test_a_single_loop_is_counted_and_allowed():
    loop = [*KNOWN, ("b", "a")]
    assert check_split(loop, [pair for pair in loop if pair != ("a", "b")], [("a", "b")]) == 1


def table(edges):
    names = "abcd"
    pairs = [(source, target) for source in names for target in names if source != target]
    return pd.DataFrame(pairs, columns=["src_func", "dst_func"]).assign(
        has_edge=[pair in edges for pair in pairs]
    )


def test_tables_of_another_graph_or_with_pairs_left_out():
    check_table(table(KNOWN[:3]), KNOWN[:3], "abcd")
    with pytest.raises(LeakageError, match="marks 4 edges, but the scorer was shown 3"):
        check_table(table(KNOWN), KNOWN[:3], "abcd")
    with pytest.raises(LeakageError, match="11 rows for 12 pairs"):
        check_table(table(KNOWN[:3]).iloc[:-1], KNOWN[:3], "abcd")


@settings(max_examples=40)
@given(
    st.sets(
        st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda e: e[0] < e[1]), min_size=8
    ),
    st.integers(0, 9),
)
def test_our_own_splits_never_leak(edges, seed):
    named = [(f"n{source}", f"n{target}") for source, target in sorted(edges)]
    nodes = sorted({name for pair in named for name in pair})
    data = build_graph(
        named,
        input_edges=[(f"in {n}", n) for n in nodes],
        output_edges=[(n, f"out {n}") for n in nodes],
    )
    split = hold_out_edges(data, 0.3, seed)
    assert check_split(named, prior_pairs(split.train), split.held_out) == 0
