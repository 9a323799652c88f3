"""Bends: the arcs that matplotlib draws, past names and past each other."""

import numpy as np
import pytest
from matplotlib.patches import ConnectionStyle

from edgelab.report.network._bends import Box, arc, choose_bends


def row(*places) -> dict[str, Box]:
    return {
        name: Box(x=float(x), y=float(y), width=0.5, height=0.2)
        for name, (x, y) in zip("abcd", places, strict=False)
    }


@pytest.mark.parametrize("bend", [0.0, 0.3, -0.5])
def test_the_arc_is_the_one_that_matplotlib_draws(bend):
    boxes = row((0, 0), (2, 1))
    path = ConnectionStyle("arc3", rad=bend).connect((0, 0), (2, 1))
    first, control, last = path.vertices
    t = np.linspace(0, 1, 41)[:, None]
    drawn = (1 - t) ** 2 * first + 2 * t * (1 - t) * control + t**2 * last
    np.testing.assert_allclose(arc(boxes["a"], boxes["b"], bend), drawn, atol=1e-12)


def test_edges_pass_names_and_reverse_edges():
    boxes = row((0, 0), (1, 0), (2, 0))
    straight, around = choose_bends(boxes, [("a", "b"), ("a", "c")], margin=0.05)
    assert straight == 0
    assert np.abs(arc(boxes["a"], boxes["c"], around)[20, 1]) > 0.1
    there, back = choose_bends(boxes, [("a", "b"), ("b", "a")], margin=0.05)
    # Bent to the same hand, the two run on opposite sides.
    assert there == back > 0


def test_keeps_more_distance_where_that_costs_no_crossing():
    def boxes(**more: Box) -> dict[str, Box]:
        return {
            name: Box(x=x, y=0.0, width=0.3, height=0.2) for name, x in (("a", 0.0), ("c", 2.0))
        } | more

    near = Box(x=1.0, y=0.21, width=0.3, height=0.2)  # 0.11 above the straight line
    assert choose_bends(boxes(near=near), [("a", "c")], margin=0.1) == [0.12]  # bent away from it
    assert choose_bends(boxes(near=near), [("a", "c")], margin=0.05) == [0.0]
    # Wherever else there is a name in the way, near is better than across.
    below = Box(x=1.0, y=-0.6, width=0.3, height=1.0)
    above = Box(x=1.0, y=0.71, width=0.3, height=1.2)
    assert choose_bends(boxes(above=above, below=below), [("a", "c")], margin=0.09) == [0.0]


def test_a_name_in_the_way_is_passed_by_the_smallest_bend():
    boxes = row((0, 0), (1, 0), (2, 0))
    assert choose_bends(boxes, [("a", "b"), ("a", "c")], margin=0.1) == [0.0, 0.34]
    assert arc(boxes["a"], boxes["c"], 0.5)[20].tolist() == [1.0, -0.5]
