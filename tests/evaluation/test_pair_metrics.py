"""Metrics over one list of scored pairs: roc_auc, average_precision, early_precision_ratio, and
their levels.
"""

import inspect
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from edgelab import evaluation
from edgelab.errors import TableError
from edgelab.evaluation import (
    average_precision,
    early_precision_ratio,
    roc_auc,
    score_levels,
)

METRICS = [roc_auc, average_precision, early_precision_ratio]
VALUES = st.sampled_from([-2.0, 0.0, 0.25, 0.5, 3.0])


def test_no_metric_of_pairs_is_missing_here():
    """A metric of pairs is exported and takes `score` and `is_positive`, nothing else."""
    exported = [thing for thing in vars(evaluation).values() if inspect.isfunction(thing)]
    taking = {function: [*inspect.signature(function).parameters] for function in exported}
    assert {f for f in exported if taking[f] == ["score", "is_positive"]} == set(METRICS)


@st.composite
def scored_pairs(draw, values=VALUES):
    score = np.array(draw(st.lists(values, min_size=2, max_size=12)))
    is_positive = np.array(draw(st.lists(st.booleans(), min_size=score.size, max_size=score.size)))
    assume(0 < is_positive.sum() < score.size)
    return score, is_positive


def by_counting(score, is_positive):
    wins = [(p > n) + (p == n) / 2 for p in score[is_positive] for n in score[~is_positive]]
    return np.mean(wins)


def by_all_orders(score, is_positive):
    """Mean precision among the first K over every order that the scores allow, divided by the
    prevalence.
    """
    n_top = is_positive.sum()
    found = [
        is_positive[list(order)][:n_top].mean()
        for order in permutations(range(score.size))
        if np.all(np.diff(score[list(order)]) <= 0)
    ]
    return np.mean(found) / is_positive.mean()


@given(scored_pairs())
def test_roc_auc_counts_wins_and_agrees_with_scikit_learn(pairs):
    assert roc_auc(*pairs) == pytest.approx(by_counting(*pairs))
    assert roc_auc(*pairs) == pytest.approx(roc_auc_score(pairs[1], pairs[0]))


@given(scored_pairs(st.floats(-5, 5)))
def test_average_precision_agrees_with_scikit_learn(pairs):
    assert average_precision(*pairs) == pytest.approx(average_precision_score(pairs[1], pairs[0]))


@given(st.lists(VALUES, min_size=2, max_size=6), st.data())
def test_early_precision_ratio_is_the_mean_over_all_tie_breaks(values, data):
    score = np.array(values)
    is_positive = np.array(
        data.draw(st.lists(st.booleans(), min_size=score.size, max_size=score.size))
    )
    assume(is_positive.any())
    assert early_precision_ratio(score, is_positive) == pytest.approx(
        by_all_orders(score, is_positive)
    )


@pytest.mark.parametrize("metric", METRICS)
@given(
    pairs=scored_pairs(st.one_of(VALUES, st.sampled_from([np.nan, np.inf, -np.inf]))),
    data=st.data(),
)
def test_shift_scale_and_order_change_nothing(metric, pairs, data):
    score, is_positive = pairs
    order = np.array(data.draw(st.permutations(range(score.size))))
    assert metric(4 * score + 1, is_positive) == metric(score, is_positive)
    assert metric(score[order], is_positive[order]) == pytest.approx(metric(score, is_positive))


@given(scored_pairs())
def test_turning_the_scores_round_turns_the_auc_round(pairs):
    score, is_positive = pairs
    assert roc_auc(-score, is_positive) == pytest.approx(1 - roc_auc(score, is_positive))


@pytest.mark.parametrize("value", [0.0, -3.5, np.inf, np.nan])
def test_a_constant_score_is_worth_nothing(value):
    score, is_positive = np.full(10, value), np.arange(10) < 3
    assert roc_auc(score, is_positive) == 0.5
    assert average_precision(score, is_positive) == pytest.approx(0.3)
    assert early_precision_ratio(score, is_positive) == pytest.approx(1.0)


@pytest.mark.parametrize("metric", METRICS)
@given(pairs=scored_pairs())
def test_nan_is_as_bad_as_the_lowest_score(metric, pairs):
    score, is_positive = pairs
    lowest = score == score.min()
    assert metric(np.where(lowest, np.nan, score), is_positive) == pytest.approx(
        metric(score, is_positive)
    )


@pytest.mark.parametrize("metric", METRICS)
def test_no_positive_is_an_error(metric):
    with pytest.raises(TableError, match="none of the 3 pairs is positive"):
        metric(np.arange(3.0), np.zeros(3, dtype=bool))


def test_without_negatives_only_the_auc_is_undefined():
    score, is_positive = np.arange(3.0), np.ones(3, dtype=bool)
    assert np.isnan(roc_auc(score, is_positive))
    assert average_precision(score, is_positive) == early_precision_ratio(score, is_positive) == 1.0


@given(st.lists(st.one_of(VALUES, st.just(np.nan), st.just(-np.inf)), min_size=1, max_size=20))
def test_levels_keep_order_and_ties(values):
    score = np.array(values)
    level = score_levels(score)
    comparable = np.where(np.isnan(score), -np.finfo(float).max * np.inf, score)
    rank_key = list(zip(~np.isnan(score), comparable, strict=True))
    for i, left in enumerate(rank_key):
        for j, right in enumerate(rank_key):
            assert (level[i] < level[j]) == (left < right)
    assert sorted(set(level.tolist())) == list(range(len(set(level.tolist()))))
