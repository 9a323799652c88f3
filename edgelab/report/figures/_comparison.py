"""Figure: scorers side by side."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgelab.report._style import (
    ACCENT,
    BASELINE,
    GREY_TEXT,
    SMALL_TEXT_SIZE,
    style_axes,
)
from edgelab.report.text import METRIC_LABELS, check_records, comparison_table

from ._scorers import check_highlight, check_panels, name_scorers


def plot_comparison(
    records: pd.DataFrame,
    metrics: Sequence[str] = ("auprc", "mrr", "top@1"),
    *,
    highlight: Collection[str] = (),
    chance: str = "random",
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """Each scorer's mean ± standard deviation over the hold-outs, one panel per metric.

    Every hold-out is a dot below the mean.

    Args:
        records: One row per scorer and seed: columns `scorer`, `seed` and the metrics.
        metrics: What to show; the first one decides the order of the scorers.
        highlight: Scorers drawn in blue; the others, the baselines, are grey.
        chance: The scorer that guesses: hollow, with its mean drawn through the panel. It may be
            absent.
        labels: What to call a scorer, by name.

    Returns:
        A figure with one axes per metric, the best scorer on top.

    Raises:
        TableError: If the records are empty, repeated or lack a metric.
        ConfigError: If no metric is asked for, or a scorer to highlight is not in the records.

    Example:
        >>> records = pd.DataFrame({"scorer": ["mei", "ks"], "seed": [0, 0], "mrr": [0.5, 0.7]})
        >>> axes = plot_comparison(records, ["mrr"], highlight=["mei"]).axes[0]
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['ks', 'mei']
    """
    check_panels(metrics)
    check_records(records, list(metrics))
    check_highlight(highlight, set(records["scorer"]))
    summary = comparison_table(records, metrics[0])
    n_scorers = len(summary)
    figure = Figure(
        figsize=(1.8 + 2.4 * len(metrics), 1.3 + 0.32 * n_scorers), layout="constrained"
    )
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        _draw_panel(axes, records, summary, metric, highlight, chance)
        style_axes(axes, xlabel=METRIC_LABELS.get(metric, metric))
        low, high = axes.get_xlim()
        axes.set_xlim(left=min(low, -0.02 * high))  # from zero on, with room for dots at zero
    name_scorers(panels[0], summary["scorer"].tolist(), highlight, labels or {})
    panels[0].set_ylim(n_scorers - 0.4, -0.6)
    for axes in panels[1:]:
        axes.tick_params(axis="y", length=0)
    n_seeds = len(set(records["seed"]))
    if n_seeds > 1:
        note = f"Mean ± sd of {n_seeds} hold-outs; small dots: single hold-outs"
        figure.supxlabel(note, fontsize=SMALL_TEXT_SIZE, color=GREY_TEXT)
    return figure


def _draw_panel(
    axes: Axes,
    records: pd.DataFrame,
    summary: pd.DataFrame,
    metric: str,
    highlight: Collection[str],
    chance: str,
) -> None:
    for row, scorer in enumerate(summary["scorer"]):
        mean = summary[f"{metric}_mean"].iloc[row]
        sd = summary[f"{metric}_sd"].iloc[row]
        colour = ACCENT if scorer in highlight else BASELINE
        single = records.loc[records["scorer"] == scorer, metric].dropna().to_numpy(float)
        axes.plot(
            single,
            _spread(len(single), row),
            ".",
            color=colour,
            alpha=0.5,
            markersize=5,
            markeredgewidth=0,
        )
        if np.isnan(mean):
            axes.text(
                0.02,
                row,
                "not available",
                transform=axes.get_yaxis_transform(),
                va="center",
                color=GREY_TEXT,
            )
            continue
        axes.errorbar(
            mean,
            row,
            xerr=None if np.isnan(sd) else sd,
            fmt="o",
            color=colour,
            markersize=6.5,
            markerfacecolor="white" if scorer == chance else colour,
            elinewidth=1.6,
            zorder=3,
        )
        if scorer == chance:
            axes.axvline(mean, color=GREY_TEXT, linewidth=0.9, dashes=(4, 3), zorder=1)


def _spread(count: int, row: int) -> np.ndarray:
    # Below the mean, in a thin band, so that equal values can be told apart.
    return row + 0.27 + 0.12 * (np.arange(count) % 3 - 1) / 2
