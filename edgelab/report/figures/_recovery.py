"""Figure: how well held-out edges are recovered."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgelab.errors import TableError
from edgelab.report._names import plain
from edgelab.report._style import GREY_TEXT, SMALL_TEXT_SIZE, line_look, style_axes
from edgelab.report.text import format_mean

from ._mean_curves import (
    MeanCurve,
    Recovery,
    check_recoveries,
    mean_precision_recall,
    mean_roc,
)
from ._scorers import check_highlight

# More bands than this lie over each other and cannot be told apart.
_BANDS = 3

# Inches.
_SIDE = 3.5
_LEFT, _BETWEEN, _RIGHT = 0.65, 0.85, 0.15
_ABOVE, _AXIS_LABELS, _LEGEND_LINE = 0.35, 0.6, 0.165


def plot_recovery(
    curves: Mapping[str, Sequence[Recovery]],
    *,
    highlight: Collection[str] = (),
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """ROC and precision-recall curves side by side, one line per scorer.

    Curves are averaged over the hold-outs.

    Args:
        curves: For each scorer, by hold-out: scores of all candidates (NaN ranks last) and which
            are held-out edges.
        highlight: Scorers drawn with a thick line and a band of one standard deviation; without
            any, the best three.
        labels: What to call a scorer, by name.

    Returns:
        A figure with two axes. Lines stand in the order of the area under the precision-recall
        curve, and each legend gives the mean area ± its standard deviation; chance is dashed.

    Raises:
        TableError: If there is no scorer, or a hold-out lacks held-out edges or other candidates.
        ConfigError: If a scorer to highlight is not among the curves.

    Example:
        >>> score, is_positive = np.array([0.9, 0.5, 0.1]), np.array([True, False, False])
        >>> figure = plot_recovery({"mei": [(score, is_positive)]})
        >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        ['mei: 1.00', 'chance: 0.50']
    """
    if not curves:
        raise TableError("there are no curves to draw; give at least one scorer")
    check_highlight(highlight, curves)
    for name, recoveries in curves.items():
        check_recoveries(recoveries, name)
    precision = {name: mean_precision_recall(recoveries) for name, recoveries in curves.items()}
    ordered = sorted(curves, key=lambda name: (-np.mean(precision[name].areas), name))
    strong = [name for name in ordered if name in highlight] or ordered[:_BANDS]
    looks = _looks(dict.fromkeys([*strong, *ordered]))
    figure, (roc_axes, precision_axes) = _canvas(len(ordered))
    roc = {name: mean_roc(curves[name]) for name in ordered}
    shown_names = labels or {}
    for axes, mean_curves in ((roc_axes, roc), (precision_axes, precision)):
        for name in ordered:
            label = shown_names.get(name, name)
            _draw(axes, mean_curves[name], looks[name], name in strong, label)
    _draw_chance(roc_axes, precision_axes, list(chain.from_iterable(curves.values())))
    _name_axes(roc_axes, precision_axes)
    n_seeds = max(len(recoveries) for recoveries in curves.values())
    spread = f" ± sd over {n_seeds} hold-outs" if n_seeds > 1 else ""
    _finish(roc_axes, f"Area under the curve{spread}")
    _finish(precision_axes, f"Average precision{spread}")
    # Few candidates are true, so precision is often far below 1 everywhere: the axis ends above
    # what is drawn.
    highest = max(_highest(precision[name], name in strong) for name in ordered)
    precision_axes.set_ylim(-0.01, min(1.03, 1.08 * highest))
    return figure


def _looks(scorers: Iterable[str]) -> dict[str, tuple[str, str]]:
    looks = {name: line_look(position) for position, name in enumerate(scorers)}
    if "random" in looks:  # drawn beside chance, in no scorer's colour
        looks["random"] = (GREY_TEXT, "dotted")
    return looks


def _highest(curve: MeanCurve, has_band: bool) -> float:
    return float((curve.mean + curve.sd).max() if has_band else curve.mean.max())


def _draw(axes: Axes, curve: MeanCurve, look: tuple[str, str], is_strong: bool, label: str) -> None:
    colour, style = look
    area = format_mean(float(np.mean(curve.areas)), _deviation(curve.areas))
    axes.plot(
        curve.x,
        curve.mean,
        color=colour,
        linestyle=style,
        linewidth=2.2 if is_strong else 1.1,
        label=f"{label}: {area}",
        zorder=3 if is_strong else 2,
    )
    if is_strong and len(curve.areas) > 1:
        low = np.clip(curve.mean - curve.sd, 0, 1)
        high = np.clip(curve.mean + curve.sd, 0, 1)
        axes.fill_between(curve.x, low, high, color=colour, alpha=0.1, linewidth=0, zorder=1)


def _draw_chance(roc_axes: Axes, precision_axes: Axes, recoveries: Sequence[Recovery]) -> None:
    chance = float(np.mean([np.mean(is_held_out) for _, is_held_out in recoveries]))
    look: dict[str, Any] = {"color": GREY_TEXT, "linewidth": 1, "dashes": (4, 3), "zorder": 1}
    roc_axes.plot([0, 1], [0, 1], label="chance: 0.50", **look)
    precision_axes.axhline(chance, label=f"chance: {chance:.2f}", **look)


def _name_axes(roc_axes: Axes, precision_axes: Axes) -> None:
    style_axes(
        roc_axes,
        title="ROC curve",
        xlabel="Other candidates ranked as high (false positive rate)",
        ylabel="Held-out edges found (true positive rate)",
    )
    style_axes(
        precision_axes,
        title="Precision and recall",
        xlabel="Held-out edges found (recall)",
        ylabel="Held-out edges among the top (precision)",
    )


def _deviation(areas: tuple[float, ...]) -> float:
    return float(np.std(areas, ddof=1)) if len(areas) > 1 else float("nan")


def _canvas(n_scorers: int) -> tuple[Figure, list[Axes]]:
    # Placed by hand: automatic layouts cut off what stands beside axes with a fixed aspect.
    width = _LEFT + _SIDE + _BETWEEN + _SIDE + _RIGHT
    below = _AXIS_LABELS + _LEGEND_LINE * (n_scorers + 3)
    height = _ABOVE + _SIDE + below
    figure = Figure(figsize=(width, height))
    boxes = [
        (left / width, below / height, _SIDE / width, _SIDE / height)
        for left in (_LEFT, _LEFT + _SIDE + _BETWEEN)
    ]
    return figure, [figure.add_axes(box) for box in boxes]


def _finish(axes: Axes, legend_title: str) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.03)
    legend = axes.legend(
        loc="upper left",
        bbox_to_anchor=(0.0, -_AXIS_LABELS / _SIDE),
        borderaxespad=0.0,
        borderpad=0.0,
        fontsize=SMALL_TEXT_SIZE,
        frameon=False,
        handlelength=2.6,
        labelspacing=0.3,
        title=legend_title,
        title_fontsize=SMALL_TEXT_SIZE,
        alignment="left",
    )
    for text in legend.get_texts():
        plain(text)
