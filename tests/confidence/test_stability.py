"""Selection frequency and its bound: by hand, and against simulated selections."""

import numpy as np
import pytest

from edgelab.confidence import selection_frequency, stability_bound
from edgelab.confidence._stability import largest_entries
from edgelab.errors import ConfigError


def test_entries_that_tie_across_the_border_are_left_out():
    marked = largest_entries(np.array([2.0, 1.0, 1.0, np.nan]), 2)
    assert marked.tolist() == [True, False, False, False]
    marked = largest_entries(np.array([3.0, 1.0, 1.0, 2.0]), 3)
    assert marked.tolist() == [True, False, False, True]
    assert largest_entries(np.array([2.0, 1.0, np.nan]), 5).tolist() == [True, True, False]


def test_frequency_counts_halves():
    chosen = np.array([[True, False], [True, True], [False, False], [True, False]])
    assert selection_frequency(chosen).tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (0.9, 4 * (1 - 0.9 + 0.01) / 1.02 * 0.1 * 100),  # beyond 3/4
        (0.7, 1 / (2 * (2 * 0.7 - 1 - 0.01)) * 0.1 * 100),  # up to 3/4
        (0.505, float("inf")),
    ],
)
def test_bound_is_the_theorem_by_hand(frequency, expected):
    assert stability_bound(frequency, n_chosen=100, n_pairs=1000, n_splits=50) == pytest.approx(
        expected
    )


def test_bound_holds_for_blind_selections():
    """Pairs drawn blindly: far fewer than the bound are chosen in 70 % of the halves."""
    generator, n_pairs, n_chosen, n_splits = np.random.default_rng(0), 400, 60, 10
    counts = []
    for _ in range(50):
        noise = generator.standard_normal((2 * n_splits, n_pairs))
        chosen = np.stack([largest_entries(row, n_chosen) for row in noise])
        counts.append((selection_frequency(chosen) >= 0.7).sum())
    assert np.mean(counts) <= stability_bound(0.7, n_chosen, n_pairs, n_splits)


@pytest.mark.parametrize("frequency", [0.5, 1.1, float("nan")])
def test_frequencies_outside_the_theorem_are_refused(frequency):
    with pytest.raises(ConfigError, match=r"\(0.5, 1\]"):
        stability_bound(frequency, 1, 10, 5)


def test_numbers_that_are_not_positive_are_refused():
    with pytest.raises(ConfigError, match="must be positive"):
        stability_bound(0.9, 1, 0, 5)
