"""Two disjoint halves of the samples, each of which can tell the effect of every intervention."""

import numpy as np

from edgelab.typing import Array, Bool, Float


def one_at_a_time(x: Float[Array, "samples inputs"]) -> bool:
    """Return whether no sample has two inputs on, as in a knockout screen.

    Args:
        x: What the inputs were set to; 0 is off.

    Returns:
        True for such a design.

    Example:
        >>> one_at_a_time(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.5]]))
        True
    """
    return bool(((x != 0).sum(axis=1) <= 1).all())


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
    single: list[int] = []
    for rows in _replicates(x):
        if rows.size == 1:
            single.append(int(rows[0]))
        else:
            first[_dealt(generator.permutation(rows), generator)] = True
    rows = np.array(single, dtype=np.int64)
    paired = _by_dose(x, rows) if one_at_a_time(x) else []
    for doses in paired:
        first[doses[::2]] = True
    left = np.setdiff1d(rows, np.concatenate(paired) if paired else rows[:0])
    first[_dealt(generator.permutation(left), generator)] = True
    return first


def is_split_by_dose(x: Float[Array, "samples inputs"]) -> bool:
    """Return whether `sample_halves` has no choice: every intervention was made once at each of
    several doses.

    Args:
        x: What the inputs were set to.

    Returns:
        True if all splits are alike but for the controls.

    Example:
        >>> is_split_by_dose(np.array([[0.0], [1.0], [0.5]])), is_split_by_dose(np.array([[0.0], [1.0], [1.0]]))
        (True, False)
    """
    treated = np.flatnonzero((x != 0).any(axis=1))
    replicated = any(rows.size > 1 and np.isin(rows[0], treated) for rows in _replicates(x))
    return (
        one_at_a_time(x)
        and not replicated
        and sum(doses.size for doses in _by_dose(x, treated)) == treated.size
    )


def _replicates(x: Float[Array, "samples inputs"]) -> list[np.ndarray]:
    _, setting = np.unique(x + 0.0, axis=0, return_inverse=True)
    order = np.argsort(setting.ravel(), kind="stable")
    return np.split(order, np.flatnonzero(np.diff(setting.ravel()[order])) + 1)


def _by_dose(x: Float[Array, "samples inputs"], rows: np.ndarray) -> list[np.ndarray]:
    """Rows of the same input, strongest dose first, where there are several."""
    found = []
    for dose in x[rows].T:
        on = rows[dose != 0]
        if on.size > 1:
            found.append(on[np.argsort(-np.abs(dose[dose != 0]), kind="stable")])
    return found


def _dealt(shuffled: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return shuffled[: shuffled.size // 2 + (shuffled.size % 2 and int(generator.integers(2)))]
