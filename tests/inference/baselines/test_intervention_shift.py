"""Shifts under interventions, against scipy."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy import stats

from edgelab.inference.baselines import ks_shift, z_shift
from edgelab.inference.baselines._intervention_shift import ks_test, mean_shift_test
from edgelab.screens import function_responses


def test_without_controls_no_shift_is_known(make_task, dense):
    task = dataclasses.replace(
        make_task(), x=torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    )
    assert np.isnan(dense(ks_shift(task)).score).all()


@pytest.mark.parametrize("baseline", [ks_shift, z_shift])
def test_a_shift_is_known_for_perturbed_sources_and_measured_targets(make_task, dense, baseline):
    raw = dense(baseline(make_task()))
    assert np.isfinite(raw.score[:2, :4]).all()
    assert np.isnan(raw.score[2:]).all()
    assert np.isnan(raw.score[:, 4]).all()
    assert raw.score[0, 1] == raw.score[0, [1, 2, 3]].max(), "the drug moves b most"


@pytest.mark.parametrize(("n_treated", "n_control"), [(1, 5), (7, 4), (40, 40)])
def test_ks_test_agrees_with_scipy(n_treated, n_control):
    rng = np.random.default_rng(n_treated)
    treated, control = rng.normal(0.5, 1, (n_treated, 6)), rng.normal(0, 1, (n_control, 6))
    treated[:, 3:], control[:, 3:] = treated[:, 3:].round(), control[:, 3:].round()
    distance, p_value = ks_test(treated, control)
    for column in range(6):
        expected = stats.ks_2samp(treated[:, column], control[:, column], method="asymp")
        assert distance[column] == pytest.approx(expected.statistic)
        assert p_value[column] == pytest.approx(expected.pvalue, rel=1e-6)


def test_shifts_by_hand():
    assert ks_test(np.array([[1.0], [2.0]]), np.array([[1.5], [5.0]]))[0].tolist() == [0.5]
    shift, p_value = mean_shift_test(np.array([[3.0]]), np.array([[-1.0], [0.0], [1.0]]))
    assert shift.tolist() == [3.0] and p_value.round(3).tolist() == [0.122]


def test_mean_shift_test_agrees_with_scipy():
    rng = np.random.default_rng(0)
    treated, control = rng.normal(1, 1, (6, 3)), rng.normal(0, 1, (9, 3))
    shift, p_value = mean_shift_test(treated, control)
    expected = stats.ttest_ind(treated, control)
    np.testing.assert_allclose(p_value, expected.pvalue)
    np.testing.assert_allclose(shift, np.abs(expected.statistic) * np.sqrt(1 / 6 + 1 / 9))


def test_a_mean_shift_without_spread_is_undefined():
    shift, p_value = mean_shift_test(np.array([[2.0]]), np.array([[1.0], [1.0]]))
    assert np.isnan(shift).all()
    assert np.isnan(p_value).all()
    assert np.isnan(mean_shift_test(np.array([[2.0]]), np.array([[1.0]]))[0]).all()


def test_several_interventions_on_one_source_are_corrected_for(make_task, dense):
    graph_task = make_task()
    task = dataclasses.replace(
        graph_task, x=torch.tensor([(0.0, 0, 0)] * 3 + [(0, 1.0, 0)] * 3 + [(0, 2.0, 0)] * 3)
    )
    raw, responses = dense(z_shift(task)), function_responses(task)
    one, two = (
        mean_shift_test(responses[rows, 1:2], responses[:3, 1:2])
        for rows in (slice(3, 6), slice(6, 9))
    )
    assert raw.score[0, 1] == max(one[0][0], two[0][0])
    assert raw.p_value[0, 1] == pytest.approx(min(1.0, 2 * min(one[1][0], two[1][0])))
