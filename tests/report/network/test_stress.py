"""Distances: a step per edge, boxes apart, and no order that matters."""

import numpy as np
import pytest

from edgelab.report.network._stress import push_apart, stress_layout

NAMES = [f"f{i}" for i in range(9)]


def test_a_chain_runs_down_with_steps_of_one():
    places = stress_layout("abcd", [("a", "b"), ("b", "c"), ("c", "d")])
    y = [places[name][1] for name in "abcd"]
    assert -np.diff(y) == pytest.approx([1, 1, 1], abs=0.05)


def test_parts_without_a_connection_are_drawn():
    places = stress_layout("abcd", [("a", "b"), ("c", "d")])
    assert len(set(places.values())) == 4
    assert np.isfinite(list(places.values())).all()


def test_no_edges_at_all():
    assert set(stress_layout("ab", [])) == {"a", "b"}


def test_boxes_end_up_apart():
    rng = np.random.default_rng(0)
    size = np.tile([0.6, 0.2], (30, 1))
    place = push_apart(rng.random((30, 2)) * 3, size, gap=0.1)
    step = np.abs(place[:, None] - place[None, :]) - (size + 0.1)
    np.fill_diagonal(step[..., 0], 1.0)
    assert (step.max(axis=2) > -1e-6).all()


def test_boxes_in_one_place_are_parted():
    place = push_apart(np.zeros((2, 2)), np.ones((2, 2)), gap=0.0)
    assert np.abs(place[0] - place[1]).max() == pytest.approx(1.0)


def test_boxes_move_no_farther_than_they_must():
    moved = push_apart(np.array([[0.0, 0.0], [0.0, 0.5]]), np.ones((2, 2)), gap=0.0)
    assert moved.round(6).tolist() == [[0.0, -0.25], [0.0, 0.75]]


def test_stress_layout_depends_on_no_order():
    rng = np.random.default_rng(0)
    prior = [(NAMES[i], NAMES[i + 1]) for i in range(6)] + [("f0", "f4")]
    places = stress_layout(NAMES, prior, [("f3", "f1")])
    shuffled = stress_layout(
        [NAMES[i] for i in rng.permutation(9)],
        [prior[i] for i in rng.permutation(7)],
        [("f3", "f1")],
    )
    assert shuffled == places
    # Functions without any edge stand below all others.
    lowest = min(places[name][1] for name in NAMES[:7])
    assert all(places[name][1] < lowest for name in ("f7", "f8"))
