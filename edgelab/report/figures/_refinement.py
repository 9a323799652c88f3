"""Figure: a refined network, with the edges that were kept, added and removed."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from edgelab.errors import TableError
from edgelab.report._style import GREY_LINE, SMALL_TEXT_SIZE
from edgelab.report.network import (
    MAX_FUNCTIONS,
    Pair,
    draw_edge,
    draw_names,
    network_canvas,
    plan_network,
)

_LOOKS: dict[str, dict[str, Any]] = {
    "kept": {"color": GREY_LINE, "linewidth": 1.0, "linestyle": "-", "zorder": 2},
    "removed": {"color": "#D55E00", "linewidth": 1.6, "linestyle": (0, (3, 2)), "zorder": 3},
    "added": {"color": "#0072B2", "linewidth": 2.0, "linestyle": "-", "zorder": 3},
}


def plot_refinement(changes: pd.DataFrame, functions: Sequence[str] = ()) -> Figure:
    """The network with kept edges in grey, added ones in blue and removed ones in dashed red.

    Args:
        changes: Columns `source`, `target` and `change`; edges that were neither kept, added nor
            removed are left out.
        functions: Functions to show beside those of the edges.

    Returns:
        A figure as large as the network needs. Of more than 60 functions only the ends of changed
        edges are drawn.

    Raises:
        TableError: If a column is missing or there is nothing to draw.

    Example:
        >>> changes = pd.DataFrame(
        ...     {"source": ["a", "b"], "target": ["b", "c"], "change": ["kept", "added"]}
        ... )
        >>> sorted(text.get_text() for text in plot_refinement(changes).axes[0].texts)
        ['a', 'b', 'c']
    """
    missing = {"source", "target", "change"} - set(changes.columns)
    if missing:
        raise TableError(f"the table of changes lacks {sorted(missing)}; pass Refinement.changes")
    edges = {kind: _pairs(changes[changes["change"] == kind]) for kind in _LOOKS}
    changed = {name for edge in edges["added"] + edges["removed"] for name in edge}
    shown = {*functions, *changed, *chain.from_iterable(edges["kept"])}
    if len(shown) > MAX_FUNCTIONS:
        shown = changed
    if not shown:
        raise TableError("no edge was kept, added or removed, so there is nothing to draw")
    edges = {
        kind: [edge for edge in pairs if shown.issuperset(edge)] for kind, pairs in edges.items()
    }
    plan = plan_network(sorted(shown), sorted(edges["kept"] + edges["removed"]), edges["added"])
    figure, axes = network_canvas(plan)
    patches = draw_names(axes, plan, changed)
    for kind, pairs in edges.items():
        for edge in pairs:
            draw_edge(axes, plan, patches, edge, inhibits=False, **_LOOKS[kind])
    figure.legend(
        handles=[_key(kind, len(pairs)) for kind, pairs in edges.items()],
        loc="lower center",
        ncols=3,
        fontsize=SMALL_TEXT_SIZE,
        frameon=False,
    )
    return figure


def _key(kind: str, count: int) -> Line2D:
    look = {name: value for name, value in _LOOKS[kind].items() if name != "zorder"}
    return Line2D([], [], label=f"{kind} ({count})", **look)


def _pairs(rows: pd.DataFrame) -> list[Pair]:
    return sorted(zip(rows["source"].astype(str), rows["target"].astype(str), strict=True))
