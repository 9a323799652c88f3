"""A column of an edge table as a matrix."""

import numpy as np
import pandas as pd

from edgelab.typing import Array, Float


def pair_matrix(
    table: pd.DataFrame, column: str, n_functions: int
) -> Float[Array, "functions functions"]:
    """The column at `[source, target]`; NaN for pairs that are not in the table."""
    matrix = np.full((n_functions, n_functions), np.nan)
    matrix[table["src_idx"], table["dst_idx"]] = table[column]
    return matrix
