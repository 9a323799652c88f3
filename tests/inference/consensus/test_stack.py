"""A forest that learns from known edges."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from edgelab.errors import DataError
from edgelab.inference.consensus._stack import stack


def evidence(n=1500, n_edges=150, seed=0):
    rng = np.random.default_rng(seed)
    is_edge = np.arange(n) < n_edges
    telling = rng.normal(size=(n, 2)) + 2.5 * is_edge[:, None]
    return {"telling": telling, "noise": rng.normal(size=(n, 3))}, is_edge


def test_noise_teaches_nothing():
    """A pair must not be judged by trees that learnt it by heart."""
    groups, is_edge = evidence()
    result = stack({"noise": groups["noise"]}, is_edge, n_explained=1)
    assert roc_auc_score(is_edge, result.probability) == pytest.approx(0.5, abs=0.08)


def test_probabilities_are_calibrated():
    groups, is_edge = evidence()
    probability = stack(groups, is_edge, n_explained=1).probability
    assert probability.mean() == pytest.approx(is_edge.mean(), abs=0.02)
    assert brier_score_loss(is_edge, probability) < 0.5 * brier_score_loss(
        is_edge, np.full(len(is_edge), 0.1)
    )


def test_contributions_tell_evidence_from_noise():
    groups, is_edge = evidence()
    why = stack(groups, is_edge).contributions
    assert why["telling"][is_edge].mean() > 5 * abs(why["noise"][is_edge].mean())


def test_equal_seeds_give_equal_bits_whatever_the_number_of_processes():
    groups, is_edge = evidence(n=300, n_edges=60)
    first, second = (stack(groups, is_edge, seed=3, n_explained=5, n_jobs=jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(first.probability, second.probability)
    assert np.isfinite(first.contributions["noise"]).sum() == 5


def test_units_and_rounding_do_not_matter():
    groups, is_edge = evidence(n=300, n_edges=60)
    shaken = {name: group * (1 + 1e-13) for name, group in groups.items()}
    first, second = (stack(values, is_edge, n_explained=1) for values in (groups, shaken))
    np.testing.assert_array_equal(first.probability, second.probability)


def test_unknown_values_are_a_level_of_their_own():
    groups, is_edge = evidence(n=600, n_edges=120)
    groups["telling"][::3] = np.nan
    result = stack({"telling": groups["telling"]}, is_edge, n_explained=1)
    known = ~np.isnan(groups["telling"][:, 0])
    assert np.isfinite(result.probability).all()
    assert roc_auc_score(is_edge[known], result.probability[known]) > 0.9


@pytest.mark.parametrize("known", [False, True])
def test_edges_cannot_be_learnt_without_other_pairs(known):
    groups, is_edge = evidence(n=60, n_edges=10)
    with pytest.raises(DataError, match=f"got {60 * known} edges among 60 pairs"):
        stack(groups, np.full_like(is_edge, known))


def test_any_seed_will_do():
    groups, is_edge = evidence(n=60, n_edges=10)
    assert np.isfinite(stack(groups, is_edge, seed=2**63 - 1).probability).all()
