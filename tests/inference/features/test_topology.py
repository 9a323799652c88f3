"""Topology of a pair, as if that pair were unknown."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from edgelab.inference.features import topology_features

GRAPHS = st.integers(2, 7).flatmap(lambda n: arrays(bool, (n, n)))


def without_loops(adjacency):
    adjacency = adjacency.copy()
    np.fill_diagonal(adjacency, False)
    return adjacency


def jaccard(first, second):
    return len(first & second) / max(len(first | second), 1)


def naive(adjacency, i, j):
    """The definitions, on sets, with the edge i -> j taken out of the graph first."""
    known = adjacency.copy()
    known[i, j] = False
    targets = {node: set(np.flatnonzero(known[node]).tolist()) - {j} for node in range(len(known))}
    regulators = {
        node: set(np.flatnonzero(known[:, node]).tolist()) - {i} for node in range(len(known))
    }
    return {
        "out_degree": known[i].sum(),
        "in_degree": known[:, j].sum(),
        "source_in_degree": known[:, i].sum(),
        "target_out_degree": known[j].sum(),
        "reverse_edge": known[j, i],
        "two_step_paths": sum(known[i, k] and known[k, j] for k in range(len(known))),
        "co_regulation": sum(jaccard(targets[i], targets[k]) for k in np.flatnonzero(known[:, j])),
        "shared_regulators": np.mean(
            [jaccard(regulators[j], regulators[t]) for t in np.flatnonzero(known[i])] or [0.0]
        ),
    }


@given(adjacency=GRAPHS)
def test_features_are_those_of_the_graph_without_the_pair(adjacency):
    adjacency = without_loops(adjacency)
    features = topology_features(adjacency)
    assert features.keys() == naive(adjacency, 0, 1).keys()
    for i, j in np.argwhere(~np.eye(len(adjacency), dtype=bool)):
        for name, expected in naive(adjacency, i, j).items():
            assert features[name][i, j] == pytest.approx(float(expected)), (name, i, j)


@given(adjacency=GRAPHS)
def test_an_edge_does_not_show_in_its_own_features(adjacency):
    adjacency = without_loops(adjacency)
    toggled = adjacency.copy()
    toggled[0, 1] ^= True
    before, after = topology_features(adjacency), topology_features(toggled)
    for name in before:
        assert before[name][0, 1] == pytest.approx(after[name][0, 1]), name


def test_overlaps_by_hand():
    known = np.zeros((4, 4), dtype=bool)
    known[0, 2] = known[1, 2] = known[1, 3] = True
    features = topology_features(known)
    assert features["co_regulation"][0, 3] == 1.0  # 0 and 1 share the target 2, and 1 regulates 3
    # 2 and 3 share the regulator 1, and 0 regulates 2.
    assert features["shared_regulators"][0, 3] == 1.0
