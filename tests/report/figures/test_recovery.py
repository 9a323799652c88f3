import numpy as np
import pytest

from edgelab.errors import ConfigError, TableError
from edgelab.report import plot_recovery

GOOD = np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, False, False, False])
POOR = np.array([3.0, 2.0, 1.0, 0.0]), np.array([False, False, False, True])


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_lines_areas_and_chance():
    figure = plot_recovery({"poor": [POOR, POOR], "good": [GOOD, POOR]}, labels={"good": "MEI $x"})
    figure.draw_without_rendering()
    roc, precision = figure.axes
    assert legend(roc) == ["MEI $x: 0.50 ± 0.71", "poor: 0.00 ± 0.00", "chance: 0.50"]
    assert legend(precision) == ["MEI $x: 0.62 ± 0.53", "poor: 0.25 ± 0.00", "chance: 0.25"]
    # One curve jumps at once, the other at the end: half of the edges are found all along.
    points = np.unique(roc.lines[0].get_xydata(), axis=0)
    assert points[[0, 1, -2, -1]].tolist() == [[0, 0], [0, 0.5], [1, 0.5], [1, 1]]
    assert set(points[:, 1]) == {0.0, 0.5, 1.0}
    assert roc.lines[-1].get_xydata().tolist() == [[0, 0], [1, 1]]
    assert precision.lines[-1].get_ydata() == [0.25, 0.25]
    assert "± sd over 2 hold-outs" in roc.get_legend().get_title().get_text()


def test_highlighted_scorers_have_bands():
    made = {name: [GOOD, POOR] for name in "abcdefgh"}
    assert len(plot_recovery(made).axes[0].collections) == 3
    figure = plot_recovery(made, highlight=["f"])
    assert len(figure.axes[0].collections) == 1
    widths = {line.get_label()[0]: line.get_linewidth() for line in figure.axes[0].lines}
    assert max(widths, key=widths.get) == "f"
    looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
    assert len(looks) == 9


@pytest.mark.parametrize("n_scorers", [1, 2, 9, 18])
def test_nothing_is_cut_off(n_scorers, check_fits):
    check_fits(
        plot_recovery(
            {f"a scorer with a rather long name {i}": [GOOD, POOR] for i in range(n_scorers)}
        )
    )


def test_one_hold_out_has_no_band():
    figure = plot_recovery({"mei": [GOOD]})
    assert not figure.axes[0].collections
    assert legend(figure.axes[0])[0] == "mei: 1.00"


def test_bad_input():
    with pytest.raises(TableError, match="no curves"):
        plot_recovery({})
    with pytest.raises(TableError, match="'mei' has no hold-outs"):
        plot_recovery({"mei": []})
    with pytest.raises(ConfigError, match=r"no such scorer \(close: 'mei'\)"):
        plot_recovery({"mei": [GOOD]}, highlight=["mej"])
