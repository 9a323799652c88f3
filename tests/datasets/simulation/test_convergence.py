import networkx as nx
import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import convergence, convergence_graph
from edgelab.errors import ConfigError


def pairs(table):
    return list(zip(table["source"], table["target"], strict=True))


def test_three_chains_by_hand():
    graph = convergence_graph(3)
    assert pairs(graph.input_edges) == [("in0", "f0"), ("in1", "f1"), ("in2", "f2")]
    assert set(pairs(graph.edges)) == {
        ("f0", "f3"), ("f1", "f3"), ("f1", "f4"), ("f2", "f4"), ("f3", "f5"), ("f4", "f5"),
    }  # fmt: skip
    assert pairs(graph.output_edges) == [("f3", "o0"), ("f4", "o1"), ("f5", "o2")]
    assert set(graph.held_out_pairs()) == {("f1", "f4"), ("f3", "f5")}
    assert set(pairs(graph.kept_edges)) == {("f0", "f3"), ("f1", "f3"), ("f2", "f4"), ("f4", "f5")}


@pytest.mark.parametrize(
    ("n", "edges", "merges", "sinks", "validation"),
    [(25, 72, 23, 12, 17), (12, 33, 10, 6, 8), (4, 9, 2, 2, 2)],
)
def test_golden_counts(n, edges, merges, sinks, validation):
    graph = convergence_graph(n)
    kinds = graph.held_out["kind"].value_counts().to_dict()
    assert (len(graph.edges), kinds) == (edges, {"left merge": merges, "sink": sinks})
    assert len(graph.functions) == 2 * n and len(graph.input_edges) == len(graph.output_edges) == n
    assert len(graph.held_out_pairs("validation")) == validation
    assert len(graph.held_out_pairs("test")) == merges + sinks - validation
    assert len(graph.kept_edges) == edges - merges - sinks


def test_the_standard_graph_has_2378_non_edges():
    graph = convergence_graph(25)
    n = len(graph.functions)
    assert n * (n - 1) - len(graph.edges) == 2378
    assert (len(graph.kept_edges), len(graph.held_out)) == (37, 35)


def test_the_split_is_the_standard_one():
    merges = [(f"f{k}", f"f{25 + k}") for k in range(1, 24)]
    sinks = [(f"f{25 + k}", "f49") for k in range(0, 24, 2)]
    generator = np.random.default_rng(0)
    generator.shuffle(merges)
    generator.shuffle(sinks)
    graph = convergence_graph(25)
    assert graph.held_out_pairs("validation") == merges[:11] + sinks[:6]
    assert graph.held_out_pairs("test") == merges[11:] + sinks[6:]


def test_held_out_and_kept_edges_part_the_edges():
    graph = convergence_graph(7)
    assert set(graph.held_out_pairs()) | set(pairs(graph.kept_edges)) == set(pairs(graph.edges))
    assert not set(graph.held_out_pairs()) & set(pairs(graph.kept_edges))
    assert nx.is_directed_acyclic_graph(nx.DiGraph(pairs(graph.edges)))


@pytest.mark.parametrize("n", [2, 0, -3])
def test_too_few_chains(n):
    with pytest.raises(ConfigError, match=f"at least 3.*{n}"):
        convergence_graph(n)


def test_unknown_split():
    with pytest.raises(ConfigError, match="'train'"):
        convergence_graph(4).held_out_pairs("train")


def test_responses_are_standardised_with_training_statistics():
    data = convergence(5, n_train=300, n_test=80, seed=2)
    np.testing.assert_allclose(data.train.y.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(data.train.y.std(ddof=0), 1, rtol=1e-12)
    assert abs(data.test.y.mean()).max() > 1e-3
    assert data.test.x.index.tolist() == list(range(80))
    assert data.train.functions == data.graph.functions and len(data.train.edges) == len(
        data.graph.edges
    )


def test_inputs_are_raw_standard_normal_and_test_samples_are_new():
    data = convergence(5, n_train=3000, n_test=50)
    np.testing.assert_allclose(data.train.x.std(), 1, atol=0.06)
    assert not set(data.train.x["in0"]) & set(data.test.x["in0"])


def test_tier_b_has_the_variance_of_its_parents():
    # o0 = f5 + e, f5 = f0 + f1 + e, f_i = in_i + e: the correlation with in0 is 1 / sqrt(2 + 4 *
    # .15^2).
    data = convergence(5, n_train=20_000, n_test=10)
    correlation = np.corrcoef(data.train.x["in0"], data.train.y["o0"])[0, 1]
    assert correlation == pytest.approx(1 / np.sqrt(2 + 4 * 0.15**2), abs=0.015)


@pytest.mark.parametrize("sizes", [{"n_train": 0}, {"n_test": -1}])
def test_bad_sizes(sizes):
    with pytest.raises(ConfigError, match=next(iter(sizes))):
        convergence(4, **sizes)


def test_seeds():
    one, again, other = (
        convergence(4, n_train=20, n_test=5, seed=seed).train.y for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, again)
    assert not np.allclose(one, other)
