"""Prices of single edges, in tables."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from edgelab.errors import GraphError
from edgelab.typing import Array, Float


def read_costs(
    costs: pd.Series, pair_at: Callable[[int], tuple[str, str]]
) -> Float[Array, " edges"]:
    """Read prices, each a finite number above 0; a refusal names the edge that `pair_at` gives."""
    numbers = pd.to_numeric(costs, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    wrong = ~(np.isfinite(numbers) & (numbers > 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise GraphError(
            f"{int(wrong.sum())} costs in the table are no positive numbers, first: "
            f"{costs.iloc[row]!r} of {pair_at(row)}. Give every edge a finite price above 0."
        )
    return numbers
