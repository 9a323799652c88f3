"""Many splits, one q-value: by hand, by definition, and the promise on coins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgelab.confidence import aggregated_q_values, competition_q_values, mirror_statistics
from edgelab.confidence._aggregation import competition_e_values, e_value_q_values
from edgelab.confidence._mirror import competition_calls

tenths = st.integers(0, 2000).map(lambda value: value / 10)
e_values = st.lists(st.one_of(tenths, st.just(float("nan"))), min_size=1, max_size=25)


def e_bh(e_value, level):
    """The base procedure: the largest k with the k-th largest e-value at least m / (k level)."""
    known = np.sort(e_value[~np.isnan(e_value)])[::-1]
    passed = [
        k
        for k in range(1, known.size + 1)
        if known[k - 1] > 0 and known.size / (k * known[k - 1]) <= level
    ]
    return e_value >= known[passed[-1] - 1] if passed else np.zeros(e_value.shape, dtype=bool)


@given(e_values, st.sampled_from([0.05, 0.11, 0.3, 0.7]))
def test_q_values_of_e_values_call_what_e_bh_calls(listed, level):
    e_value = np.array(listed)
    np.testing.assert_array_equal(e_value_q_values(e_value) <= level, e_bh(e_value, level))


def test_one_split_calls_by_e_values_what_it_calls_by_competition():
    statistic = np.r_[np.arange(1.0, 60.0), -np.array([0.5, 3.5, 10.5])]
    for level in (0.05, 0.1, 0.2):
        called = e_value_q_values(competition_e_values(statistic, level)) <= level + 1e-12
        np.testing.assert_array_equal(called, competition_calls(statistic, level))


def test_e_values_by_hand():
    # Four calls at 0.5 with one decoy beyond the threshold, five pairs in play: 5 / (1 + 1).
    statistic = np.array([5.0, 4.0, 3.0, 2.0, -2.5, np.nan])
    e_value = competition_e_values(statistic, 0.5)
    np.testing.assert_array_equal(e_value, [2.5, 2.5, 2.5, 2.5, 0.0, np.nan])
    # Three calls at 0.4 without a decoy beyond the threshold, four pairs in play.
    e_value = competition_e_values(np.array([5.0, 4.0, 3.0, -1.0]), 0.4)
    assert e_value.tolist() == [4.0, 4.0, 4.0, 0.0]


def test_q_values_of_e_values_by_hand():
    """Four pairs: 4 / 40 for the first, 4 / (2 * 10) for the second."""
    assert e_value_q_values(np.array([40.0, 10.0, 0.0, 0.0])).tolist() == [0.1, 0.2, 1.0, 1.0]


def test_a_single_split_keeps_its_exact_q_values():
    statistic = np.array([5.0, 4.0, -3.0, 2.0, np.nan])
    np.testing.assert_array_equal(aggregated_q_values([statistic]), competition_q_values(statistic))


def test_pairs_that_a_split_cannot_judge_rest_on_the_others():
    strong = np.arange(100.0, 0.0, -1.0)
    blind = np.where(np.arange(100) == 0, np.nan, strong)
    q_value = aggregated_q_values([strong, blind, strong])
    assert q_value[0] <= 0.1 and q_value[1] <= 0.05
    assert np.isnan(aggregated_q_values([blind, blind])[0])


@pytest.mark.parametrize("level", [0.05, 0.1, 0.2])
def test_the_rate_is_kept_and_little_is_lost_over_random_halves(level):
    generator = np.random.default_rng(1)
    effect, shares, found = np.r_[np.full(40, 2.5), np.zeros(160)], [], []
    for _ in range(80):
        samples = generator.standard_normal((4, 200)) + effect
        splits = []
        for _ in range(8):
            order = generator.permutation(4)
            splits.append(
                mirror_statistics(samples[order[:2]].mean(axis=0), samples[order[2:]].mean(axis=0))
            )
        called = aggregated_q_values(splits) <= level
        shares.append((called & (effect == 0)).sum() / max(1, called.sum()))
        found.append(called[:40].mean())
    assert np.mean(shares) <= level + 2 * np.std(shares) / np.sqrt(80)
    assert np.mean(found) > (0.8 if level > 0.05 else 0.1)
