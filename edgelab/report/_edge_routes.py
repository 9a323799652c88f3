"""How strongly to bend the edges of a drawn network, so that they run past the names and past each
other.
"""

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
_ROOMY = 1.8
"""With so many margins an edge clearly passes a name; with one it may read as if it ended there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The name of a function where it is drawn.

    Attributes:
        x: Centre.
        y: Centre.
        width: Full width.
        height: Full height.
    """

    x: float
    y: float
    width: float
    height: float


def arc(start: Box, end: Box, bend: float) -> Float[Array, "steps 2"]:
    """Points along the quadratic arc between two centres; matplotlib's `arc3` draws the same.

    Args:
        start: Where it begins.
        end: Where it ends.
        bend: 0 is straight; positive bends to the right of the direction of travel when y points
            up.

    Returns:
        Points from start to end.

    Example:
        >>> a, b = (Box(x=x, y=0.0, width=1.0, height=1.0) for x in (0.0, 2.0))
        >>> arc(a, b, 0.5)[20].tolist()
        [1.0, -0.5]
    """
    first, last = np.array([start.x, start.y], dtype=float), np.array([end.x, end.y], dtype=float)
    step = last - first
    middle = (first + last) / 2 + bend * np.array([step[1], -step[0]])
    t = _STEPS[:, None]
    return (1 - t) ** 2 * first + 2 * t * (1 - t) * middle + t**2 * last


def choose_bends(
    boxes: Mapping[str, Box], edges: Sequence[tuple[str, str]], margin: float
) -> list[float]:
    """The smallest bend of each edge with which it crosses the fewest names of others, and then
    comes near the fewest.

    Args:
        boxes: Every name as drawn.
        edges: Source and target of each edge; each pair once.
        margin: How much room to leave around a name at least; 1.8 times as much where that costs no
            crossing.

    Returns:
        One bend per edge.

    Example:
        >>> boxes = {name: Box(x=x, y=0.0, width=0.5, height=0.2) for name, x in (("a", 0.0), ("b", 1.0), ("c", 2.0))}
        >>> choose_bends(boxes, [("a", "b"), ("a", "c")], margin=0.1)
        [0.0, 0.34]
    """
    names = list(boxes)
    low = np.array([[box.x - box.width / 2, box.y - box.height / 2] for box in boxes.values()])
    high = np.array([[box.x + box.width / 2, box.y + box.height / 2] for box in boxes.values()])
    rooms = (margin, _ROOMY * margin)
    drawn = set(edges)
    bends = []
    for source, target in edges:
        other = np.array([name not in {source, target} for name in names])
        options = _PAIRED_BENDS if (target, source) in drawn else _BENDS
        arcs = [arc(boxes[source], boxes[target], bend) for bend in options]
        bothered = [
            tuple(
                np.count_nonzero(_touched(points, low - room, high + room) & other)
                for room in rooms
            )
            for points in arcs
        ]
        bends.append(options[bothered.index(min(bothered))])
    return bends


def _touched(
    points: Float[Array, "steps 2"], low: Float[Array, "names 2"], high: Float[Array, "names 2"]
) -> Bool[Array, " names"]:
    inside = (points[:, None] > low) & (points[:, None] < high)
    return np.asarray(inside.all(axis=2).any(axis=0))
