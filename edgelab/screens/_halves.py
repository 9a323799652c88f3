"""Two disjoint halves of the samples, each of which can tell the effect of every intervention."""

import numpy as np

from edgelab.typing import Array, Bool, Float, Int

from ._settings import distinct_settings, one_at_a_time


def sample_halves(x: Float[Array, "samples inputs"], seed: int) -> Bool[Array, " samples"]:
    """Divide the samples in two halves, stratified by what was done to them.

    Replicates of a setting are dealt at random, an odd one to a random half. An intervention that
    was made once at each of several doses, such as knockout and knockdown, has its doses dealt in
    turn, the strongest to the first half. What remains, settings that occur once in a design with
    combinations or continuous inputs, is dealt at random.

    Args:
        x: What the inputs were set to; equal rows are replicates.
        seed: Decides the random part.

    Returns:
        True for the first half.

    Example:
        >>> knockouts_then_knockdowns = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.0], [0.0, 0.5]])
        >>> sample_halves(knockouts_then_knockdowns, seed=0).tolist()
        [True, True, False, False]
    """
    generator = np.random.default_rng(seed)
    first = np.zeros(len(x), dtype=bool)
    groups = _replicates(x)
    for rows in groups:
        if rows.size > 1:
            first[_dealt(generator.permutation(rows), generator)] = True
    single = np.array([rows[0] for rows in groups if rows.size == 1], dtype=np.int64)
    series = _dose_series(x, single) if one_at_a_time(x) else []
    for doses in series:
        first[doses[::2]] = True
    remaining = np.setdiff1d(single, np.concatenate([single[:0], *series]))
    first[_dealt(generator.permutation(remaining), generator)] = True
    return first


def is_split_by_dose(x: Float[Array, "samples inputs"]) -> bool:
    """Return whether doses decide the halves: each was given once, and each input at several.

    `sample_halves` then has no choice but for the controls, and all its splits are alike.

    Args:
        x: What the inputs were set to.

    Returns:
        True if all splits are alike but for the controls.

    Example:
        >>> is_split_by_dose(np.array([[0.0], [1.0], [0.5]]))
        True
        >>> is_split_by_dose(np.array([[0.0], [1.0], [1.0]]))
        False
    """
    treated = np.flatnonzero((x != 0).any(axis=1))
    if not one_at_a_time(x):
        return False
    if any(rows.size > 1 and rows[0] in treated for rows in _replicates(x)):
        return False
    return sum(doses.size for doses in _dose_series(x, treated)) == treated.size


def _replicates(x: Float[Array, "samples inputs"]) -> list[Int[Array, " replicates"]]:
    """Rows with equal inputs, setting by setting."""
    _, setting_of = distinct_settings(x)
    order = np.argsort(setting_of, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(setting_of[order])) + 1)


def _dose_series(
    x: Float[Array, "samples inputs"], rows: Int[Array, " rows"]
) -> list[Int[Array, " doses"]]:
    """Rows of the same input, strongest dose first, where there are several."""
    series = []
    for dose in x[rows].T:
        treated = rows[dose != 0]
        if treated.size > 1:
            series.append(treated[np.argsort(-np.abs(dose[dose != 0]), kind="stable")])
    return series


def _dealt(
    shuffled: Int[Array, " rows"], generator: np.random.Generator
) -> Int[Array, " rows_of_half"]:
    """The first half of some rows, an odd one in or out at random."""
    odd_one = int(generator.integers(2)) if shuffled.size % 2 else 0
    return shuffled[: shuffled.size // 2 + odd_one]
