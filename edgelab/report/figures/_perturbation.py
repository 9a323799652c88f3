"""Figure: which edges to change, and what each change does to the response."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from edgelab.errors import TableError
from edgelab.report._names import plain
from edgelab.report._style import (
    ACCENT,
    BASELINE,
    GREY_LINE,
    GREY_TEXT,
    SMALL_TEXT_SIZE,
    TEXT_SIZE,
    style_axes,
)

_COLUMNS = ("source", "target", "before", "after", "spent", "effect_alone", "effect_sd")
# Rows that are drawn; the table holds all.
_SHOWN = 12
# Inches.
_WIDTH, _ROW, _ABOVE, _BELOW = 7.2, 0.34, 0.5, 0.95


def plot_perturbation(
    table: pd.DataFrame, effect: float, *, output: str, effect_sd: float = float("nan")
) -> Figure:
    """Bars: the predicted effect of every changed edge by itself, and of all together.

    Args:
        table: Columns `source, target, before, after, spent, effect_alone, effect_sd`, one row per
            changed edge.
        effect: Of all changes together.
        output: Name of the response.
        effect_sd: Standard deviation of `effect` over models.

    Returns:
        A figure with one bar per edge, whiskers of one standard deviation over models, and a last
        bar for all.

    Raises:
        TableError: If a column is missing.

    Example:
        >>> row = {"source": "Mek", "target": "Erk", "before": 1.0, "after": 0.0, "spent": 1.0}
        >>> table = pd.DataFrame([row | {"effect_alone": -0.4, "effect_sd": 0.1}])
        >>> axes = plot_perturbation(table, -0.4, output="pErk").axes[0]
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['Mek → Erk   1 → 0', 'all together']
    """
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise TableError(f"the table of changes lacks {missing}; pass Perturbation.table")
    shown = table.head(_SHOWN)
    height = _ABOVE + _ROW * (len(shown) + 1) + _BELOW
    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.add_axes((0.36, _BELOW / height, 0.6, 1 - (_ABOVE + _BELOW) / height))
    labels = [
        f"{row.source} → {row.target}   {row.before:.2g} → {row.after:.2g}"
        for row in shown.itertuples()
    ]
    values = [*shown["effect_alone"], effect]
    spreads = [0.0 if pd.isna(sd) else float(sd) for sd in (*shown["effect_sd"], effect_sd)]
    colours = [ACCENT] * len(shown) + [BASELINE]
    axes.barh(range(len(values)), values, color=colours, height=0.62, zorder=2)
    if any(spreads):
        axes.errorbar(
            values,
            range(len(values)),
            xerr=spreads,
            fmt="none",
            ecolor="black",
            elinewidth=1.0,
            zorder=3,
        )
    axes.axvline(0, color=GREY_TEXT, linewidth=0.8, zorder=1)
    axes.set_yticks(range(len(values)), [*labels, "all together"])
    axes.invert_yaxis()
    style_axes(axes, title="Predicted effect of changing edges", xlabel=f"Change of {output}")
    _finish(figure, axes, any(spreads))
    return figure


def _finish(figure: Figure, axes: Axes, has_spread: bool) -> None:
    for text in (*axes.get_yticklabels(), axes.xaxis.label):
        plain(text)
    axes.tick_params(axis="y", labelsize=TEXT_SIZE, length=0)
    axes.grid(axis="x", color=GREY_LINE, linewidth=0.4, zorder=0)
    handles: list[Patch | Line2D] = [
        Patch(color=ACCENT, label="one edge alone"),
        Patch(color=BASELINE, label="all"),
    ]
    if has_spread:
        handles.append(Line2D([], [], color="black", linewidth=1.0, label="± sd over models"))
    figure.legend(
        handles=handles, loc="lower center", ncols=3, fontsize=SMALL_TEXT_SIZE, frameon=False
    )
