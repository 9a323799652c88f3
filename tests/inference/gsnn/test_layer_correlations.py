import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from edgelab.inference.gsnn._layer_correlations import (
    fisher_p_value,
    mean_over_pairs,
    pooled_over_pairs,
    strongest_over_pairs,
    strongest_p_value,
)

nan = float("nan")


def test_aggregates_by_hand():
    correlation = torch.tensor(
        [[0.2, nan, nan, 0.3], [-0.4, 0.5, nan, -0.3], [0.1, -0.6, nan, 0.1]]
    )
    torch.testing.assert_close(
        mean_over_pairs(correlation), torch.tensor([-0.1 / 3, -0.05, nan, 0.1 / 3]), equal_nan=True
    )
    torch.testing.assert_close(
        strongest_over_pairs(correlation), torch.tensor([-0.4, -0.6, nan, 0.3]), equal_nan=True
    )


def test_aggregates_leave_their_input_alone():
    correlation = torch.rand(3, 4)
    before = correlation.clone()
    mean_over_pairs(correlation), strongest_over_pairs(correlation)
    assert torch.equal(correlation, before)


def test_fisher_p_value_against_the_normal_distribution():
    r = np.array([-0.9, -0.1, 0.0, 0.3, 0.99995, nan])
    expected = stats.norm.sf(np.arctanh(np.minimum(r, 0.9999)) * np.sqrt(40 - 3))
    np.testing.assert_allclose(fisher_p_value(torch.tensor(r), 40), expected, rtol=1e-9)


def test_conditions_cost_degrees_of_freedom():
    r = torch.tensor([0.3, 0.3, 0.3, nan], dtype=torch.float64)
    p = fisher_p_value(r, 20, torch.tensor([0, 10, 16, 16]))
    np.testing.assert_allclose(p[:2], stats.norm.sf(np.arctanh(0.3) * np.sqrt([17, 7])))
    assert p[2] == 1 and p[3].isnan()


def test_null_p_values_are_uniform():
    x, y = torch.randn(
        2, 100, 60, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    ).unbind(0)
    r = torch.from_numpy(np.corrcoef(x, y, rowvar=False)[:60, 60:])
    assert stats.kstest(fisher_p_value(r, 100).flatten(), "uniform").pvalue > 0.01


@pytest.mark.parametrize("pairs", [1, 2, 5])
def test_strongest_p_values_are_uniform_when_layers_are_independent(pairs):
    # Defect of the reference: without the correction P(p <= .05) is .21 for five layer pairs.
    r = torch.tanh(
        torch.randn(pairs, 20000, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        / 10
    )
    strongest = strongest_over_pairs(r)
    p = strongest_p_value(fisher_p_value(strongest, 103), torch.tensor(pairs))
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert (p <= 0.05).double().mean() == pytest.approx(0.05, abs=0.007)


def test_strongest_p_value_is_conservative_when_layers_are_alike():
    r = torch.tanh(
        torch.randn(1, 5000, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) / 10
    )
    p = strongest_p_value(fisher_p_value(r[0], 103), torch.tensor(5))
    assert (p <= 0.05).double().mean() < 0.05


def test_strongest_p_value_keeps_tiny_values_and_edges():
    p = strongest_p_value(
        torch.tensor([1e-30, 0.0, 1.0, nan], dtype=torch.float64), torch.tensor(4)
    )
    assert p[0].item() == pytest.approx(4e-30) and p[1] == 0 and p[2] == 1 and p[3].isnan()


@given(st.floats(0, 1), st.integers(1, 9))
def test_strongest_p_value_grows_with_p(p, pairs):
    two = strongest_p_value(torch.tensor([p * 0.999, p], dtype=torch.float64), torch.tensor(pairs))
    assert 0 <= two[0] <= two[1] <= 1


def test_pooling_is_the_correlation_of_all_layers_put_together():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 40, 2))
    y = rng.normal(size=(3, 40, 2)) * np.array([1.0, 5.0, 0.1])[:, None, None] + x
    x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    centred = y - y.mean(axis=1, keepdims=True)
    layers = np.stack([np.corrcoef(a, b, rowvar=False)[:2, 2:] for a, b in zip(x, y, strict=True)])
    pooled = pooled_over_pairs(torch.tensor(layers), torch.tensor(y.std(axis=1)))
    expected = np.corrcoef(x.reshape(-1, 2), centred.reshape(-1, 2), rowvar=False)[:2, 2:]
    np.testing.assert_allclose(pooled, expected, rtol=1e-9)
