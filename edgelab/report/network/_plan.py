"""The plan of a drawn network: where each name stands and how each edge bends, in inches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgelab.report._names import shown_name, text_width
from edgelab.report._style import SMALL_TEXT_SIZE, TEXT_SIZE

from ._bends import Box, arc, choose_bends
from ._layers import Pair, Place, layered_layout
from ._stress import push_apart, stress_layout

MAX_FUNCTIONS = 60
"""More functions than this cannot be read in one picture."""

# Up to this many functions there is room for larger text.
_SMALL = 30

# Inches.
_GAP = 0.2
_ROW_HEIGHT = 0.95
_EDGE_LENGTH = 1.3
_MARGIN = 0.25
_MIN_WIDTH = 5.4


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """Where everything of a network is drawn, in inches."""

    # The name of each function.
    boxes: dict[str, Box]
    bends: dict[Pair, float]
    # The smallest positions in use, and the way from there to the largest.
    left: float
    bottom: float
    width: float
    height: float
    # Of the names, in points.
    text_size: float


def plan_network(
    names: Sequence[str], prior: Sequence[Pair], candidates: Sequence[Pair]
) -> NetworkPlan:
    """Place names and bend edges, by names and edges and on no order of them."""
    # A network that is wider than deep is drawn in layers; a deep one would become a narrow tower
    # of long edges, so its functions are placed by their distances.
    text_size = TEXT_SIZE if len(names) <= _SMALL else SMALL_TEXT_SIZE
    widths = {name: text_width(shown_name(name), text_size) + 0.16 for name in names}
    height = text_size / 72 + 0.1
    layered = layered_layout(names, prior, candidates)
    if _is_deep(layered):
        places = _apart(stress_layout(names, prior, candidates), widths, height)
    else:
        column = max(widths.values()) + _GAP
        if len(names) <= _SMALL:
            column = max(1.0, column)
        # Wide rows stand farther apart, or edges between them would run flat along the names.
        row = min(1.7 * _ROW_HEIGHT, max(_ROW_HEIGHT, 0.15 * max(x for x, _ in layered.values())))
        places = {name: (x * column, y * row) for name, (x, y) in layered.items()}
    boxes = {
        name: Box(x=x, y=y, width=widths[name], height=height) for name, (x, y) in places.items()
    }
    edges = sorted([*prior, *candidates])
    bends = dict(zip(edges, choose_bends(boxes, edges, margin=0.05), strict=True))
    return _framed(boxes, bends, text_size)


def _is_deep(layered: Mapping[str, Place]) -> bool:
    rows = [row for _, row in layered.values()]
    return len(set(rows)) > max(3, max(rows.count(row) for row in set(rows)) / 2)


def _apart(
    places: Mapping[str, Place], widths: Mapping[str, float], height: float
) -> dict[str, Place]:
    place = np.array(list(places.values())) * _EDGE_LENGTH
    size = np.array([[widths[name], height] for name in places])
    moved = push_apart(place, size, gap=1.75 * _GAP)
    return {name: (float(x), float(y)) for name, (x, y) in zip(places, moved, strict=True)}


def _framed(boxes: dict[str, Box], bends: dict[Pair, float], text_size: float) -> NetworkPlan:
    centre = np.array([(box.x, box.y) for box in boxes.values()])
    half = np.array([(box.width / 2, box.height / 2) for box in boxes.values()])
    arcs = [arc(boxes[source], boxes[target], bend) for (source, target), bend in bends.items()]
    points = np.concatenate([centre - half, centre + half, *arcs])
    low = points.min(axis=0) - _MARGIN
    high = points.max(axis=0) + _MARGIN
    width = max(_MIN_WIDTH, float(high[0] - low[0]))
    return NetworkPlan(
        boxes=boxes,
        bends=bends,
        left=float(low[0] + high[0] - width) / 2,
        bottom=float(low[1]),
        width=width,
        height=float(high[1] - low[1]),
        text_size=text_size,
    )
