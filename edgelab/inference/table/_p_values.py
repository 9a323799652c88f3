"""P-values of a whole family, collected block by block for the correction that needs them all."""

import numpy as np

from edgelab.typing import Array, Float


class PValueStore:
    """One array that p-values are added to; 8 bytes per pair and no second copy.

    Args:
        capacity: How many p-values will be added at most. Memory is taken when the first is added.

    Example:
        >>> store = PValueStore(4)
        >>> store.add(np.array([0.1, float("nan")]))
        >>> store.add(np.array([0.7]))
        >>> store.values().tolist()
        [0.1, 0.7]
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._store = np.empty(0)
        self._count = 0

    def add(self, p_value: Float[Array, " tests"]) -> None:
        """Append p-values; NaN stands for "no test" and is left out.

        Args:
            p_value: The p-values of a block.
        """
        if not self._store.size:
            self._store = np.empty(self._capacity)
        tested = p_value[~np.isnan(p_value)]
        self._store[self._count : self._count + tested.size] = tested
        self._count += tested.size

    def values(self) -> Float[Array, " family"]:
        """Return what was added, as a view of the store."""
        return self._store[: self._count]
