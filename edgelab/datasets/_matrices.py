"""The check that a matrix of samples must pass before it becomes part of a data set or a
simulation.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from edgelab.errors import DataError, shorten


def check_matrix(matrix: pd.DataFrame, names: Iterable[str], role: str, kind: str) -> None:
    """Refuse a matrix whose columns are not exactly the named nodes, or whose cells are not finite
    numbers.

    Args:
        matrix: Samples by nodes.
        names: The nodes it must cover; repeats are fine.
        role: What the matrix is called, for messages: `"x"` or `"y"`.
        kind: What the nodes are, for messages: `"input"` or `"output"`.

    Raises:
        DataError: If a column is missing, superfluous, repeated, holds text, or a cell is NaN or
            infinite.

    Example:
        >>> check_matrix(pd.DataFrame({"drug": [1.0]}), ["drug"], "x", "input")
    """
    columns, expected = list(matrix.columns), list(dict.fromkeys(names))
    if len(set(columns)) < len(columns):
        raise DataError(
            f"{role} has a column twice: {shorten(matrix.columns[matrix.columns.duplicated()])}. Keep one."
        )
    missing, extra = (
        sorted(set(expected) - set(columns)),
        sorted(set(columns) - set(expected), key=str),
    )
    if missing or extra:
        raise DataError(
            f"the columns of {role} must be the {kind}s of `{kind}_edges`; {len(set(expected) & set(columns))} are, "
            f"missing: {shorten(missing) or 'none'}; without an edge: {shorten(extra) or 'none'}. "
            "Add what is missing and drop what has no edge."
        )
    words = [column for column in columns if not pd.api.types.is_numeric_dtype(matrix[column])]
    if words:
        raise DataError(
            f"{role} holds text in the column(s) {shorten(words)}; only numbers are allowed. Convert them."
        )
    infinite = ~np.isfinite(matrix.to_numpy(dtype=float))
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise DataError(
            f"{role} has {infinite.sum()} NaN or infinite cells, first: row {row}, column {columns[column]!r}. "
            "Drop these samples or fill the cells."
        )


def check_measured(measured: pd.DataFrame, y: pd.DataFrame) -> None:
    """Refuse a statement of what was measured that does not fit the responses.

    Args:
        measured: One boolean per cell of `y`.
        y: The responses.

    Raises:
        DataError: If the shape or the columns differ, cells are no booleans, or a column was never
            measured.

    Example:
        >>> check_measured(pd.DataFrame({"a": [True, False]}), pd.DataFrame({"a": [0.5, 0.0]}))
    """
    if len(measured) != len(y) or list(measured.columns) != list(y.columns):
        raise DataError(
            f"measured has {len(measured)} samples and the columns {shorten(measured.columns)}, y {len(y)} and "
            f"{shorten(y.columns)}. Pass one boolean per cell of y."
        )
    if not all(map(pd.api.types.is_bool_dtype, measured.dtypes)):
        raise DataError(
            f"measured must hold booleans only, got {shorten(map(str, set(measured.dtypes)))}. Convert it."
        )
    never = measured.columns[~measured.any()]
    if len(never):
        raise DataError(
            f"{len(never)} columns of y were never measured: {shorten(never)}. Drop them."
        )
