"""The figure of a perturbation."""

import pandas as pd
import pytest

from edgelab.errors import TableError
from edgelab.report import plot_perturbation


def table(n_rows):
    rows = [
        {"source": f"s${row}", "target": "t", "before": 1.0, "after": 0.5, "spent": 0.5}
        | {"effect_alone": -1.0 / (row + 1), "effect_sd": 0.1}
        for row in range(n_rows)
    ]
    columns = ["source", "target", "before", "after", "spent", "effect_alone", "effect_sd"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(("n_rows", "n_bars"), [(0, 1), (1, 2), (3, 4), (40, 13)])
def test_one_bar_per_edge_and_one_for_all(n_rows, n_bars):
    figure = plot_perturbation(table(n_rows), -1.4, output="pERK", effect_sd=0.2)
    axes = figure.axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert len(widths) == n_bars and widths[-1] == -1.4
    assert axes.get_xlabel() == "Change of pERK"
    figure.canvas.draw()  # a dollar sign in a name starts no formula


def test_without_models_to_compare_there_are_no_whiskers():
    figure = plot_perturbation(table(2).assign(effect_sd=float("nan")), -1.4, output="pERK")
    assert not figure.axes[0].containers[1:]


def test_a_missing_column_is_named():
    with pytest.raises(TableError, match="effect_alone"):
        plot_perturbation(table(1).drop(columns="effect_alone"), -1.0, output="pERK")
