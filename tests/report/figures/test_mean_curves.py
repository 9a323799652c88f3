import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from edgelab.errors import TableError
from edgelab.evaluation import average_precision, roc_auc
from edgelab.report.figures._mean_curves import (
    check_recoveries,
    mean_precision_recall,
    mean_roc,
)


@st.composite
def recoveries(draw):
    made = []
    for _ in range(draw(st.integers(1, 3))):
        n = draw(st.integers(2, 12))
        # Few distinct scores, so that ties and NaN are common.
        score = np.array(
            draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, np.nan]), min_size=n, max_size=n))
        )
        marks = np.zeros(n, dtype=bool)
        marks[draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n - 1))] = True
        if marks.all():
            marks[0] = False
        made.append((score, marks))
    return made


@given(recoveries())
def test_area_under_the_mean_is_the_mean_area(made):
    roc, precision = mean_roc(made), mean_precision_recall(made)
    assert trapezoid(roc.mean, roc.x) == pytest.approx(np.mean([roc_auc(*one) for one in made]))
    assert trapezoid(precision.mean, precision.x) == pytest.approx(
        np.mean([average_precision(*one) for one in made])
    )
    for curve in (roc, precision):
        assert np.all(np.diff(curve.x) >= 0) and curve.x[0] == 0 and curve.x[-1] == 1
        assert np.all((curve.mean >= 0) & (curve.mean <= 1 + 1e-12)) and np.all(curve.sd >= 0)
    assert np.all(np.diff(roc.mean) >= -1e-12)
    assert roc.mean[0] == 0 and roc.mean[-1] == 1


def test_band_by_hand():
    first = np.array([3.0, 2.0, 1.0]), np.array([True, False, False])
    second = np.array([3.0, 2.0, 1.0]), np.array([False, True, False])
    roc = mean_roc([first, second])
    assert roc.x.tolist() == [0, 0, 0.5, 0.5, 1, 1]
    assert roc.mean.tolist() == [0, 0.5, 0.5, 1, 1, 1]
    assert roc.sd == pytest.approx([0, np.sqrt(0.5), np.sqrt(0.5), 0, 0, 0])
    precision = mean_precision_recall([first, second])
    assert precision.x.tolist() == [0, 1]
    assert precision.mean.tolist() == [0.75, 0.75]
    assert precision.areas == (1.0, 0.5)


def test_hold_outs_with_other_numbers_of_edges():
    one = np.array([2.0, 1.0, 0.0]), np.array([True, False, False])
    two = np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, False, True, False])
    precision = mean_precision_recall([one, two])
    assert precision.x.tolist() == [0, 0.5, 0.5, 1]
    assert precision.mean == pytest.approx([1, 1, (1 + 2 / 3) / 2, (1 + 2 / 3) / 2])


def test_missing_scores_rank_last():
    marks = np.array([True, False, False])
    assert mean_roc([(np.array([np.nan, 0.0, -5.0]), marks)]).areas == (0.0,)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([], "no hold-outs"),
        ([(np.zeros(2), np.array([True]))], "2 scores but 1 marks"),
        ([(np.zeros(2), np.array([False, False]))], "0 are held-out edges"),
        ([(np.zeros(0), np.zeros(0, dtype=bool))], "of 0 candidates"),
    ],
)
def test_bad_hold_outs(made, message):
    with pytest.raises(TableError, match=message):
        check_recoveries(made, "mei")
