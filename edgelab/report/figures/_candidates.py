"""Figure: the prior network with the best candidate edges."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal, get_args

import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from torch_geometric.data import HeteroData

from edgelab.checks import check_choice
from edgelab.errors import TableError
from edgelab.report._style import CANDIDATE_COLOURS, GREY_LINE, SMALL_TEXT_SIZE
from edgelab.report.network import (
    MAX_FUNCTIONS,
    NetworkPlan,
    Pair,
    candidate_network,
    draw_edge,
    draw_names,
    network_canvas,
    plan_network,
)

ColourBy = Literal["score", "q_value"]
Colour = tuple[float, float, float, float]

# Smallest q-value whose logarithm still gets a colour of its own.
_LEAST_Q = 1e-16


def plot_candidates(
    table: pd.DataFrame, data: HeteroData, top: int = 15, *, colour_by: ColourBy = "score"
) -> Figure:
    """The prior network in grey and the best candidate edges in colour.

    Regulators stand above their targets, as far as there are no cycles. The picture depends on
    names and edges only, never on the order of nodes or rows. Arrows end in a point, or in a bar
    where the sign of an edge says that it inhibits.

    Args:
        table: An edge table.
        data: The prior network.
        top: How many candidate edges to draw.
        colour_by: `"score"`, or `"q_value"` to colour by -log10 of it.

    Returns:
        A figure as large as the network needs. Of more than 60 functions only those at the ends of
        the candidates are drawn, and those that join them.

    Raises:
        TableError: If the table has no candidates with a score, no q-values when these are asked
            for, lacks a column, or names a function that the network lacks.
        ConfigError: If `top` is not a positive integer, or `colour_by` is unknown.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> from edgelab.table import COLUMNS
        >>> data = build_graph(
        ...     [("raf", "mek")], input_edges=[("egf", "raf")], output_edges=[("mek", "level")]
        ... )
        >>> row = ("mek", "raf", 1, 0, 0.7, False, 0.01, 0.02)
        >>> figure = plot_candidates(pd.DataFrame([row], columns=list(COLUMNS)), data)
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['mek', 'raf']
    """
    check_choice("colour_by", colour_by, get_args(ColourBy))
    graph = _shown_part(candidate_network(table, data, top))
    prior = _edges(graph, "prior")
    candidates = _edges(graph, "candidate")
    level = _levels(graph, candidates, colour_by)
    norm = _norm(level)
    colours = {
        edge: CANDIDATE_COLOURS(norm(value)) for edge, value in zip(candidates, level, strict=True)
    }
    plan = plan_network(list(graph), prior, candidates)
    figure, axes = network_canvas(plan)
    patches = draw_names(axes, plan, {name for edge in candidates for name in edge})
    _draw_edges(axes, graph, plan, patches, colours)
    _draw_key(figure, norm, colour_by, len(candidates))
    return figure


def _edges(graph: nx.DiGraph, kind: str) -> list[Pair]:
    return sorted(
        (source, target)
        for source, target, edge_kind in graph.edges(data="kind")
        if edge_kind == kind
    )


def _shown_part(graph: nx.DiGraph) -> nx.DiGraph:
    if len(graph) <= MAX_FUNCTIONS:
        return graph
    ends = {name for edge in _edges(graph, "candidate") for name in edge}
    # What joins two ends explains how they are connected already; the functions that touch most
    # ends come first.
    touched: Counter[str] = Counter()
    for name in ends:
        touched.update({*graph.successors(name), *graph.predecessors(name)} - ends)
    joining = [name for name, count in touched.items() if count > 1]
    joining.sort(key=lambda name: (-touched[name], name))
    return graph.subgraph([*ends, *joining[: max(0, MAX_FUNCTIONS - len(ends))]])


def _levels(graph: nx.DiGraph, candidates: list[Pair], colour_by: ColourBy) -> list[float]:
    values = [graph.edges[edge].get(colour_by, float("nan")) for edge in candidates]
    if np.isnan(values).all():
        raise TableError(
            f"none of the candidates shown has a finite {colour_by}; colour by another column"
        )
    if colour_by == "q_value":
        return [-float(np.log10(max(value, _LEAST_Q))) for value in values]
    return values


def _norm(level: list[float]) -> Normalize:
    low = float(np.nanmin(level))
    high = float(np.nanmax(level))
    return Normalize(low, high) if low < high else Normalize(low - 0.5, high + 0.5)


def _draw_edges(
    axes: Axes,
    graph: nx.DiGraph,
    plan: NetworkPlan,
    patches: Mapping[str, FancyBboxPatch],
    colours: Mapping[Pair, Colour],
) -> None:
    for edge in plan.bends:
        is_candidate = edge in colours
        draw_edge(
            axes,
            plan,
            patches,
            edge,
            inhibits=graph.edges[edge].get("sign", 0) < 0,
            color=colours[edge] if is_candidate else GREY_LINE,
            linewidth=2.0 if is_candidate else 1.0,
            zorder=3 if is_candidate else 2,
        )


def _draw_key(figure: Figure, norm: Normalize, colour_by: ColourBy, n_candidates: int) -> None:
    width, height = figure.get_size_inches()
    bar_axes = figure.add_axes((0.5, 0.45 / height, 2.3 / width, 0.1 / height))
    bar = figure.colorbar(
        ScalarMappable(norm, CANDIDATE_COLOURS),
        cax=bar_axes,
        orientation="horizontal",
        ticks=MaxNLocator(4),
        format=ScalarFormatter(useOffset=False),
    )
    label = "score" if colour_by == "score" else "−log₁₀ q-value"
    bar.set_label(
        f"Best {n_candidates} candidate edges: {label}", fontsize=SMALL_TEXT_SIZE, labelpad=2
    )
    bar.ax.tick_params(labelsize=SMALL_TEXT_SIZE - 1, length=2, pad=2)
    bar.outline.set_visible(False)
    figure.legend(
        handles=[Line2D([], [], color=GREY_LINE, linewidth=1.4, label="edge of the prior network")],
        loc="center right",
        bbox_to_anchor=(0.5 - 0.1 / width, 0.5 / height),
        fontsize=SMALL_TEXT_SIZE,
        frameon=False,
    )
