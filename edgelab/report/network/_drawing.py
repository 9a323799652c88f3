"""A planned network on paper: its canvas, boxes and arrows."""

from collections.abc import Collection, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from edgelab.report._names import shown_name
from edgelab.report._style import GREY_LINE, GREY_TEXT

from ._layers import Pair
from ._plan import NetworkPlan

# Inches below the network for the key.
_FOOT = 0.75


def network_canvas(plan: NetworkPlan) -> tuple[Figure, Axes]:
    """A figure as large as a network needs with a key below it, and axes in inches."""
    total = plan.height + _FOOT
    figure = Figure(figsize=(plan.width, total))
    axes = figure.add_axes((0.0, _FOOT / total, 1.0, plan.height / total))
    axes.set_xlim(plan.left, plan.left + plan.width)
    axes.set_ylim(plan.bottom, plan.bottom + plan.height)
    axes.set_axis_off()
    return figure, axes


def draw_names(axes: Axes, plan: NetworkPlan, marked: Collection[str]) -> dict[str, FancyBboxPatch]:
    """Draw a box with the name of every function; returns the boxes by name."""
    patches = {}
    for name, box in plan.boxes.items():
        patches[name] = FancyBboxPatch(
            (box.x - box.width / 2, box.y - box.height / 2),
            box.width,
            box.height,
            boxstyle=f"round,pad=0,rounding_size={0.45 * box.height}",
            facecolor="white",
            edgecolor="black" if name in marked else GREY_LINE,
            linewidth=1.0,
            zorder=4,
        )
        axes.add_patch(patches[name])
        axes.text(
            box.x,
            box.y,
            shown_name(name),
            ha="center",
            va="center_baseline",
            fontsize=plan.text_size,
            color="black" if name in marked else GREY_TEXT,
            parse_math=False,
            zorder=5,
        )
    return patches


def draw_edge(
    axes: Axes,
    plan: NetworkPlan,
    patches: Mapping[str, FancyBboxPatch],
    edge: Pair,
    *,
    inhibits: bool,
    **look: Any,
) -> None:
    """Draw an edge as an arrow, or with a bar at its end if it inhibits."""
    # `look`: colour, line width and the like, for `matplotlib.patches.FancyArrowPatch`.
    source, target = edge
    axes.add_patch(
        FancyArrowPatch(
            (plan.boxes[source].x, plan.boxes[source].y),
            (plan.boxes[target].x, plan.boxes[target].y),
            connectionstyle=f"arc3,rad={plan.bends[edge]}",
            arrowstyle="|-|,widthA=0,widthB=0.4"
            if inhibits
            else "-|>,head_length=0.45,head_width=0.2",
            patchA=patches[source],
            patchB=patches[target],
            shrinkA=1,
            shrinkB=3 if inhibits else 2,
            mutation_scale=10,
            **look,
        )
    )
