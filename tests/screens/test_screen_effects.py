"""Effects over screens; their values are tested with the scorer `interventional_z`."""

import numpy as np
import pytest

from edgelab.graphs import build_graph
from edgelab.screens import screen_effects, sum_of_known, summed_effects

GENES = ["a", "b", "c", "d"]
GRAPH = build_graph(
    [("a", "b")],
    input_edges=[(gene, gene) for gene in GENES],
    output_edges=[(gene, gene) for gene in GENES],
    functions=GENES,
    inputs=GENES,
)


def test_an_unknown_term_of_a_sum_counts_as_none():
    nan = np.nan
    parts = np.array([[1.0, nan, nan], [2.0, 3.0, nan], [nan, -1.0, nan]])
    np.testing.assert_array_equal(sum_of_known(parts), [3.0, 2.0, nan])


def test_screens_come_weak_doses_first_and_small_ones_do_not_come():
    x = np.concatenate([np.eye(4), 0.5 * np.eye(4), 0.1 * np.eye(4)[:2]])
    y = np.random.default_rng(0).normal(size=(10, 4))
    screens = screen_effects(GRAPH, x, y, np.arange(4))
    assert len(screens) == 2
    weak, _ = screens[0]
    usual = np.delete(y[4:8, 1], 1)
    assert weak[0, 1] == pytest.approx((y[4, 1] - usual.mean()) / usual.std())


def test_without_screens_nothing_is_known():
    size, turned = summed_effects(GRAPH, np.zeros((2, 4)), np.ones((2, 4)))
    assert np.isnan(size).all() and np.isnan(turned).all()
