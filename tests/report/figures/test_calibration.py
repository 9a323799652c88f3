"""The figure of a calibration: points at the means, and a legend that names every kind."""

import pandas as pd
import pytest

from edgelab.errors import TableError
from edgelab.report import plot_calibration


def records(realised):
    return pd.DataFrame(
        {"nominal": [0.1, 0.2] * 2, "realised": realised, "n_called": [4, 8, 6, 10], "power": 0.5}
    )


def test_means_calls_and_names_are_drawn():
    figure = plot_calibration(
        {"mirror": records([0.1, 0.2, 0.0, 0.4]), "p $x$": records([0.5, 0.6, 0.7, 0.8])}
    )
    left, right = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["mirror", "p $x$"]
    assert right.lines[0].get_ydata().tolist() == [5.0, 9.0]
    means = [container.lines[0].get_ydata().tolist() for container in left.containers]
    assert means[0] == pytest.approx([0.05, 0.3]) and means[1] == pytest.approx([0.6, 0.7])


@pytest.mark.parametrize("empty", [{}, {"mirror": records([0.1] * 4).iloc[:0]}])
def test_nothing_to_draw_is_refused(empty):
    with pytest.raises(TableError, match="no calibration records"):
        plot_calibration(empty)


def test_a_missing_column_is_refused():
    with pytest.raises(TableError, match="power"):
        plot_calibration({"mirror": records([0.1] * 4).drop(columns="power")})
