"""Figure: false discovery proportions as they came out, beside what was promised."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgelab.confidence import check_levels
from edgelab.errors import TableError
from edgelab.report._names import plain
from edgelab.report._style import GREY_TEXT, SMALL_TEXT_SIZE, line_look, style_axes
from edgelab.table import check_columns

_COLUMNS = ("nominal", "realised", "n_called", "power")


def plot_calibration(records: Mapping[str, pd.DataFrame]) -> Figure:
    """Realised against nominal false discovery proportion, and the number of calls, level by level.

    Args:
        records: For each kind of q-value, by the name to show, rows of several experiments as
            `edgelab.confidence.realised_proportions` makes them.

    Returns:
        A figure with two axes. Left: means with two standard errors, single experiments as small
        dots, and the diagonal; above it a promise is broken. Right: mean number of calls.

    Raises:
        TableError: If there are no records or a column is missing.

    Example:
        >>> rows = pd.DataFrame(
        ...     {"nominal": [0.1, 0.2], "realised": [0.1, 0.3], "n_called": [5, 9], "power": 0.2}
        ... )
        >>> [axes.get_xlabel() for axes in plot_calibration({"mirror": rows}).axes]
        ['Nominal false discovery rate', 'Nominal false discovery rate']
    """
    if not records or any(part.empty for part in records.values()):
        raise TableError("there are no calibration records to draw; run at least one experiment")
    figure = Figure(figsize=(7.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for position, (name, part) in enumerate(records.items()):
        check_columns(part, _COLUMNS)
        shift = 0.004 * (position - (len(records) - 1) / 2)
        _draw_proportions(left, part, name, line_look(position), shift)
        checks = check_levels(part)
        colour, style = line_look(position)
        nominal = [check.nominal for check in checks]
        calls = [check.mean_calls for check in checks]
        right.plot(nominal, calls, color=colour, linestyle=style, marker="o", markersize=4)
    _finish(left, right, max(float(part["nominal"].max()) for part in records.values()))
    legend = figure.legend(
        *left.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False
    )
    for text in legend.get_texts():
        text.set_fontsize(SMALL_TEXT_SIZE)
        plain(text)
    return figure


def _draw_proportions(
    axes: Axes, part: pd.DataFrame, name: str, look: tuple[str, str], shift: float
) -> None:
    colour, style = look
    checks = check_levels(part)
    nominal = np.array([check.nominal for check in checks]) + shift
    error = np.nan_to_num([2 * check.standard_error for check in checks])
    axes.plot(
        part["nominal"] + shift,
        part["realised"],
        ".",
        color=colour,
        alpha=0.25,
        markersize=4,
        markeredgewidth=0,
    )
    realised = [check.realised for check in checks]
    axes.errorbar(
        nominal,
        realised,
        yerr=error,
        color=colour,
        linestyle=style,
        marker="o",
        markersize=5,
        capsize=2,
        label=name,
    )


def _finish(left: Axes, right: Axes, largest: float) -> None:
    left.plot(
        [0, 1.1 * largest],
        [0, 1.1 * largest],
        color=GREY_TEXT,
        linewidth=0.9,
        dashes=(4, 3),
        zorder=1,
    )
    xlabel = "Nominal false discovery rate"
    style_axes(
        left,
        title="Promise and outcome",
        xlabel=xlabel,
        ylabel="Realised proportion of false calls",
    )
    style_axes(right, title="What it lets one find", xlabel=xlabel, ylabel="Calls")
    left.set_xlim(0, 1.15 * largest)
    left.set_ylim(-0.03, None)
    right.set_xlim(0, 1.15 * largest)
    right.set_ylim(bottom=0)
