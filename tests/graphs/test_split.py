"""Held-out edges: the right number, no leak, nobody cut off, whatever the order."""

import logging
import pickle

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.errors import ConfigError, GraphError
from edgelab.graphs import (
    FUNCTION_EDGES,
    INPUT_EDGES,
    OUTPUT_EDGES,
    build_graph,
    edges_of,
    graph_summary,
    hold_out_edges,
    prior_pairs,
    split_edges,
)

NAMES = [f"f{i}" for i in range(8)]
PAIRS = st.sets(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(
        lambda pair: pair[0] != pair[1]
    ),
    min_size=4,
)


def complete_graph(n_functions=6):
    names = [f"f{i}" for i in range(n_functions)]
    edges = pd.DataFrame(
        [(a, b) for a in names for b in names if a != b], columns=["source", "target"]
    )
    edges["sign"] = [(-1) ** i for i in range(len(edges))]
    edges["weight"] = [float(i) for i in range(len(edges))]
    return build_graph(edges, input_edges=[("in", "f0")], output_edges=[("f1", "out")])


def graph(pairs, order=None, functions=None):
    listed = sorted(pairs) if order is None else order
    return build_graph(
        listed,
        input_edges=[("in", "f0"), ("in", "f1")],
        output_edges=[("f1", "o1"), ("f7", "o7")],
        functions=functions or NAMES,
    )


@pytest.mark.parametrize(
    ("fraction", "count"), [(0.2, 6), (0.05, 2), (0.25, 8), (0.5, 15), (0.02, 1)]
)
def test_the_number_held_out_is_rounded_halves_up(fraction, count):
    split = hold_out_edges(complete_graph(), fraction)
    assert len(split.held_out) == len(split.held_out_pairs) == count
    assert split.train[FUNCTION_EDGES].edge_index.shape[1] == 30 - count


def test_edges_are_parted_without_loss_and_keep_their_attributes():
    data = complete_graph()
    split = hold_out_edges(data, 0.3, validation_fraction=0.2)
    assert not split.held_out_pairs & split.validation_pairs
    together = pd.concat([edges_of(split.train), split.held_out, split.validation])
    order = ["source", "target"]
    pd.testing.assert_frame_equal(
        together.sort_values(order, ignore_index=True),
        edges_of(data).sort_values(order, ignore_index=True),
    )
    for kind in (INPUT_EDGES, OUTPUT_EDGES):
        assert torch.equal(split.train[kind].edge_index, data[kind].edge_index)
    assert split.train.node_names_dict == data.node_names_dict
    assert split.held_out.index.tolist() == list(range(9))


def test_seeds_decide():
    data = complete_graph()
    assert (
        hold_out_edges(data, seed=1).held_out_pairs == hold_out_edges(data, seed=1).held_out_pairs
    )
    assert (
        len({frozenset(hold_out_edges(data, seed=seed).held_out_pairs) for seed in range(10)}) == 10
    )


def test_every_spare_edge_is_held_out_about_as_often():
    data = complete_graph(4)
    counts = pd.Series(
        [pair for seed in range(200) for pair in hold_out_edges(data, 0.25, seed).held_out_pairs]
    )
    counts = counts.value_counts()
    # 3 of 12 edges at a time: 50 expected, standard deviation 6.
    assert len(counts) == 12
    assert counts.between(22, 78).all()


def test_validation_edges_do_not_change_what_is_held_out():
    data = complete_graph()
    assert (
        hold_out_edges(data, 0.2).held_out_pairs
        == hold_out_edges(data, 0.2, validation_fraction=0.3).held_out_pairs
    )


@settings(max_examples=30)
@given(PAIRS, st.randoms(), st.integers(0, 5))
def test_the_order_of_nodes_and_edges_does_not_matter(pairs, random, seed):
    shuffled, functions = sorted(pairs), list(NAMES)
    random.shuffle(shuffled)
    random.shuffle(functions)
    one, other = (graph(pairs), graph(pairs, shuffled, functions))
    results = []
    for data in (one, other):
        try:
            split = hold_out_edges(data, 0.25, seed, validation_fraction=0.15)
            results.append(
                (split.held_out.to_numpy().tolist(), split.validation.to_numpy().tolist())
            )
        except GraphError as error:
            results.append(str(error))
    assert results[0] == results[1]


@settings(max_examples=50)
@given(PAIRS, st.integers(0, 5), st.sampled_from([0.1, 0.3, 0.6]))
def test_nobody_is_cut_off(pairs, seed, fraction):
    data = graph(pairs)
    before = graph_summary(data)
    try:
        after = graph_summary(hold_out_edges(data, fraction, seed).train)
    except GraphError:
        return
    assert (after.not_reached, after.not_read) == (before.not_reached, before.not_read)


def test_the_needed_edge_is_never_taken_unless_asked():
    data = build_graph(
        [("a", "b"), ("b", "c"), ("a", "c"), ("b", "d")],
        input_edges=[("in", "a")],
        output_edges=[("c", "out")],
    )
    assert {frozenset(hold_out_edges(data, 0.25, seed).held_out_pairs) for seed in range(30)} == {
        frozenset({("a", "c")})
    }
    taken = set().union(
        *(
            hold_out_edges(data, 0.25, seed, keep_reachable=False).held_out_pairs
            for seed in range(30)
        )
    )
    assert taken == prior_pairs(data)


