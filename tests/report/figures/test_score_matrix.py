import numpy as np
import pandas as pd
import pytest

from edgelab.errors import ConfigError, TableError
from edgelab.report import plot_score_matrix
from edgelab.table import COLUMNS

NAN = float("nan")
ROWS = [
    ("b", "a", 0, 1, 0.9, True, NAN, NAN),
    ("a", "b", 1, 0, 0.2, False, NAN, NAN),
    ("c", "a", 2, 1, NAN, False, NAN, NAN),
    ("a", "a", 1, 1, 7.0, False, NAN, NAN),
]


def table(rows=ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shown(figure) -> np.ndarray:
    return figure.axes[0].images[0].get_array().filled(np.nan)


def test_cells_by_hand():
    figure = plot_score_matrix(table())
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "a", "c"]
    np.testing.assert_array_equal(
        shown(figure), [[NAN, 0.9, NAN], [0.2, NAN, NAN], [NAN, NAN, NAN]]
    )
    (outlines,) = axes.collections
    assert [path.get_extents().x0 for path in outlines.get_paths()] == pytest.approx([1 - 0.46])
    assert [path.get_extents().y0 for path in outlines.get_paths()] == pytest.approx([0 - 0.46])


@pytest.mark.parametrize("n", [2, 11, 31, 60])
def test_nothing_is_cut_off(n, check_fits):
    rows = [
        (f"GENE{i}", f"GENE{(i + 1) % n}", i, (i + 1) % n, 0.001 * i, False, NAN, NAN)
        for i in range(n)
    ]
    check_fits(plot_score_matrix(table(rows)))
    check_fits(
        plot_score_matrix(table([(f"a-very-long-name-{row[0]}", *row[1:]) for row in rows[:2]]))
    )


def test_functions_can_be_chosen_and_ordered():
    figure = plot_score_matrix(table().astype({"src_func": "category"}), ["a", "b"])
    np.testing.assert_array_equal(shown(figure), [[NAN, 0.2], [0.9, NAN]])


def test_one_outlier_does_not_hide_the_rest():
    rng = np.random.default_rng(0)
    rows = [
        (f"f{i}", f"f{j}", i, j, rng.random(), False, NAN, NAN)
        for i in range(20)
        for j in range(20)
        if i != j
    ]
    rows[0] = (*rows[0][:4], 1e6, *rows[0][5:])
    figure = plot_score_matrix(table(rows))
    low, high = figure.axes[0].images[0].get_clim()
    assert 0 <= low < high < 2
    figure.draw_without_rendering()


@pytest.mark.parametrize("score", [0.5, float("inf")])
def test_constant_scores_can_be_drawn(score):
    rows = table().assign(score=score)
    plot_score_matrix(rows).draw_without_rendering()


def test_bad_input():
    with pytest.raises(TableError, match="none of the 0 rows"):
        plot_score_matrix(table([]))
    with pytest.raises(TableError, match="none of the 4 rows has a score"):
        plot_score_matrix(table().assign(score=NAN))
    with pytest.raises(TableError, match="lacks 'score'"):
        plot_score_matrix(table().drop(columns="score"))
    with pytest.raises(ConfigError, match="no function 'z'"):
        plot_score_matrix(table(), ["z"])
    with pytest.raises(ConfigError, match="twice"):
        plot_score_matrix(table(), ["a", "a"])
    with pytest.raises(TableError, match="no pair among the 2 functions"):
        plot_score_matrix(table(), ["b", "c"])
    many = table([(f"f{i}", "sink", i, 99, 0.1, False, NAN, NAN) for i in range(60)])
    with pytest.raises(ConfigError, match=r"1 to 60 functions, got 61.*functions=\["):
        plot_score_matrix(many)
