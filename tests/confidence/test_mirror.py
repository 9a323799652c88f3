"""Target-decoy competition: against a plain loop over thresholds, and its promise on coins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgelab.confidence import competition_q_values, mirror_statistics
from edgelab.confidence._mirror import competition_calls

values = st.lists(
    st.one_of(st.integers(-6, 6).map(float), st.just(float("nan"))), min_size=1, max_size=30
)


def q_by_definition(statistic):
    """Smallest (1 + decoys) / targets over all thresholds that still call the pair."""
    known = statistic[~np.isnan(statistic)]
    found = np.where(np.isnan(statistic), np.nan, 1.0)
    for position, value in enumerate(statistic):
        if value > 0:
            thresholds = [t for t in np.abs(known) if 0 < t <= value]
            ratios = [(1 + (known <= -t).sum()) / (known >= t).sum() for t in thresholds]
            found[position] = min(1.0, *ratios)
    return found


@given(values)
def test_q_values_are_those_of_the_definition(listed):
    statistic = np.array(listed)
    # Thresholds between the levels of targets, at levels of decoys, are never better.
    np.testing.assert_allclose(competition_q_values(statistic), q_by_definition(statistic))


@given(values, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_does_not_matter(listed, random):
    statistic, order = np.array(listed), list(range(len(listed)))
    random.shuffle(order)
    np.testing.assert_array_equal(
        competition_q_values(statistic)[order], competition_q_values(statistic[order])
    )


@given(values)
def test_only_the_order_of_sizes_counts(listed):
    statistic = np.array(listed)
    np.testing.assert_array_equal(
        competition_q_values(statistic), competition_q_values(np.sign(statistic) * statistic**2)
    )


def test_the_largest_statistic_has_the_smallest_q_value():
    q_value = competition_q_values(np.array([9.0, 8.0, 7.0, -6.0, 5.0, -1.0]))
    assert q_value.tolist() == [1 / 3, 1 / 3, 1 / 3, 1.0, 0.5, 1.0]


def test_calls_by_hand():
    """(1 + 0) / 3 at the third pair."""
    calls = competition_calls(np.array([5.0, 4.0, 3.0, -1.0, np.nan]), 0.4)
    assert calls.tolist() == [True, True, True, False, False]


def test_mirror_of_agreeing_and_disagreeing_estimates():
    found = mirror_statistics(
        np.array([1.0, -3.0, 2.0, np.nan, 0.0]), np.array([2.0, -1.0, -5.0, 1.0, 3.0])
    )
    np.testing.assert_array_equal(found, [1.0, 1.0, -2.0, np.nan, 0.0])


@pytest.mark.parametrize("level", [0.05, 0.1, 0.2])
def test_the_false_discovery_rate_is_kept_where_null_signs_are_coins(level):
    """300 experiments, 30 effects among 200 pairs: the mean false share stays within 2 SE."""
    generator = np.random.default_rng(0)
    effect = np.r_[np.full(30, 3.0), np.zeros(170)]
    shares, found = [], []
    for _ in range(300):
        first, second = generator.standard_normal((2, 200)) + effect
        called = competition_calls(mirror_statistics(first, second), level)
        shares.append((called & (effect == 0)).sum() / max(1, called.sum()))
        found.append(called[:30].mean())
    assert np.mean(shares) <= level + 2 * np.std(shares) / np.sqrt(300)
    assert np.mean(found) > 0.3 or level == 0.05
