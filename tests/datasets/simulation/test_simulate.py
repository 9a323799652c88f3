import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.datasets import convergence_graph, simulate
from edgelab.errors import ConfigError, DataError

DIAMOND = {
    "edges": pd.DataFrame(
        {
            "source": ["a", "a", "b", "c"],
            "target": ["b", "c", "d", "d"],
            "sign": [1, -1, 1, 0],
            "weight": [2.0, 1, 1, 0.5],
        }
    ),
    "input_edges": [("u", "a"), ("v", "c")],
    "output_edges": pd.DataFrame(
        {"source": ["d", "b"], "target": ["top", "side"], "sign": [1, -1]}
    ),
}


def test_four_nodes_by_hand():
    x = pd.DataFrame({"v": [0.0, 3.0], "u": [1.0, -1.0]})
    data = simulate(**DIAMOND, x=x, noise_scale=0.0)
    # a = u; b = 2 a; c = -a + v; d = b + c / 2; top = d; side = -b.
    assert data.y["top"].tolist() == [1.5, 0.0]
    assert data.y["side"].tolist() == [-2.0, 2.0]
    pd.testing.assert_frame_equal(data.x, x)
    assert data.functions == ("a", "b", "c", "d") and data.outputs == ["side", "top"]


def test_a_law_replaces_the_sum_and_sees_its_parents_by_name():
    x = pd.DataFrame({"u": [1.0, 2.0], "v": [0.0, 1.0]})
    laws = {
        "d": lambda parents: parents["b"] * parents["c"],
        "side": lambda parents: parents["b"] + 100,
    }
    data = simulate(**DIAMOND, x=x, noise_scale=0.0, laws=laws)
    assert data.y["top"].tolist() == [-2.0, -4.0] and data.y["side"].tolist() == [102.0, 104.0]


def plain_loop(edges, x, noise_scale, noise):
    """The law of the simulation, one sample and one node at a time."""
    parents = {
        "a": [("u", 1)],
        "b": [("a", 2)],
        "c": [("v", 1), ("a", -1)],
        "d": [("b", 1), ("c", 0.5)],
    }
    parents |= {"side": [("b", -1)], "top": [("d", 1)]}
    rows = []
    for sample in range(len(x)):
        value = x.iloc[sample].to_dict()
        for node, from_ in parents.items():
            value[node] = (
                sum(weight * value[name] for name, weight in from_)
                + noise_scale * noise[node][sample]
            )
        rows.append([value["side"], value["top"]])
    return np.array(rows)


def test_agrees_with_a_plain_loop_on_the_same_noise():
    noise = dict(
        zip(
            ["u", "v", "a", "b", "c", "d", "side", "top"],
            np.random.default_rng(5).standard_normal((30, 8)).T,
            strict=True,
        )
    )
    data = simulate(**DIAMOND, n_samples=30, noise_scale=0.7, seed=5)
    np.testing.assert_allclose(data.x["v"], noise["v"])
    np.testing.assert_allclose(data.y, plain_loop(DIAMOND["edges"], data.x, 0.7, noise), rtol=1e-12)


def test_moments_follow_the_law():
    data = simulate(
        [("a", "b")],
        input_edges=[("u", "a")],
        output_edges=[("b", "o")],
        n_samples=40_000,
        noise_scale=0.5,
    )
    # o = u + three independent noises of variance 1/4.
    assert data.y["o"].var() == pytest.approx(1.75, rel=0.03)
    assert np.cov(data.x["u"], data.y["o"])[0, 1] == pytest.approx(1.0, rel=0.03)


def test_a_node_without_parents_is_standard_normal_whatever_the_noise():
    graph = {
        "edges": [("root", "b")],
        "input_edges": [("u", "b")],
        "output_edges": [("b", "o"), ("root", "r")],
    }
    quiet = simulate(**graph, n_samples=20_000, noise_scale=0.0)
    assert quiet.y["r"].std() == pytest.approx(1.0, rel=0.03)
    np.testing.assert_allclose(quiet.y["o"], quiet.y["r"] + quiet.x["u"])


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_edges_changes_nothing(random):
    graph = convergence_graph(6)
    tables = [graph.edges, graph.input_edges, graph.output_edges]
    shuffled = [table.sample(frac=1, random_state=random.randrange(10_000)) for table in tables]
    one, other = (
        simulate(edges, input_edges=into, output_edges=out, n_samples=5, seed=3)
        for edges, into, out in (tables, shuffled)
    )
    pd.testing.assert_frame_equal(one.y, other.y)
    pd.testing.assert_frame_equal(one.x, other.x)
    assert one.functions == other.functions


