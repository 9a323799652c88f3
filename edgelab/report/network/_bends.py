"""Bends of drawn edges, with which they run past the names and past each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgelab.typing import Array, Bool, Float

# From straight to strongly bent, left before right; a bend is the height of the arc over its
# length, times two.
_BENDS = (0.0, 0.12, -0.12, 0.22, -0.22, 0.34, -0.34, 0.48, -0.48, 0.65, -0.65)
# An edge whose reverse is drawn too must not be straight, or the two would lie upon each other.
_PAIRED_BENDS = tuple(bend for bend in _BENDS if bend > 0)
_STEPS = np.linspace(0.0, 1.0, 41)
# With so many margins an edge clearly passes a name; with one it may read as if it ended there.
_ROOMY = 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The name of a function where it is drawn: its centre and full size, in inches."""

    x: float
    y: float
    width: float
    height: float


def arc(start: Box, end: Box, bend: float) -> Float[Array, "steps 2"]:
    """Points along the quadratic arc between two centres; a bend of 0 is straight."""
    # matplotlib's `arc3` draws the same: a positive bend runs to the right of the direction of
    # travel where y points up.
    first = np.array([start.x, start.y], dtype=float)
    last = np.array([end.x, end.y], dtype=float)
    step = last - first
    middle = (first + last) / 2 + bend * np.array([step[1], -step[0]])
    t = _STEPS[:, None]
    return (1 - t) ** 2 * first + 2 * t * (1 - t) * middle + t**2 * last


def choose_bends(
    boxes: Mapping[str, Box], edges: Sequence[tuple[str, str]], margin: float
) -> list[float]:
    """The smallest bend of each edge that crosses the fewest other names, then nears the fewest."""
    names = list(boxes)
    low = np.array([[box.x - box.width / 2, box.y - box.height / 2] for box in boxes.values()])
    high = np.array([[box.x + box.width / 2, box.y + box.height / 2] for box in boxes.values()])
    rooms = (margin, _ROOMY * margin)
    drawn = set(edges)
    bends = []
    for source, target in edges:
        other = np.array([name not in {source, target} for name in names])
        options = _PAIRED_BENDS if (target, source) in drawn else _BENDS
        touched = []
        for bend in options:
            points = arc(boxes[source], boxes[target], bend)
            touched.append(
                [_count_touched(points, low - room, high + room, other) for room in rooms]
            )
        bends.append(options[touched.index(min(touched))])
    return bends


def _count_touched(
    points: Float[Array, "steps 2"],
    low: Float[Array, "names 2"],
    high: Float[Array, "names 2"],
    other: Bool[Array, " names"],
) -> int:
    """How many of the other names have a point inside."""
    inside = (points[:, None] > low) & (points[:, None] < high)
    return int(np.count_nonzero(inside.all(axis=2).any(axis=0) & other))
