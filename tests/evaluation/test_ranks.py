import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import TableError
from edgelab.evaluation import mean_reciprocal_rank, ranks_within_target, top_at_k

VALUES = st.sampled_from([-2.0, 0.0, 0.25, 0.5, np.nan, np.inf, -np.inf])


@st.composite
def rows(draw):
    score = np.array(draw(st.lists(VALUES, min_size=1, max_size=25)))
    many = {"min_size": score.size, "max_size": score.size}
    target = np.array(draw(st.lists(st.integers(0, 3), **many)))
    is_positive = np.array(draw(st.lists(st.booleans(), **many)))
    is_competitor = np.array(draw(st.lists(st.booleans(), **many)))
    return score, target, is_positive, is_competitor


def above(left, right):
    return (not np.isnan(left)) and (np.isnan(right) or left > right)


def by_loops(score, target, is_positive, is_competitor):
    best, worst = [], []
    for row in np.flatnonzero(is_positive):
        rivals = [r for r in np.flatnonzero(is_competitor & (target == target[row])) if r != row]
        best.append(1 + sum(above(score[r], score[row]) for r in rivals))
        worst.append(1 + sum(not above(score[row], score[r]) for r in rivals))
    return best, worst


@given(rows())
def test_agrees_with_loops(drawn):
    ranks = ranks_within_target(*drawn)
    best, worst = by_loops(*drawn)
    assert ranks.best.tolist() == best
    assert ranks.worst.tolist() == worst
    np.testing.assert_array_equal(ranks.mean, (np.array(best) + np.array(worst)) / 2)


@given(rows())
def test_filtered_is_the_default(drawn):
    score, target, is_positive, _ = drawn
    ranks = ranks_within_target(score, target, is_positive)
    assert ranks.worst.tolist() == by_loops(score, target, is_positive, ~is_positive)[1]


def test_a_constant_score_gets_the_expected_rank_of_a_random_order():
    is_positive = np.arange(9) == 4
    ranks = ranks_within_target(np.zeros(9), np.zeros(9, dtype=int), is_positive)
    assert (ranks.best[0], ranks.mean[0], ranks.worst[0]) == (1, 5, 9)
    assert mean_reciprocal_rank(ranks.mean) == pytest.approx(1 / 5)


def test_nan_ranks_last_and_is_counted():
    score = np.array([np.nan, 0.1, -np.inf, np.nan])
    ranks = ranks_within_target(
        score, np.zeros(4, dtype=int), np.array([True, False, False, False])
    )
    assert (ranks.best[0], ranks.worst[0]) == (3, 4)


def test_hand_computed_averages():
    rank = np.array([1.0, 2.0, 2.5, np.inf])
    assert mean_reciprocal_rank(rank) == pytest.approx((1 + 0.5 + 0.4 + 0) / 4)
    assert [top_at_k(rank, k) for k in (1, 2, 3)] == [0.25, 0.5, 0.75]


@pytest.mark.parametrize("average", [mean_reciprocal_rank, lambda rank: top_at_k(rank, 1)])
def test_no_rank_is_an_error(average):
    with pytest.raises(TableError, match="no ranks"):
        average(np.empty(0))
