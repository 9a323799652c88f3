"""Standardising responses with the statistics of the training rows only."""

import numpy as np
import pandas as pd

from edgelab.errors import DataError, shorten
from edgelab.ops import does_not_vary


def standardise(values: pd.DataFrame, train_rows: np.ndarray | None = None) -> pd.DataFrame:
    """Shift and scale every column to mean 0 and standard deviation 1 over the training rows.

    Args:
        values: Samples by variables.
        train_rows: Which rows give the statistics: positions, or one boolean per row. None means
            all.

    Returns:
        A new table. Rows outside `train_rows` never influence how a row is transformed.

    Raises:
        DataError: If `train_rows` picks no row or one that does not exist, or a column does not
            vary over them.

    Example:
        >>> standardise(pd.DataFrame({"a": [0.0, 2.0, 9.0]}), np.array([0, 1]))["a"].tolist()
        [-1.0, 1.0, 8.0]
    """
    train = values.iloc[checked_rows(train_rows, len(values))]
    mean = train.mean()
    spread = train.std(ddof=0)
    flat = does_not_vary(mean.to_numpy(), spread.to_numpy())
    if flat.any():
        raise DataError(
            f"{flat.sum()} columns do not vary over the {len(train)} training rows: "
            f"{shorten(values.columns[flat])}. Drop them or train on more rows."
        )
    return (values - mean) / spread


def checked_rows(rows: np.ndarray | None, n_rows: int) -> np.ndarray:
    """Row positions in [0, n_rows), whether given as such, as booleans, or as None for all."""
    if rows is None:
        return np.arange(n_rows)
    rows = np.asarray(rows)
    if rows.dtype == bool and len(rows) != n_rows:
        raise DataError(
            f"train_rows has {len(rows)} booleans for {n_rows} rows. Pass one for each row, or "
            "positions."
        )
    positions = np.flatnonzero(rows) if rows.dtype == bool else rows
    if not (positions.size and np.issubdtype(positions.dtype, np.integer)):
        raise DataError(
            "train_rows picks no row; it must be a non-empty array of positions or of booleans."
        )
    if not ((positions >= 0) & (positions < n_rows)).all():
        wrong = positions[(positions < 0) | (positions >= n_rows)][0]
        raise DataError(
            f"train_rows holds the position {wrong}; positions lie in [0, {n_rows}). Correct it."
        )
    return positions
