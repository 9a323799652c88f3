"""How often a pair is chosen from half of the samples, and how many are often chosen by chance."""

import numpy as np

from edgelab.errors import ConfigError
from edgelab.typing import Array, Bool, Float


def largest_entries(strength: Float[Array, " pairs"], n_chosen: int) -> Bool[Array, " pairs"]:
    """Mark the `n_chosen` largest; entries that tie across the border and NaN are left out."""
    ranked = np.sort(strength[~np.isnan(strength)])[::-1]
    if ranked.size <= n_chosen:
        return ~np.isnan(strength)
    return strength > ranked[n_chosen]


def selection_frequency(chosen: Bool[Array, "halves pairs"]) -> Float[Array, " pairs"]:
    """Share of the sample halves in which each pair was chosen.

    Args:
        chosen: One row per half; the two halves of a split are both there.

    Returns:
        In [0, 1].

    Example:
        >>> selection_frequency(np.array([[True, False], [True, True]])).tolist()
        [1.0, 0.5]
    """
    return chosen.mean(axis=0)


def stability_bound(frequency: float, n_chosen: float | int, n_pairs: int, n_splits: int) -> float:
    """Largest expected number of unlikely pairs among those that are chosen often.

    Unlikely is a pair whose chance to be chosen from one half is at most `n_chosen / n_pairs`, that
    of a pair drawn blindly. Over complementary halves, with the shares in which both halves choose
    a pair unimodally distributed.

    Args:
        frequency: Often is in at least this share of the halves; in (0.5, 1].
        n_chosen: Mean number of pairs chosen from one half.
        n_pairs: How many pairs could be chosen.
        n_splits: Number of splits into two complementary halves.

    Returns:
        The bound, infinite where the theorem says nothing. It bounds a number of pairs, not the
        share of false ones.

    Raises:
        ConfigError: If the frequency lies outside (0.5, 1] or a number is not positive.

    Source: Shah and Samworth (2013), Journal of the Royal Statistical Society B 75:55, theorem 2.

    Example:
        >>> round(stability_bound(0.9, n_chosen=50, n_pairs=9900, n_splits=50), 3)
        0.109
    """
    if not 0.5 < frequency <= 1:
        raise ConfigError(f"frequency must lie in (0.5, 1], got {frequency!r}")
    if not (n_chosen >= 0 and n_pairs > 0 and n_splits > 0):
        raise ConfigError(
            "n_chosen, n_pairs and n_splits must be positive, "
            f"got {n_chosen}, {n_pairs} and {n_splits}"
        )
    chance = n_chosen / n_pairs
    step = 1 / (2 * n_splits)
    if frequency <= min(0.5 + chance**2, 0.5 + step + 0.75 * chance**2):
        return float("inf")
    if frequency > 0.75:
        factor = 4 * (1 - frequency + step) / (1 + 2 * step)
    elif 2 * frequency - 1 - step > 0:
        factor = 1 / (2 * (2 * frequency - 1 - step))
    else:
        return float("inf")
    return factor * chance * n_chosen
