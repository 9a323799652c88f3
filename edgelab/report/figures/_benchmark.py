"""Figure: scorers side by side on several data sets."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from edgelab.report._names import plain
from edgelab.report._style import (
    GREY_LINE,
    GREY_TEXT,
    LINE_COLOURS,
    SMALL_TEXT_SIZE,
    style_axes,
)
from edgelab.report.text import BENCHMARK_LABELS, benchmark_summary
from edgelab.table import check_columns

from ._scorers import check_highlight, check_panels, name_scorers

# Markers of the data sets lie in a band around the scorer's line, this wide.
_BAND = 0.56


def plot_benchmark(
    records: pd.DataFrame,
    metrics: Sequence[str] = ("mrr", "auprc", "top@1", "auc", "auc_matched"),
    *,
    highlight: Collection[str] = (),
    chance: str = "random",
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """Every scorer's mean ± standard deviation: a panel per metric, a colour per data set.

    Args:
        records: One row per data set, scorer and hold-out: columns `dataset`, `scorer`, `seed` and
            the metrics.
        metrics: What to show; the mean over the data sets of the first one decides the order of the
            scorers.
        highlight: Scorers whose names are set in bold.
        chance: The scorer that guesses: its mean on every data set is drawn through the panel. It
            may be absent.
        labels: What to call a scorer, by name.

    Returns:
        A figure with one axes per metric, the best scorer on top.

    Raises:
        ConfigError: If no metric is asked for, or a scorer to highlight is not in the records.
        TableError: If the records lack a column.

    Example:
        >>> rows = [("one", "ks", 0, 0.4), ("one", "mei", 0, 0.6)]
        >>> records = pd.DataFrame(rows, columns=["dataset", "scorer", "seed", "mrr"])
        >>> axes = plot_benchmark(records, ["mrr"], highlight=["mei"]).axes[0]
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['mei', 'ks']
    """
    check_panels(metrics)
    check_columns(records, ("dataset", "scorer", "seed", *metrics))
    check_highlight(highlight, set(records["scorer"]))
    scorers = benchmark_summary(records, metrics[0])["scorer"].tolist()
    datasets = list(dict.fromkeys(records["dataset"]))
    size = (1.7 + 1.9 * len(metrics), 1.2 + (0.2 + 0.09 * len(datasets)) * len(scorers))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        _draw_panel(axes, records, metric, scorers, datasets, chance)
        style_axes(axes, xlabel=BENCHMARK_LABELS.get(metric, metric))
        axes.set_xlim(left=min(axes.get_xlim()[0], 0.0))
    name_scorers(panels[0], scorers, highlight, labels or {})
    panels[0].set_ylim(len(scorers) - 0.5, -0.5)
    for axes in panels[1:]:
        axes.tick_params(axis="y", length=0)
    _name_datasets(figure, records, datasets)
    return figure


def _draw_panel(
    axes: Axes,
    records: pd.DataFrame,
    metric: str,
    scorers: list[str],
    datasets: list[str],
    chance: str,
) -> None:
    for position, dataset in enumerate(datasets):
        colour = LINE_COLOURS[position % len(LINE_COLOURS)]
        values = records[records["dataset"] == dataset].groupby("scorer", observed=True)[metric]
        mean = values.mean().reindex(scorers)
        sd = values.std().reindex(scorers).fillna(0.0)
        height = np.arange(len(scorers)) + _BAND * ((position + 0.5) / len(datasets) - 0.5)
        axes.errorbar(
            mean,
            height,
            xerr=sd,
            fmt="o",
            color=colour,
            markersize=4,
            elinewidth=1.0,
            markeredgewidth=0,
            zorder=3,
        )
        if chance in scorers:
            axes.axvline(
                mean[chance], color=colour, linewidth=0.8, dashes=(4, 3), alpha=0.7, zorder=1
            )
    for row in range(len(scorers) - 1):
        axes.axhline(row + 0.5, color=GREY_LINE, linewidth=0.3, zorder=0)


def _name_datasets(figure: Figure, records: pd.DataFrame, datasets: list[str]) -> None:
    marks = [
        Line2D([], [], color=LINE_COLOURS[i % len(LINE_COLOURS)], marker="o", linewidth=1)
        for i in range(len(datasets))
    ]
    legend = figure.legend(
        marks,
        datasets,
        loc="outside upper left",
        ncols=len(datasets),
        frameon=False,
        fontsize=SMALL_TEXT_SIZE,
    )
    for text in legend.get_texts():
        plain(text)
    n_seeds = records.groupby("dataset", observed=True)["seed"].nunique().max()
    note = (
        f"Mean ± sd of {n_seeds} hold-outs; dashed: chance; matched: against false edges of the "
        "same degrees"
    )
    figure.supxlabel(note, fontsize=SMALL_TEXT_SIZE, color=GREY_TEXT)
