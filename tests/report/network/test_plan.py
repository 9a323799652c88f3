"""Plans: nothing overlaps, every name fits its box, and all is inside."""

import numpy as np

from edgelab.report._names import shown_name, text_width
from edgelab.report.network._bends import arc
from edgelab.report.network._plan import plan_network


def overlap(plan) -> bool:
    boxes = list(plan.boxes.values())
    return any(
        abs(one.x - two.x) < (one.width + two.width) / 2
        and abs(one.y - two.y) < (one.height + two.height) / 2
        for number, one in enumerate(boxes)
        for two in boxes[:number]
    )


def test_nothing_overlaps_or_leaves_the_frame():
    rng = np.random.default_rng(0)
    for n, n_edges in ((2, 1), (11, 20), (50, 70), (50, 0), (60, 200)):
        names = [f"GENE{i}" for i in range(n)]
        pairs = {(names[i], names[j]) for i, j in rng.integers(n, size=(n_edges, 2)) if i != j}
        prior, candidates = sorted(pairs)[::2], sorted(pairs)[1::2]
        plan = plan_network(names, prior, candidates)
        assert not overlap(plan)
        assert set(plan.bends) == pairs
        drawn = [arc(plan.boxes[a], plan.boxes[b], bend) for (a, b), bend in plan.bends.items()]
        points = np.concatenate([np.array([(box.x, box.y) for box in plan.boxes.values()]), *drawn])
        low, high = points.min(axis=0), points.max(axis=0)
        assert low[0] > plan.left and high[0] < plan.left + plan.width
        assert low[1] > plan.bottom and high[1] < plan.bottom + plan.height


def test_boxes_hold_their_names():
    plan = plan_network(["i", "phosphatidylinositol"], [("i", "phosphatidylinositol")], [])
    for name, box in plan.boxes.items():
        assert box.width > text_width(shown_name(name), plan.text_size)
    assert plan.boxes["i"].width < plan.boxes["phosphatidylinositol"].width


def test_an_edge_and_its_reverse_both_bend():
    plan = plan_network(["raf", "mek"], [("raf", "mek")], [("mek", "raf")])
    assert plan.boxes["raf"].y > plan.boxes["mek"].y
    assert sorted(plan.bends) == [("mek", "raf"), ("raf", "mek")]
    assert all(plan.bends.values())