def test_more_samples_leave_the_first_ones_alone():
    few, many = (simulate(**DIAMOND, n_samples=n, seed=1) for n in (4, 9))
    pd.testing.assert_frame_equal(few.y, many.y.iloc[:4])


def test_seeds():
    np.random.seed(0)  # noqa: NPY002 - the global generator must play no part
    one = simulate(**DIAMOND, n_samples=4, seed=1)
    pd.testing.assert_frame_equal(one.y, simulate(**DIAMOND, n_samples=4, seed=1).y)
    assert not np.allclose(one.y, simulate(**DIAMOND, n_samples=4, seed=2).y)


def test_given_inputs_leave_the_noise_alone():
    drawn = simulate(**DIAMOND, n_samples=4, seed=1)
    pd.testing.assert_frame_equal(simulate(**DIAMOND, x=drawn.x, seed=1).y, drawn.y)


BAD = {
    "both": (
        {"n_samples": 2, "x": pd.DataFrame({"u": [1.0], "v": [1.0]})},
        ConfigError,
        "either n_samples or x",
    ),
    "neither": ({}, ConfigError, "either n_samples or x"),
    "no samples": ({"n_samples": 0}, ConfigError, "positive integer, got 0"),
    "noise": ({"n_samples": 2, "noise_scale": -1.0}, ConfigError, "noise_scale.*-1.0"),
    "NaN noise": ({"n_samples": 2, "noise_scale": float("nan")}, ConfigError, "noise_scale.*nan"),
    "columns": (
        {"x": pd.DataFrame({"u": [1.0], "w": [1.0]})},
        DataError,
        "missing: 'v'; without an edge: 'w'",
    ),
    "text": (
        {"x": pd.DataFrame({"u": ["high"], "v": [1.0]})},
        DataError,
        "not numeric: 'u' .*'high'",
    ),
    "repeated": (
        {"x": pd.DataFrame([[1.0, 1.0, 2.0]], columns=["u", "v", "v"])},
        DataError,
        "more than once: 'v'",
    ),
    "NaN": (
        {"x": pd.DataFrame({"u": [1.0], "v": [np.nan]})},
        DataError,
        "x: 1 values are missing.*column 'v'",
    ),
    "unknown law": ({"n_samples": 2, "laws": {"e": len}}, ConfigError, "'e', which is neither"),
    "law of an input": ({"n_samples": 2, "laws": {"u": len}}, ConfigError, "'u', which is neither"),
    "law's shape": (
        {"n_samples": 2, "laws": {"d": lambda _: np.ones(3)}},
        ConfigError,
        r"'d' must return 2.*\(3,\)",
    ),
    "law's values": (
        {"n_samples": 2, "laws": {"d": lambda _: np.full(2, np.nan)}},
        ConfigError,
        "finite",
    ),
    "cycle": ({"n_samples": 2, "edges": [("a", "b"), ("b", "a")]}, DataError, "simulate_dynamics"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case):
    changes, error, message = BAD[case]
    with pytest.raises(error, match=message):
        simulate(**(DIAMOND | changes))


def test_a_law_needs_an_unambiguous_name():
    graph = {
        "edges": [("a", "b")],
        "input_edges": [("a", "b")],
        "output_edges": [("b", "b")],
        "n_samples": 2,
    }
    with pytest.raises(ConfigError, match="both a function and an output"):
        simulate(**graph, laws={"b": lambda parents: parents["a"]})
    with pytest.raises(ConfigError, match="two share one"):
        simulate(
            **(graph | {"output_edges": [("b", "o")]}), laws={"b": lambda parents: parents["a"]}
        )


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError, match=r"seed must be an integer from 0 .*got -1"):
        simulate(**DIAMOND, n_samples=2, seed=-1)
