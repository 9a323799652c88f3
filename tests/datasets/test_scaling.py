import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from edgelab.datasets import standardise
from edgelab.datasets._scaling import checked_rows
from edgelab.errors import DataError


@pytest.fixture
def values():
    return pd.DataFrame(np.random.default_rng(0).normal(3, 5, (40, 3)), columns=["a", "b", "c"])


def test_agrees_with_scikit_learn(values):
    train = np.arange(25)
    expected = StandardScaler().fit(values.iloc[train]).transform(values)
    np.testing.assert_allclose(standardise(values, train), expected, rtol=1e-12)


@given(st.integers(25, 39), st.floats(-1e6, 1e6))
def test_other_rows_never_change_a_row(row, value):
    values = pd.DataFrame(np.random.default_rng(0).normal(3, 5, (40, 3)), columns=["a", "b", "c"])
    before = standardise(values, np.arange(25)).iloc[:25]
    values.iloc[row, 1] = value
    pd.testing.assert_frame_equal(standardise(values, np.arange(25)).iloc[:25], before)


def test_the_input_is_left_alone(values):
    copy = values.copy()
    standardise(values)
    pd.testing.assert_frame_equal(values, copy)


@pytest.mark.parametrize("level", [0.0, 7.3, 1e9])
def test_a_constant_column_is_refused_by_name(values, level):
    values["flat"] = level
    with pytest.raises(DataError, match="'flat'"):
        standardise(values)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.array([], dtype=int), "picks no row"),
        (np.zeros(5, dtype=bool), "picks no row"),
        (np.ones(4, dtype=bool), "4 booleans for 5 rows"),
        (np.array([0, 5]), "position 5"),
        (np.array([-1, 2]), "position -1"),
        (np.array([0.5]), "positions or of booleans"),
    ],
)
def test_bad_rows(rows, message):
    with pytest.raises(DataError, match=message):
        checked_rows(rows, 5)
