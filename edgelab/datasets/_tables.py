"""The small checks that an edge table must pass before it becomes part of a data set or a
simulation.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from edgelab.errors import DataError, shorten

EdgeTable = pd.DataFrame | Sequence[tuple[str, str]]


def as_edge_table(edges: EdgeTable, role: str) -> pd.DataFrame:
    """Return edges as a checked table with string columns `source` and `target`.

    Args:
        edges: A table with columns `source`, `target` and, where known, `sign` and `weight`; or
            (source, target) pairs.
        role: What the edges are, for messages: `"edges"`, `"input_edges"` or `"output_edges"`.

    Returns:
        A new table with a fresh index; further columns are kept as they are.

    Raises:
        DataError: If a column is missing, a name is missing or an edge is listed twice.

    Example:
        >>> as_edge_table([("Raf", "Mek"), ("Mek", "Erk")], "edges")
          source target
        0    Raf    Mek
        1    Mek    Erk
    """
    if isinstance(edges, pd.DataFrame):
        table = edges.reset_index(drop=True)
    else:
        table = pd.DataFrame(list(edges), columns=["source", "target"])
    missing = [column for column in ("source", "target") if column not in table.columns]
    if missing:
        raise DataError(
            f"{role} lacks the column(s) {shorten(missing)}; it has {shorten(table.columns)}. "
            "Rename the columns of the table to 'source' and 'target'."
        )
    unnamed = np.flatnonzero(table[["source", "target"]].isna().any(axis=1))
    if len(unnamed):
        raise DataError(
            f"{role} has {len(unnamed)} rows without a name, first: row {unnamed[0]}. Drop or name them."
        )
    table = table.astype({"source": str, "target": str})
    repeated = table[table.duplicated(["source", "target"])]
    if len(repeated):
        pairs = shorten(zip(repeated["source"], repeated["target"], strict=True))
        raise DataError(
            f"{role} lists {len(repeated)} edges more than once: {pairs}. Keep one row for each."
        )
    return table


def edge_effects(table: pd.DataFrame, role: str) -> np.ndarray:
    """Return what each edge multiplies its source with: sign times weight.

    Args:
        table: A table made by `as_edge_table`.
        role: What the edges are, for messages.

    Returns:
        One number per row. No `weight` column means 1; no `sign` column, or an unknown sign (0 or
        missing), means +1.

    Raises:
        DataError: If a sign is none of -1, 0 and 1, or a weight is not a finite number.

    Example:
        >>> table = pd.DataFrame({"source": ["a", "b"], "target": "c", "sign": [-1, 0], "weight": [0.5, 2.0]})
        >>> edge_effects(table, "edges").tolist()
        [-0.5, 2.0]
    """
    sign = _numbers(table.fillna({"sign": 0}) if "sign" in table else table, "sign", role)
    wrong = ~np.isin(sign, (-1.0, 0.0, 1.0))
    if wrong.any():
        raise DataError(
            f"{role} has sign {sign[wrong][0]!r}; a sign is -1, 0 (unknown) or 1. Correct these rows."
        )
    return np.where(sign == 0, 1.0, sign) * _numbers(table, "weight", role)


def _numbers(table: pd.DataFrame, column: str, role: str) -> np.ndarray:
    if column not in table.columns:
        return np.ones(len(table))
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all():
        bad = table[column].iloc[int(np.flatnonzero(~np.isfinite(values))[0])]
        raise DataError(
            f"{role} has the {column} {bad!r}, which is not a finite number. Correct it or drop the column."
        )
    return values
