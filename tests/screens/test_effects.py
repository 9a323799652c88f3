"""Effects of interventions: t statistics of statsmodels, medians where controls are few, NaN where
nothing is known.
"""

import numpy as np
import pytest
import statsmodels.api as sm

from edgelab.screens import intervention_effects


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