def test_too_few_spare_edges_is_an_error_with_the_cure():
    data = build_graph(
        [("a", "b"), ("b", "c")], input_edges=[("in", "a")], output_edges=[("c", "out")]
    )
    with pytest.raises(
        GraphError, match=r"1 of 2 edges.*only 0 can be spared.*keep_reachable=False"
    ):
        hold_out_edges(data, 0.5)
    assert len(hold_out_edges(data, 0.5, keep_reachable=False).held_out) == 1


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_fractions_out_of_range_are_refused(fraction):
    with pytest.raises(ConfigError, match=r"fraction must lie in \(0, 1\)"):
        hold_out_edges(complete_graph(), fraction)
    if fraction != 0:
        with pytest.raises(ConfigError, match="validation_fraction must lie in"):
            hold_out_edges(complete_graph(), validation_fraction=fraction)


def test_fractions_that_ask_for_nothing_or_for_everything_are_refused():
    with pytest.raises(GraphError, match="no edge"):
        hold_out_edges(complete_graph(), 0.01)
    with pytest.raises(GraphError, match=r"validation_fraction 0\.01"):
        hold_out_edges(complete_graph(), 0.2, validation_fraction=0.01)
    with pytest.raises(ConfigError, match="together"):
        hold_out_edges(complete_graph(), 0.7, validation_fraction=0.6)
    with pytest.raises(ConfigError, match="seed"):
        hold_out_edges(complete_graph(), seed=-1)


def test_exactly_the_given_edges_are_taken_out():
    data = complete_graph()
    split = split_edges(data, held_out=[("f3", "f0"), ("f0", "f1")], validation=[("f2", "f4")])
    assert split.held_out.to_numpy()[:, :2].tolist() == [["f0", "f1"], ["f3", "f0"]]
    assert split.held_out.columns.tolist() == ["source", "target", "sign", "weight"]
    assert prior_pairs(data) - prior_pairs(split.train) == {
        ("f3", "f0"),
        ("f0", "f1"),
        ("f2", "f4"),
    }
    assert len(split_edges(data, held_out=[]).held_out) == 0


@pytest.mark.parametrize(
    ("held_out", "validation", "message"),
    [
        ([("f0", "F1")], [], r"'F1' is no function \(close: 'f1'\).*held out"),
        ([("in", "f0")], [], "'in' is no function"),
        ([("f0", "f1"), ("f0", "f1")], [], "more than once"),
        ([("f0", "f1")], [("f0", "f1")], "both held out and for validation"),
        ([("f0", "f1")], [("f0", "x")], "validation: 1 pairs"),
    ],
)
def test_pairs_that_are_no_edges_are_refused(held_out, validation, message):
    with pytest.raises(GraphError, match=message):
        split_edges(complete_graph(), held_out, validation)


def test_a_missing_edge_between_functions_is_told_apart_from_a_wrong_name():
    data = build_graph([("a", "b")], input_edges=[], output_edges=[])
    with pytest.raises(GraphError, match="both are functions"):
        split_edges(data, [("b", "a")])


@settings(max_examples=25)
@given(PAIRS, st.integers(0, 3), st.booleans())
def test_nothing_derived_from_held_out_edges_remains_in_train(pairs, seed, by_hand):
    """The training graph equals one built by somebody who never saw the held-out edges."""
    table = pd.DataFrame(sorted(pairs), columns=["source", "target"])
    table["sign"] = 1
    table["weight"] = [float(i) for i in range(len(table))]
    ends = {"input_edges": [("in", "f0")], "output_edges": [("f1", "out")], "functions": NAMES}
    data = build_graph(table, **ends)
    # What a careless caller may have left on the graph.
    data["function"].out_degree = torch.bincount(
        data[FUNCTION_EDGES].edge_index[0], minlength=len(NAMES)
    )
    data[FUNCTION_EDGES].edge_names = list(pairs)
    data.n_edges = len(pairs)
    data["function", "regulates", "function"].edge_index = data[FUNCTION_EDGES].edge_index
    split = (
        split_edges(data, sorted(pairs)[::2])
        if by_hand
        else hold_out_edges(data, 0.3, seed, keep_reachable=False)
    )
    seen = table[
        [
            pair not in split.held_out_pairs
            for pair in zip(table["source"], table["target"], strict=True)
        ]
    ]
    blind = build_graph(seen, **ends)
    assert {str(store._key): sorted(store.keys()) for store in split.train.stores} == {
        str(store._key): sorted(store.keys()) for store in blind.stores
    }
    for kind in blind.edge_types:
        for key in blind[kind]:
            assert torch.equal(split.train[kind][key], blind[kind][key])
    for kind in blind.node_types:
        assert dict(split.train[kind].items()) == dict(blind[kind].items())
    # Not even out of sight: a view would carry the whole storage along.
    assert split.train[FUNCTION_EDGES].edge_index.untyped_storage().nbytes() == 16 * len(seen)
    assert len(pickle.dumps(split.train)) == pytest.approx(len(pickle.dumps(blind)), abs=64)


def test_the_graph_given_is_left_as_it_is_and_shares_nothing():
    data = complete_graph()
    before = edges_of(data)
    split = hold_out_edges(data)
    split.train[INPUT_EDGES].edge_index += 1
    split.train["function"].node_names.append("new")
    pd.testing.assert_frame_equal(edges_of(data), before)
    assert data[INPUT_EDGES].edge_index.tolist() == [[0], [0]]
    assert "new" not in data["function"].node_names


def test_attributes_left_out_are_named_in_the_log(caplog):
    data = complete_graph()
    data["function"].degree = torch.ones(6)
    with caplog.at_level(logging.WARNING):
        hold_out_edges(data)
    assert "degree" in caplog.text
