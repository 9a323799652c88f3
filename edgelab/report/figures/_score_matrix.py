"""Figure: all scores as a map from sources to targets."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from edgelab.errors import ConfigError, TableError, close_names
from edgelab.report._names import plain, shown_name, text_width
from edgelab.report._style import (
    NOT_SCORED,
    SCORE_COLOURS,
    SMALL_TEXT_SIZE,
    TEXT_SIZE,
    style_axes,
)
from edgelab.table import COLUMNS, check_columns, check_pairs
from edgelab.typing import Array, Bool, Float

# With more functions than this the names on the axes cannot be read any more.
_MAX_FUNCTIONS = 60

# Scores beyond these percentiles share the darkest and the lightest colour, or one outlier would
# hide all others.
_PERCENTILES = (1.0, 99.0)
# ... unless the extreme is hardly farther out than they are: this share of the span between them.
_OUTLIER = 0.5


def plot_score_matrix(
    table: pd.DataFrame,
    functions: Sequence[str] | None = None,
    *,
    score_label: str = "Score (larger: likelier edge)",
) -> Figure:
    """Heat map of the scores, sources in rows and targets in columns.

    Edges of the prior network are outlined.

    Args:
        table: An edge table.
        functions: Which functions to show, in this order; all by default, in the order of the
            graph.
        score_label: Beside the colour bar.

    Returns:
        A figure with the map and its colour bar; pairs without a score are grey.

    Raises:
        TableError: If the table is empty, lacks a column, repeats a pair or has no score at all.
        ConfigError: If there are more than 60 functions to show, or a name is unknown or given
            twice.

    Example:
        >>> row = ("raf", "mek", 0, 1, 0.8, True, 0.01, float("nan"))
        >>> figure = plot_score_matrix(pd.DataFrame([row], columns=list(COLUMNS)))
        >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
        ['raf', 'mek']
    """
    check_columns(table, COLUMNS)
    check_pairs(table)
    if not table["score"].notna().any():
        raise TableError(f"none of the {len(table)} rows has a score; there is nothing to show")
    names = _chosen(table, functions)
    score, has_edge = _matrices(table, names)
    if np.isnan(score).all():
        raise TableError(
            f"no pair among the {len(names)} functions chosen has a score; choose others"
        )
    figure, axes, bar_axes = _canvas(names)
    _draw(figure, axes, bar_axes, score, score_label)
    _outline(axes, has_edge)
    _name(axes, names)
    return figure


def _chosen(table: pd.DataFrame, functions: Sequence[str] | None) -> list[str]:
    sides = [
        pd.Series(
            table[f"{side}_idx"].to_numpy(), index=table[f"{side}_func"].astype(str).to_numpy()
        )
        for side in ("src", "dst")
    ]
    index = pd.concat(sides)
    known = index[~index.index.duplicated()].sort_values(kind="stable").index.tolist()
    names = known if functions is None else list(functions)
    for name in names:
        if name not in set(known):
            raise ConfigError(
                f"no function {name!r} in the table ({close_names(name, known)}); correct the name"
            )
    if len(set(names)) < len(names):
        raise ConfigError("functions lists a name twice; list each once")
    if not 0 < len(names) <= _MAX_FUNCTIONS:
        raise ConfigError(
            f"a score matrix shows 1 to {_MAX_FUNCTIONS} functions, got {len(names)}; choose some "
            "with functions=[...]"
        )
    return names


def _matrices(
    table: pd.DataFrame, names: list[str]
) -> tuple[Float[Array, "sources targets"], Bool[Array, "sources targets"]]:
    position = pd.Index(names)
    source = position.get_indexer(pd.Index(table["src_func"].astype(str)))
    target = position.get_indexer(pd.Index(table["dst_func"].astype(str)))
    shown = (source >= 0) & (target >= 0) & (source != target)
    score = np.full((len(names), len(names)), np.nan)
    has_edge = np.zeros(score.shape, dtype=bool)
    score[source[shown], target[shown]] = table["score"].to_numpy(float)[shown]
    has_edge[source[shown], target[shown]] = table["has_edge"].to_numpy(bool)[shown]
    return score, has_edge


def _text_size(names: list[str]) -> float:
    return TEXT_SIZE if len(names) <= 30 else SMALL_TEXT_SIZE - 1


def _canvas(names: list[str]) -> tuple[Figure, Axes, Axes]:
    # Placed by hand: automatic layouts cut off what stands beside axes with a fixed aspect.
    side = max(2.2, 0.21 * len(names)) if len(names) <= 30 else 0.17 * len(names)
    widest = max(text_width(shown_name(name), _text_size(names)) for name in names)
    before, after, above = widest + 0.5, 1.1, 0.35  # inches
    width = before + side + after
    height = before + side + above
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((before / width, before / height, side / width, side / height))
    bar_axes = figure.add_axes(
        ((before + side + 0.15) / width, before / height, 0.13 / width, side / height)
    )
    return figure, axes, bar_axes


def _draw(
    figure: Figure, axes: Axes, bar_axes: Axes, score: Float[Array, "sources targets"], label: str
) -> None:
    finite = score[np.isfinite(score)]
    low, high = _colour_range(finite)
    axes.set_facecolor(NOT_SCORED)
    image = axes.imshow(
        np.ma.masked_invalid(score),
        cmap=SCORE_COLOURS,
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    beyond = (bool((finite < low).any()), bool((finite > high).any()))
    extend = {
        (False, False): "neither",
        (True, False): "min",
        (False, True): "max",
        (True, True): "both",
    }[beyond]
    bar = figure.colorbar(image, cax=bar_axes, extend=extend, extendfrac=0.03)
    bar.set_label(label, fontsize=TEXT_SIZE)
    bar.ax.tick_params(labelsize=SMALL_TEXT_SIZE)


def _colour_range(finite: Float[Array, " pairs"]) -> tuple[float, float]:
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite, _PERCENTILES)
    margin = _OUTLIER * (high - low)
    if finite.min() >= low - margin:
        low = finite.min()
    if finite.max() <= high + margin:
        high = finite.max()
    if low < high:
        return float(low), float(high)
    return float(low) - 0.5, float(high) + 0.5


def _outline(axes: Axes, has_edge: Bool[Array, "sources targets"]) -> None:
    cells = [
        Rectangle((target - 0.46, source - 0.46), 0.92, 0.92)
        for source, target in np.argwhere(has_edge)
    ]
    axes.add_collection(
        PatchCollection(
            cells,
            facecolor="none",
            edgecolor="#D55E00",
            linewidth=1.3 if len(has_edge) < 30 else 1.0,
        )
    )


def _name(axes: Axes, names: list[str]) -> None:
    style_axes(
        axes,
        xlabel="Target function (regulated)",
        ylabel="Source function (regulator)",
        title="Outlined: prior network",
    )
    shown = [shown_name(name) for name in names]
    size = _text_size(names)
    axes.set_xticks(range(len(names)), shown, rotation=90, fontsize=size)
    axes.set_yticks(range(len(names)), shown, fontsize=size)
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        plain(text)
