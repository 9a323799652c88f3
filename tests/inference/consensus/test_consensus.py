"""One ranking from all evidence."""

import numpy as np
import pytest

from edgelab.datasets import convergence, sachs
from edgelab.inference import PairSpace, edge_table
from edgelab.inference.consensus import ConsensusScorer
from edgelab.inference.consensus._consensus import FEWEST_EDGES
from edgelab.inference.features import PairFeatures, pair_features
from edgelab.tasks import graph_of, perturbation_task


def features_of(names, edges, groups):
    position = {name: number for number, name in enumerate(names)}
    index = np.array([[position[a], position[b]] for a, b in edges]).T
    return PairFeatures(
        pairs=PairSpace(tuple(names), tuple(names), index, same_nodes=True), groups=groups
    )


def synthetic(order, seed=0, n=12):
    """The same pairs and evidence with nodes in another order."""
    rng = np.random.default_rng(seed)
    names = [f"f{number}" for number in range(n)]
    adjacency = rng.random((n, n)) < 0.55
    np.fill_diagonal(adjacency, False)
    evidence = rng.normal(size=(n, n)) + adjacency
    edges = [(names[i], names[j]) for i, j in np.argwhere(adjacency)]
    ordered = [names[number] for number in order]
    return features_of(
        ordered, edges, {"topology": {"out_degree": evidence[np.ix_(order, order)]}}
    ), len(edges)


def scores_by_name(features):
    table = edge_table((scorer := ConsensusScorer(features)).raw_scores, scorer.pairs)
    return table.set_index(["src_func", "dst_func"])["score"].sort_index()


@pytest.mark.parametrize("few", [True, False])
def test_scores_do_not_depend_on_the_order_of_nodes(few):
    n = 6 if few else 12
    forward, n_edges = synthetic(list(range(n)), n=n)
    assert (n_edges < FEWEST_EDGES) == few
    backward, _ = synthetic(list(range(n))[::-1], n=n)
    first, second = scores_by_name(forward), scores_by_name(backward)
    np.testing.assert_array_equal(first.to_numpy(), second.reindex(first.index).to_numpy())


def test_few_known_edges_are_not_learnt_from():
    scorer = ConsensusScorer(pair_features(perturbation_task(sachs())))
    assert not scorer.learnt
    raw = scorer.raw_scores(slice(0, 11))
    votes = sum(matrix for name, matrix in raw.extras.items() if name.startswith("why_"))
    np.testing.assert_allclose(raw.score, votes)


def test_reasons_sum_up_to_more_where_the_probability_is_higher():
    features, _ = synthetic(list(range(12)))
    raw = ConsensusScorer(features).raw_scores(slice(0, 12))
    off = ~np.eye(12, dtype=bool)
    why = raw.extras["why_topology"][off]
    assert np.corrcoef(raw.score[off], why)[0, 1] > 0.5


def test_blocks_of_targets_are_columns_of_the_whole():
    features, _ = synthetic(list(range(12)))
    scorer = ConsensusScorer(features)
    np.testing.assert_array_equal(
        scorer.raw_scores(slice(0, 12)).score[:, 3:5], scorer.raw_scores(slice(3, 5)).score
    )


def test_data_without_repeated_settings_or_readouts_of_every_function_are_ranked_too():
    data = convergence(6, n_train=80, n_test=10, noise_scale=0.15, seed=0).train
    task = perturbation_task(data, graph_of(data))
    scorer = ConsensusScorer(pair_features(task))
    score = scorer.raw_scores(slice(0, scorer.pairs.n_targets)).score
    assert np.isfinite(score[~np.eye(len(score), dtype=bool)]).all()


def test_a_knockout_that_lowers_its_target_has_a_positive_sign():
    """A knockout lowers its function, so what falls with it rises with the function."""
    features = pair_features(perturbation_task(sachs()))
    names = list(features.pairs.sources)
    raw = ConsensusScorer(features).raw_scores(slice(0, len(names)))
    raf, mek = names.index("Raf"), names.index("Mek")
    assert raw.extras["sign"][raf, mek] == 1  # nothing hits Raf: the sign of the correlation
    assert np.isin(raw.extras["sign"][~np.eye(len(names), dtype=bool)], [-1, 0, 1]).all()


def complete(n):
    names = [f"f{number}" for number in range(n)]
    edges = [(source, target) for source in names for target in names if source != target]
    return features_of(names, edges, {"topology": {"out_degree": np.full((n, n), n - 1.0)}})


def test_a_complete_network_has_nothing_to_learn_edges_from():
    scorer = ConsensusScorer(complete(7))
    assert not scorer.learnt
    assert np.isfinite(scorer.raw_scores(slice(0, 7)).score).all()


@pytest.mark.parametrize("n", [6, 12])
def test_without_evidence_nothing_has_a_score(n):
    features = synthetic(list(range(n)), n=n)[0].only("model")
    scorer = ConsensusScorer(features)
    assert not scorer.learnt
    assert np.isnan(edge_table(scorer.raw_scores, scorer.pairs)["score"]).all()
