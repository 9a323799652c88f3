import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import TableError
from edgelab.table import (
    COLUMNS,
    check_edge_table,
    descending_order,
    name_order,
    sort_edge_table,
)

# Few distinct values, so that ties, both zeros, infinities and neighbours of 1 are common.
SCORES = st.sampled_from(
    [0.0, -0.0, 1.0, np.nextafter(1.0, 2.0), -1.0, -1e-300, 5e-324, np.inf, -np.inf, np.nan]
)


def by_plain_sort(score: np.ndarray) -> list[int]:
    return sorted(
        range(score.size),
        key=lambda row: (np.isnan(score[row]), 0.0 if np.isnan(score[row]) else -score[row]),
    )


@given(st.lists(st.one_of(SCORES, st.floats()), max_size=60))
def test_descending_order_is_the_stable_sort_with_nan_last(values):
    score = np.array(values, dtype=np.float64)
    assert descending_order(score).tolist() == by_plain_sort(score)


@pytest.mark.parametrize("scale", [1.0, 1e-13])
def test_descending_order_of_many_scores_separates_neighbours(scale):
    # With scale 1e-13 scores differ in their last bits only, which the packed keys cut off.
    score = 1 + scale * np.random.default_rng(0).random(20_000)
    assert descending_order(score).tolist() == np.argsort(-score, kind="stable").tolist()


def test_name_order_sorts_by_code_point():
    assert name_order(["b", "B", "a", "10", "9"]).tolist() == [3, 4, 1, 2, 0]


@given(st.permutations(range(8)))
def test_sort_does_not_depend_on_the_order_of_the_rows(order):
    table = pd.DataFrame(
        {
            "src_func": list("abcdabcd"),
            "dst_func": list("xxxxyyyy"),
            "score": [1, 2, np.nan, 1, 2, 1, 0, 1],
        }
    )
    shuffled = table.iloc[list(order)]
    pd.testing.assert_frame_equal(sort_edge_table(shuffled), sort_edge_table(table))
    assert "".join(sort_edge_table(table)["src_func"]) == "ababddcc"


def proper_table() -> pd.DataFrame:
    rows = [
        ("raf", "mek", 0, 1, 0.8, True, 0.01, np.nan),
        ("mek", "raf", 1, 0, np.nan, False, np.nan, np.nan),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_a_proper_table_passes_with_extras():
    table = proper_table().assign(sign=1)
    assert check_edge_table(table) is table


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda table: table.drop(columns="q_value"), "lacks 'q_value'"),
        (lambda table: table[list(COLUMNS[::-1])], "starts with the columns"),
        (lambda table: table.assign(has_edge=[1, 0]), "must hold booleans"),
        (lambda table: table.assign(score=["high", "low"]), "must hold floats"),
        (lambda table: table.assign(p_value=[1.5, 0.0]), r"lie in \[0, 1\]"),
        (lambda table: table.assign(q_value=[-0.5, 0.0]), r"lie in \[0, 1\]"),
        (
            lambda table: pd.concat([table, table.head(1)]),
            "1 rows repeat a pair, first: 'raf' -> 'mek'",
        ),
        (lambda table: table.assign(src_func=["raf", None]), "without a name"),
    ],
)
def test_a_damaged_table_is_refused(damage, message):
    with pytest.raises(TableError, match=message):
        check_edge_table(damage(proper_table()))
