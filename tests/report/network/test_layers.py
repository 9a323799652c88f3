"""Layers: edges run down, and the picture follows from names and edges alone."""

from hypothesis import given
from hypothesis import strategies as st

from edgelab.report.network._layers import layered_layout

NAMES = [f"f{i}" for i in range(9)]
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=20).map(
    lambda pairs: [pair for pair in pairs if pair[0] != pair[1]]
)


@given(PAIRS, PAIRS, st.randoms())
def test_every_function_has_a_place_of_its_own_whatever_the_order(prior, extra, random):
    places = layered_layout(NAMES, prior, extra)
    assert set(places) == set(NAMES) and len(set(places.values())) == len(NAMES)
    names = list(NAMES)
    for order in (names, prior, extra):
        random.shuffle(order)
    assert layered_layout(names, prior, extra) == places


@given(
    st.permutations(NAMES), st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=15)
)
def test_edges_of_a_network_without_cycles_run_down(order, numbers):
    prior = [(order[i], order[j]) for i, j in numbers if i < j]
    places = layered_layout(NAMES, prior)
    assert all(places[source][1] > places[target][1] for source, target in prior)


def test_chain_by_hand_and_lonely_functions_last():
    places = layered_layout(["x", "c", "b", "a"], [("a", "b"), ("b", "c")])
    assert places == {"a": (0, 0), "b": (0, -1), "c": (0, -2), "x": (0, -3)}


def test_rows_avoid_crossings():
    places = layered_layout(["a", "b", "c", "d"], [("a", "d"), ("b", "c")])
    assert (places["a"][0] < places["b"][0]) == (places["d"][0] < places["c"][0])


def test_edges_run_down_whatever_the_names():
    places = layered_layout(["erk", "mek", "raf"], [("raf", "mek"), ("mek", "erk")])
    assert places == {"erk": (0.0, -2.0), "mek": (0.0, -1.0), "raf": (0.0, 0.0)}
