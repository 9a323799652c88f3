import numpy as np
import pytest
import statsmodels.api as sm
import torch
from scipy import stats

from edgelab.inference.gsnn import _shared_regression as shared_regression
from edgelab.inference.gsnn._shared_regression import fit_shared_coefficients, t_test


def standardised(values):
    return (values - values.mean(axis=0)) / values.std(axis=0)


def regression_data(n=200, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)) @ rng.normal(size=(6, 6))
    return x, x @ rng.normal(size=(6, 3)) * 0.1 + rng.normal(size=(n, 3))


def test_one_pair_and_view_is_ordinary_least_squares():
    x, y = regression_data()
    fit = fit_shared_coefficients(torch.tensor(x)[None, None], torch.tensor(y)[None])
    for target in range(3):
        ols = sm.OLS(standardised(y)[:, target], sm.add_constant(standardised(x))).fit()
        np.testing.assert_allclose(fit.coefficient[:, target], ols.params[1:], atol=1e-6)
        np.testing.assert_allclose(fit.standard_error[:, target], ols.bse[1:], rtol=1e-6)
        np.testing.assert_allclose(
            t_test(fit, two_sided=True)[:, target], ols.pvalues[1:], rtol=1e-5
        )


def test_repeating_the_samples_as_further_pairs_and_views_adds_no_evidence():
    x, y = regression_data()
    once = fit_shared_coefficients(torch.tensor(x)[None, None], torch.tensor(y)[None])
    often = fit_shared_coefficients(
        torch.tensor(x).expand(4, 2, -1, -1), torch.tensor(y).expand(4, -1, -1)
    )
    torch.testing.assert_close(often.coefficient, once.coefficient)
    torch.testing.assert_close(often.standard_error, once.standard_error)


@pytest.mark.parametrize(("pairs", "views"), [(1, 1), (4, 2)])
def test_null_p_values_are_uniform(pairs, views):
    generator = torch.Generator().manual_seed(0)
    p_values = []
    for _ in range(10):
        shared_x, shared_y = torch.randn(2, 400, 20, generator=generator).unbind(0)
        x = shared_x + 0.5 * torch.randn(pairs, views, 400, 20, generator=generator)
        y = shared_y + 0.5 * torch.randn(pairs, 400, 20, generator=generator)
        p_values.append(t_test(fit_shared_coefficients(x.abs(), y.abs()), two_sided=True))
    p = torch.cat(p_values).flatten()
    assert stats.kstest(p, "uniform").pvalue > 0.01


@pytest.mark.parametrize("two_sided", [True, False])
def test_sides(two_sided):
    x, y = regression_data()
    y[:, 0] = 2 * x[:, 0] + 0.1 * y[:, 0]
    y[:, 1] = -2 * x[:, 0] + 0.1 * y[:, 1]
    p = t_test(
        fit_shared_coefficients(torch.tensor(x)[None, None], torch.tensor(y)[None]),
        two_sided=two_sided,
    )
    assert p[0, 0] < 1e-10
    assert p[0, 1] < 1e-10 if two_sided else p[0, 1] > 1 - 1e-10


def test_too_few_samples_cannot_be_tested():
    assert fit_shared_coefficients(torch.rand(1, 1, 7, 6), torch.rand(1, 7, 3)) is None
    assert fit_shared_coefficients(torch.rand(1, 1, 8, 6), torch.rand(1, 8, 3)) is not None


def test_columns_that_do_not_vary_are_left_out():
    x, y = regression_data()
    x[:, 2], y[:, 1] = 3.0, 0.0
    fit = fit_shared_coefficients(torch.tensor(x)[None, None], torch.tensor(y)[None])
    keep = [0, 1, 3, 4, 5]
    without = fit_shared_coefficients(torch.tensor(x)[None, None][..., keep], torch.tensor(y)[None])
    assert (
        fit.coefficient[2].isnan().all()
        and fit.coefficient[:, 1].isnan().all()
        and fit.dof == without.dof
    )
    torch.testing.assert_close(
        fit.standard_error[keep][:, [0, 2]], without.standard_error[:, [0, 2]]
    )


def test_copies_of_a_column_cannot_be_told_apart():
    x, y = regression_data()
    x[:, 1], y[:, 0] = x[:, 0], 5 * x[:, 0] + y[:, 0]
    p = t_test(
        fit_shared_coefficients(torch.tensor(x)[None, None], torch.tensor(y)[None]), two_sided=True
    )
    assert p[:2].isnan().all() and not p[2:].isnan().any()


def test_blocks_do_not_matter(monkeypatch):
    x, y = torch.rand(2, 2, 30, 4), torch.rand(2, 30, 3)
    whole = fit_shared_coefficients(x, y)
    monkeypatch.setattr(shared_regression, "BLOCK_NUMBERS", 60)
    parts = fit_shared_coefficients(x, y)
    torch.testing.assert_close(parts.standard_error, whole.standard_error)
    torch.testing.assert_close(parts.coefficient, whole.coefficient)
