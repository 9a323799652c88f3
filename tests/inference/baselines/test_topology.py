import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch

from edgelab.graphs import build_graph
from edgelab.inference.baselines import adamic_adar, neighbourhood, preferential_attachment
from edgelab.tasks import Task

NAMES = list("abcdef")


def task_of(edges) -> Task:
    graph = build_graph(
        edges, input_edges=[("in", "a")], output_edges=[("a", "out")], functions=NAMES
    )
    return Task(
        name="toy",
        data=graph,
        x=torch.zeros(2, 1),
        y=torch.zeros(2, 1),
        condition=pd.Series(["none"] * 2),
    )


def random_edges(seed, n=12):
    rng = np.random.default_rng(seed)
    pairs = [(a, b) for a in NAMES for b in NAMES if a != b]
    return [pairs[i] for i in rng.choice(len(pairs), n, replace=False)]


def score(baseline, edges):
    return baseline(task_of(edges)).raw_scores(slice(0, len(NAMES))).score


def at(matrix, pair):
    return matrix[NAMES.index(pair[0]), NAMES.index(pair[1])]


@pytest.mark.parametrize("seed", range(4))
def test_preferential_attachment_does_not_count_the_edge_itself(seed):
    edges = random_edges(seed)
    whole = score(preferential_attachment, edges)
    for edge in edges:
        without = [other for other in edges if other != edge]
        assert at(whole, edge) == at(score(preferential_attachment, without), edge)
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(NAMES)
    pair = next(pair for pair in random_edges(seed + 10, 30) if pair not in edges)
    assert at(whole, pair) == (graph.out_degree(pair[0]) + 1) * (graph.in_degree(pair[1]) + 1)


@pytest.mark.parametrize("seed", range(4))
def test_adamic_adar_agrees_with_networkx(seed):
    edges = random_edges(seed)
    graph = nx.Graph(edges)
    graph.add_nodes_from(NAMES)
    matrix = score(adamic_adar, edges)
    for source, target, expected in nx.adamic_adar_index(
        graph, [(a, b) for a in NAMES for b in NAMES if a != b]
    ):
        assert at(matrix, (source, target)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_neighbourhood_agrees_with_a_plain_loop(seed):
    edges = random_edges(seed)
    targets = {name: {b for a, b in edges if a == name} for name in NAMES}
    regulators = {name: {a for a, b in edges if b == name} for name in NAMES}

    def jaccard(one, other):
        return len(one & other) / max(1, len(one | other))

    matrix = score(neighbourhood, edges)
    for i in NAMES:
        for j in NAMES:
            expected = sum(jaccard(targets[i], targets[k]) for k in regulators[j] - {i})
            expected += sum(jaccard(regulators[j], regulators[t]) for t in targets[i] - {j})
            assert at(matrix, (i, j)) == pytest.approx(expected)


def test_neighbourhood_by_hand():
    # a and b share the target d, and b acts on e too: a -> e.
    matrix = score(neighbourhood, [("a", "d"), ("b", "d"), ("b", "e")])
    assert at(matrix, ("a", "e")) == 0.5 + 0.5
    assert at(matrix, ("c", "e")) == 0
