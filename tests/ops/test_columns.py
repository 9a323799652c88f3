"""Columns: which vary, and their standardised and unit forms."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from edgelab.ops import does_not_vary, rounded, standardised, unit_columns

FLOAT32 = torch.finfo(torch.float32).eps


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_columns_that_do_not_vary_are_found_at_any_scale(scale):
    values = torch.rand(100, 3) + torch.tensor([0.0, 1e3, 0.0])
    values[:, 2] = 0.7
    values = (values * scale).double()
    flat = does_not_vary(values.mean(dim=0), values.std(dim=0), FLOAT32)
    assert flat.tolist() == [False, False, True]


@pytest.mark.parametrize("level", [0.0, 0.1, -7e9, 3e-200])
@pytest.mark.parametrize("n_samples", [2, 1000, 1_000_000])
def test_the_rounding_of_a_mean_of_many_samples_is_no_variation(level, n_samples):
    values = np.full((n_samples, 1), level)
    assert does_not_vary(values.mean(axis=0), values.std(axis=0)).all()
    assert np.isnan(unit_columns(values)).all() and np.isnan(standardised(values)).all()


def test_the_smallest_step_of_float32_in_one_of_many_samples_is_variation():
    values = np.full((10_000, 1), 1.0)
    values[0] += FLOAT32
    assert not does_not_vary(values.mean(axis=0), values.std(axis=0)).any()


def test_what_is_not_finite_does_not_vary():
    for value in (np.nan, np.inf):
        assert does_not_vary(np.array([value]), np.array([np.nan])).all()
    nan, inf = float("nan"), float("inf")
    assert does_not_vary(torch.tensor([nan, inf]), torch.tensor([1.0, inf]), FLOAT32).all()


@given(st.integers(0, 100), st.floats(1e-100, 1e100), st.floats(-1e3, 1e3))
def test_standardised_columns_are_those_of_scikit_learn(seed, scale, shift):
    values = np.random.default_rng(seed).normal(size=(20, 3)) + shift
    expected = StandardScaler().fit_transform(values)
    np.testing.assert_allclose(standardised(values * scale), expected, rtol=1e-9, atol=1e-9)


def test_mean_and_spread_come_from_the_usual_values_only():
    values = np.random.default_rng(0).normal(size=(30, 3))
    usual = np.random.default_rng(1).random((30, 3)) < 0.7
    usual[:, 2] = False
    usual[:2, 2] = True
    found = standardised(values, usual, fewest=3)
    for column in range(2):
        rest = values[usual[:, column], column]
        expected = (values[:, column] - rest.mean()) / rest.std()
        np.testing.assert_allclose(found[:, column], expected)
    assert np.isnan(found[:, 2]).all()  # two usual values are too few


def test_a_column_that_is_flat_where_it_is_usual_has_no_spread():
    values = np.array([[5.0], [5.0], [5.0], [9.0]])
    assert np.isnan(standardised(values, values == 5.0)).all()
    assert np.isfinite(standardised(values)).all()


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_products_of_unit_columns_are_correlations_at_any_scale(scale):
    values = np.random.default_rng(0).normal(3, 1, size=(12, 4))
    unit = unit_columns(values * scale)
    np.testing.assert_allclose(unit.T @ unit, np.corrcoef(values.T), atol=1e-12)


def test_unknown_and_few_samples_have_no_unit_columns():
    values = np.array([[1.0, 2.0], [2.0, np.nan], [4.0, 1.0]])
    assert np.isnan(unit_columns(values)).all(axis=0).tolist() == [False, True]
    assert np.isnan(unit_columns(values[:2])).all()


def test_products_in_another_order_are_rounded_to_the_same_bits():
    values = np.random.default_rng(0).normal(size=(500, 40))
    order = np.random.default_rng(1).permutation(500)
    first, second = (unit.T @ unit for unit in map(unit_columns, (values, values[order])))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(rounded(first), rounded(second))
    np.testing.assert_array_equal(rounded(first), rounded(first).T)
