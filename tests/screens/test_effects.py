"""Effects of interventions: t statistics of statsmodels, medians where controls are few."""

import numpy as np
import pytest
import statsmodels.api as sm

from edgelab.screens import intervention_effects, mean_shifts, standard_error


def test_regression_gives_the_t_statistics_of_statsmodels():
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal((40, 3)), generator.standard_normal((40, 2))
    expected = np.stack(
        [sm.OLS(column, sm.add_constant(x)).fit().tvalues[1:] for column in y.T], axis=1
    )
    np.testing.assert_allclose(intervention_effects(x, y), expected)


def test_screens_compare_means_with_controls():
    x = np.array([[0.0], [0.0], [0.0], [0.0], [1.0], [1.0]])[:, [0]]
    y = np.array([[1.0], [3.0], [1.0], [3.0], [5.0], [7.0]])
    control = y[:4].mean()
    # 4 controls are not 3 times 2 treated, but one intervention is no pool to take a median from.
    expected = (6 - control) / y.std() / np.sqrt(1 / 2 + 1 / 4)
    assert intervention_effects(x, y)[0, 0] == pytest.approx(expected)


def test_many_interventions_with_few_controls_use_the_median_of_all():
    x = np.concatenate([np.zeros((1, 25)), np.eye(25)])
    y = np.random.default_rng(1).standard_normal((26, 1))
    y[0] = 100.0  # a single odd control must not move every effect
    effects = intervention_effects(x, y)[:, 0]
    assert abs(np.median(effects)) < 0.1


def test_negative_doses_turn_the_sign():
    y = np.array([[0.0], [0.1], [-0.1], [2.0]])
    up, down = (
        intervention_effects(np.array([[0.0], [0.0], [0.0], [dose]]), y) for dose in (1.0, -1.0)
    )
    np.testing.assert_allclose(up, -down)


def test_what_cannot_be_known_is_nan():
    x = np.array(
        [
            [0.0, 0.0, 1.0],
            [1.0, 1.0, 0.0],
            [0.0, 0.0, 1.0],
            [1.0, 1.0, 1.0],
            [0.0, 0.0, 0.0],
            [1.0, 1.0, 0.0],
        ]
    )
    y = np.stack([np.arange(6.0), np.full(6, 2.0), np.array([1, 2, np.nan, 0, 1, 2])], axis=1)
    effects = intervention_effects(x, y)
    assert np.isnan(effects[:2, 0]).all()  # the first two inputs always go together
    assert np.isfinite(effects[2, 0])
    assert np.isnan(effects[:, 1:]).all()  # constant, and not measured


def test_more_inputs_than_samples_are_taken_one_by_one():
    generator = np.random.default_rng(2)
    x, y = generator.standard_normal((5, 8)), generator.standard_normal((5, 1))
    assert np.isfinite(intervention_effects(x, y)).all()
    assert np.isnan(intervention_effects(x[:1], y[:1])).all()


def test_a_mean_shift_is_that_of_the_treated_samples():
    x = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, -1.0, 0.0]])
    y = np.array([[9.0], [4.0], [8.0]])
    # Doses 1 and 3 of the first input count alike; the negative dose of the second turns round.
    np.testing.assert_array_equal(mean_shifts(x, y, np.array([2.0])), [[4.0], [-6.0], [np.nan]])


def test_the_standard_error_is_that_of_a_difference_of_means():
    rng = np.random.default_rng(0)
    differences = rng.normal(0, 3, (20_000, 5)).mean(1) - rng.normal(0, 3, (20_000, 8)).mean(1)
    assert standard_error(3.0, 5, 8) == pytest.approx(differences.std(), rel=0.02)
    assert np.isinf(standard_error(np.ones((1, 2)), np.array([[0], [3]]), 4)[0]).all()


def test_no_samples_have_no_effects():
    assert np.isnan(intervention_effects(np.zeros((0, 2)), np.zeros((0, 3)))).all()
