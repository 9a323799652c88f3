"""The check that a matrix of samples must pass before it becomes part of a data set or a simulation."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from edgelab.errors import DataError, shorten


def check_matrix(matrix: pd.DataFrame, names: Iterable[str], role: str, kind: str) -> None:
    """Refuse a matrix whose columns are not exactly the named nodes, or whose cells are not finite numbers.

    Args:
        matrix: Samples by nodes.
        names: The nodes it must cover; repeats are fine.
        role: What the matrix is called, for messages: `"x"` or `"y"`.
        kind: What the nodes are, for messages: `"input"` or `"output"`.

    Raises:
        DataError: If a column is missing, superfluous, repeated, holds text, or a cell is NaN or infinite.

    Example:
        >>> check_matrix(pd.DataFrame({"drug": [1.0]}), ["drug"], "x", "input")
    """
    columns, expected = list(matrix.columns), list(dict.fromkeys(names))
    if len(set(columns)) < len(columns):
        raise DataError(f"{role} has a column twice: {shorten(matrix.columns[matrix.columns.duplicated()])}. Keep one.")
    missing, extra = sorted(set(expected) - set(columns)), sorted(set(columns) - set(expected), key=str)
    if missing or extra:
        raise DataError(
            f"the columns of {role} must be the {kind}s of `{kind}_edges`; {len(set(expected) & set(columns))} are, "
            f"missing: {shorten(missing) or 'none'}; without an edge: {shorten(extra) or 'none'}. "
            "Add what is missing and drop what has no edge."
        )
    words = [column for column in columns if not pd.api.types.is_numeric_dtype(matrix[column])]
    if words:
        raise DataError(f"{role} holds text in the column(s) {shorten(words)}; only numbers are allowed. Convert them.")
    infinite = ~np.isfinite(matrix.to_numpy(dtype=float))
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise DataError(
            f"{role} has {infinite.sum()} NaN or infinite cells, first: row {row}, column {columns[column]!r}. "
            "Drop these samples or fill the cells."
        )
