"""Realised proportions: by hand, intervals against statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from edgelab.confidence import realised_proportions
from edgelab.confidence._realised import binomial_interval


@pytest.mark.parametrize(("hits", "trials"), [(0, 7), (3, 10), (10, 10), (1, 1)])
def test_interval_is_that_of_statsmodels(hits, trials):
    assert binomial_interval(hits, trials) == pytest.approx(
        proportion_confint(hits, trials, method="beta")
    )


def test_proportions_by_hand():
    q_value, is_true = (
        np.array([0.01, 0.04, 0.08, np.nan, 0.3]),
        np.array([True, True, False, True, False]),
    )
    found = realised_proportions(q_value, is_true, [0.001, 0.05, 0.1])
    assert found["n_called"].tolist() == [0, 2, 3]
    assert found["realised"].tolist() == [0.0, 0.0, pytest.approx(1 / 3)]
    assert found["power"].tolist() == [0.0, pytest.approx(2 / 3), pytest.approx(2 / 3)]
    assert np.isnan(found["low"].iloc[0])


def test_without_true_pairs_power_is_unknown():
    assert np.isnan(realised_proportions(np.array([0.01]), np.array([False]))["power"]).all()
