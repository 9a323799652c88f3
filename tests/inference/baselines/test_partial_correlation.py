"""Shrunken partial correlations, against an inverted covariance matrix."""

import numpy as np
from sklearn.covariance import LedoitWolf

from edgelab.inference.baselines import partial_correlation
from edgelab.screens import function_responses


def test_partial_correlation_agrees_with_an_inverted_shrunken_correlation_matrix(make_task, dense):
    task = make_task()
    values = function_responses(task)[:, :4]
    standardised = (values - values.mean(axis=0)) / values.std(axis=0)
    precision = np.linalg.inv(LedoitWolf().fit(standardised).covariance_)
    expected = np.abs(precision / np.sqrt(np.outer(np.diag(precision), np.diag(precision))))
    np.testing.assert_allclose(dense(partial_correlation(task)).score[:4, :4], expected, rtol=1e-9)
