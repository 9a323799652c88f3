"""Conditions spelled out: the styles by hand, and never one label for two settings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgelab.datasets._conditions import ConditionStyle, condition_labels, screen_style

PLAIN, BARE, SCREEN = ConditionStyle(), ConditionStyle(bare_dose=1.0), screen_style("observed")


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (PLAIN, ["control", "a=1", "a=0.5+b=1", "a=1+b=1", "b=0.5"]),
        (BARE, ["control", "a", "a=0.5+b", "a+b", "b=0.5"]),
        (SCREEN, ["observed", "a knockout", "a=0.5+b=1", "a+b knockout", "b knockdown"]),
    ],
)
def test_styles_by_hand(style, expected):
    doses = pd.DataFrame({"a": [0, 1, 0.5, 1, 0], "b": [0, 0, 1, 1, 0.5]})
    labels = condition_labels(doses, style)
    assert labels.tolist() == labels.cat.categories.tolist() == expected


def test_equal_rows_share_a_condition_in_order_of_appearance():
    labels = condition_labels(pd.DataFrame({"a": [2, 0, 2, -0.0, 1e-7]}), PLAIN)
    assert labels.tolist() == ["a=2", "control", "a=2", "control", "a=1e-07"]
    assert labels.cat.categories.tolist() == ["a=2", "control", "a=1e-07"]


def test_only_labels_that_would_be_shared_get_more_digits():
    doses = pd.DataFrame({"a": [0.1234567, 0.1234568, 0.7654321], "b": [0, 0, 1]})
    assert condition_labels(doses, PLAIN).tolist() == [
        "a=0.1234567",
        "a=0.1234568",
        "a=0.765432+b=1",
    ]
    next_double = np.nextafter(0.1, 1)
    labels = condition_labels(pd.DataFrame({"a": [0.1, next_double]}), PLAIN)
    assert labels.tolist() == ["a=0.10000000000000001", "a=0.10000000000000002"]


def test_names_that_look_like_two_are_numbered():
    doses = pd.DataFrame({"a": [1.0, 0.0], "b": [1.0, 0.0], "a+b": [0.0, 1.0]})
    assert condition_labels(doses, BARE).tolist() == ["a+b (1)", "a+b (2)"]


@given(
    st.lists(
        st.tuples(*[st.one_of(st.just(0.0), st.just(1.0), st.floats(0.1, 0.100001))] * 2),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([PLAIN, BARE, SCREEN]),
)
def test_labels_agree_exactly_where_settings_do(rows, style):
    labels = condition_labels(pd.DataFrame(rows, columns=["a", "b"]), style)
    for row, label in zip(rows, labels, strict=True):
        for other_row, other_label in zip(rows, labels, strict=True):
            assert (label == other_label) == (row == other_row)
