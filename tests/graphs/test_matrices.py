"""Matrices brought into graph order, and every reason to refuse one."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError, DataError
from edgelab.graphs import align_matrix, check_matrix, check_same_samples

FRAME = pd.DataFrame({"Mek": [1.0, 2.0], "Erk": [3.0, 4.0], "Akt": [5.0, 6.0]})


@given(st.permutations(["Mek", "Erk", "Akt"]), st.permutations(["Mek", "Erk", "Akt"]))
def test_the_order_of_columns_does_not_matter(columns, names):
    aligned = align_matrix(FRAME[columns], names, what="y")
    assert aligned.dtype == torch.float32
    np.testing.assert_array_equal(aligned.numpy(), FRAME[names].to_numpy())


def test_whole_numbers_truth_values_and_wider_types_are_welcome():
    frame = pd.DataFrame({"a": [0, 1], "b": [True, False], "c": pd.array([1, 2], dtype="Int64")})
    aligned = align_matrix(frame, ["c", "b", "a"], what="x", dtype=torch.float64)
    assert aligned.dtype == torch.float64
    assert aligned.tolist() == [[1, 1, 0], [2, 0, 1]]


def test_the_result_is_a_copy():
    align_matrix(FRAME, list(FRAME), what="y", dtype=torch.float64).zero_()
    assert FRAME.to_numpy().min() == 1


def test_extra_columns_need_a_word(caplog):
    with pytest.raises(
        DataError, match=r"x: 1 columns are not in the graph: 'Akt' \(2 overlap\).*on_extra='drop'"
    ):
        align_matrix(FRAME, ["Mek", "Erk"], what="x")
    with caplog.at_level("INFO"):
        assert align_matrix(FRAME, ["Mek", "Erk"], what="x", on_extra="drop").shape == (2, 2)
    assert "'Akt'" in caplog.text
    # What is left out need not be numbers.
    assert align_matrix(FRAME.assign(cell="c"), list(FRAME), what="x", on_extra="drop").shape == (
        2,
        3,
    )


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            FRAME.drop(columns=["Mek", "Akt"]),
            r"2 of the graph's 3 names have no column: 'Mek', 'Akt'; 1 overlap",
        ),
        (FRAME.rename(columns={"Mek": "mek1"}), r"'Mek': close: 'mek1'"),
        (FRAME.assign(Mek=[1.0, np.nan]), r"1 values are missing.*nan in sample 1, column 'Mek'"),
        (
            FRAME.assign(Erk=[np.inf, -np.inf]),
            r"2 values are missing or infinite.*inf in sample 0, column 'Erk'",
        ),
        (FRAME.assign(Akt=pd.array([1, None], dtype="Int64")), "column 'Akt'"),
        (FRAME.assign(Akt=["5", "x"]), r"not numeric: 'Akt' \(such as 'x'\)"),
        (
            FRAME.assign(Akt=["5", "6"]),
            r"not numeric: 'Akt' \(of type str|not numeric: 'Akt' \(of type object",
        ),
        (FRAME.assign(Akt=[1j, 2]), "not numeric: 'Akt'"),
        (FRAME.assign(Akt=pd.to_datetime(["2024-01-01", "2024-01-02"])), "not numeric: 'Akt'"),
        (FRAME.assign(Akt=1e300), "do not fit into torch.float32"),
        (FRAME.iloc[:0], "no sample"),
        (pd.concat([FRAME, FRAME[["Mek"]]], axis=1), "more than once: 'Mek'"),
    ],
)
def test_matrices_that_break_a_rule_are_refused(frame, message):
    with pytest.raises(DataError, match=f"y: .*{message}"):
        align_matrix(frame, ["Mek", "Erk", "Akt"], what="y")


def test_options_are_checked(wrong_types):
    with pytest.raises(
        ConfigError, match=r"on_extra must be one of \['error', 'drop'\], got 'ignore'"
    ):
        align_matrix(FRAME, list(FRAME), what="x", on_extra="ignore")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.assign(Mek=[np.nan, 2.0]), "x: 1 values are missing.*sample 0, column 'Mek'"),
        (pd.concat([FRAME, FRAME[["Erk"]]], axis=1), "x: .*more than once: 'Erk'"),
        (FRAME.assign(Akt="high"), r"x: 1 columns are not numeric: 'Akt' \(such as 'high'\)"),
    ],
)
def test_a_matrix_by_itself_holds_finite_numbers(frame, message):
    check_matrix(FRAME, "x")
    check_matrix(FRAME.iloc[:0], "x")
    with pytest.raises(DataError, match=message):
        check_matrix(frame, "x")


def named(frame, names):
    return frame.set_axis(pd.Index(names), axis=0)


def test_samples_must_be_the_same_in_the_same_order():
    check_same_samples({"x": FRAME, "y": FRAME, "condition": pd.Series(["a", "b"])})
    check_same_samples(
        {"x": named(FRAME, ["c1", "c2"]), "y": FRAME, "z": named(FRAME, ["c1", "c2"])}
    )
    with pytest.raises(DataError, match="x has 2, y has 1"):
        check_same_samples({"x": FRAME, "y": FRAME[:1]})
    with pytest.raises(
        DataError,
        match=r"x and z hold the same samples in another order: row 0 is 'c1' in x and 'c2'",
    ):
        check_same_samples(
            {"x": named(FRAME, ["c1", "c2"]), "y": FRAME, "z": named(FRAME, ["c2", "c1"])}
        )
    with pytest.raises(DataError, match=r"different samples: row 1 .*1 rows differ"):
        check_same_samples({"x": named(FRAME, ["c1", "c2"]), "y": named(FRAME, ["c1", "c3"])})
