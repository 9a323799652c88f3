"""The one edge table: its columns, its checks and its order.

Every scorer returns the same pandas DataFrame. A larger `score` means a likelier edge. NaN means
that the score could not be estimated: such rows stand last and evaluation counts them as ranked
last.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from edgelab.errors import TableError, close_names, shorten
from edgelab.typing import Array, Float, Int, UInt64

COLUMNS = ("src_func", "dst_func", "src_idx", "dst_idx", "score", "has_edge", "p_value", "q_value")
"""The columns of every edge table, in order; a scorer's own columns (`sign`, `n_cond`,
`corr_a0_g1`, ...) follow.
"""

NAME_COLUMNS = ("src_func", "dst_func")
"""The two columns that say which pair a row is about."""


def descending_order(score: Float[Array, " rows"]) -> Int[Array, " rows"]:
    """Order of the rows from the largest score to the smallest; equal scores as given, NaN last.

    Args:
        score: Any real number, infinities included; NaN ranks last.

    Returns:
        Row numbers: `score[descending_order(score)]` is sorted.

    Example:
        >>> descending_order(np.array([0.1, float("nan"), 0.7, 0.1])).tolist()
        [2, 0, 3, 1]
    """
    if _is_descending(score):
        return np.arange(score.size)
    # Sorting plain integers is twice as fast as an argsort: each holds the score's leading bits and
    # the row's number. Equal scores come out in row order by themselves; scores that differ in the
    # cut-off bits only are put right afterwards.
    row_bits = np.uint64(max(1, score.size - 1).bit_length())
    packed = _descending_key(score) >> (row_bits + np.uint64(1)) << row_bits
    packed |= np.arange(score.size, dtype=np.uint64)
    # One bit less than there is room for: torch sorts signed integers, and those that are not
    # negative by radix.
    packed = torch.from_numpy(packed.view(np.int64)).sort().values.numpy()
    order = packed & ((1 << int(row_bits)) - 1)
    ranked = score[order]
    if (ranked[1:] > ranked[:-1]).any():
        order = order[np.argsort(-ranked, kind="stable")]
    return order


def _is_descending(score: Float[Array, " rows"]) -> bool:
    missing = np.isnan(score)
    n_known = score.size - np.count_nonzero(missing)
    known = score[:n_known]
    return not missing[:n_known].any() and bool((known[1:] <= known[:-1]).all())


def _descending_key(score: Float[Array, " rows"]) -> UInt64[Array, " rows"]:
    # IEEE 754 numbers of one sign are ordered like their bits; adding 0.0 turns -0.0 into 0.0.
    bits = (score.astype(np.float64, copy=False) + 0.0).view(np.uint64)
    key = np.where(score < 0, bits, bits ^ np.uint64(2**63 - 1))
    key[np.isnan(score)] = np.uint64(2**64 - 1)
    return key


def name_order(names: Sequence[str]) -> Int[Array, " names"]:
    """Order of the names in the alphabet (code points), equal names in the order given.

    Args:
        names: What to order.

    Returns:
        Positions: `[names[i] for i in name_order(names)]` is sorted.

    Example:
        >>> name_order(["mek", "akt", "raf"]).tolist()
        [1, 0, 2]
    """
    return np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)


def sort_edge_table(table: pd.DataFrame, score_col: str = "score") -> pd.DataFrame:
    """The same rows, best score first, NaN last, ties in the order of source and then target name.

    Args:
        table: Anything with `src_func`, `dst_func` and the score column.
        score_col: The column to sort by.

    Returns:
        A new table with a fresh index. It depends on the rows only, not on the order in which they
        came.

    Raises:
        TableError: If a column is missing.

    Example:
        >>> rows = pd.DataFrame({"src_func": ["b", "a", "c"], "dst_func": "x"})
        >>> sort_edge_table(rows.assign(score=[1.0, 1.0, 2.0]))["src_func"].tolist()
        ['c', 'a', 'b']
    """
    check_columns(table, (*NAME_COLUMNS, score_col))
    by_name = np.lexsort([_name_rank(table[column]) for column in reversed(NAME_COLUMNS)])
    score = table[score_col].to_numpy(dtype=np.float64, na_value=np.nan)
    return table.iloc[by_name[descending_order(score[by_name])]].reset_index(drop=True)


def _name_rank(names: pd.Series) -> Int[Array, " rows"]:
    codes, unique = pd.factorize(names)
    rank = np.empty(len(unique), dtype=np.int64)
    rank[name_order([str(name) for name in unique])] = np.arange(len(unique))
    return rank[codes]


def check_columns(table: pd.DataFrame, required: Sequence[str]) -> None:
    """Refuse a table that lacks a column.

    Args:
        table: The table.
        required: Names of the columns that must be there, in any order.

    Raises:
        TableError: If one is missing; the message lists what is missing and what resembles it.

    Example:
        >>> check_columns(pd.DataFrame({"scor": [1.0]}), ["score"])
        Traceback (most recent call last):
        ...
        edgelab.errors.TableError: the edge table lacks 'score' (close: 'scor'); add or rename the
        column
    """
    missing = [column for column in required if column not in table.columns]
    if missing:
        raise TableError(
            f"the edge table lacks {shorten(missing)} ({close_names(missing[0], table.columns)}); "
            "add or rename the column"
        )


def check_edge_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table untouched if it is a proper edge table, and refuse it otherwise.

    Args:
        table: What should start with `COLUMNS`, in that order, and have one row per pair.

    Returns:
        The same object.

    Raises:
        TableError: If a column is missing, misplaced or of the wrong kind, a pair is listed twice,
            a name is missing, or a p- or q-value lies outside [0, 1].

    Example:
        >>> row = ("raf", "mek", 0, 1, 0.8, True, 0.01, float("nan"))
        >>> len(check_edge_table(pd.DataFrame([row], columns=list(COLUMNS))))
        1
    """
    check_columns(table, COLUMNS)
    if tuple(table.columns[: len(COLUMNS)]) != COLUMNS:
        raise TableError(
            f"an edge table starts with the columns {list(COLUMNS)}, "
            f"got {list(table.columns[: len(COLUMNS)])}; reorder them"
        )
    if not pd.api.types.is_bool_dtype(table["has_edge"]):
        raise TableError(
            f"`has_edge` must hold booleans, got {table['has_edge'].dtype}; "
            "convert it with .astype(bool)"
        )
    for column in ("score", "p_value", "q_value"):
        if not pd.api.types.is_float_dtype(table[column]):
            raise TableError(
                f"`{column}` must hold floats, got {table[column].dtype}; "
                "convert it with .astype(float)"
            )
    for column in ("p_value", "q_value"):
        _check_unit_interval(table[column])
    check_pairs(table)
    return table


def _check_unit_interval(values: pd.Series) -> None:
    number = values.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = (number < 0) | (number > 1)
    if wrong.any():
        raise TableError(
            f"`{values.name}` must lie in [0, 1] or be NaN, "
            f"got {number[wrong][0]!r} in {wrong.sum()} rows"
        )


def check_pairs(table: pd.DataFrame) -> None:
    """Refuse a table in which a name is missing or a pair has two rows.

    Args:
        table: Anything with `src_func` and `dst_func`.

    Raises:
        TableError: If so; the message names the first offender.

    Example:
        >>> check_pairs(pd.DataFrame({"src_func": ["a", "a"], "dst_func": ["b", "b"]}))
        Traceback (most recent call last):
        ...
        edgelab.errors.TableError: 1 rows repeat a pair, first: 'a' -> 'b'; keep one row per pair
    """
    for column in NAME_COLUMNS:
        if table[column].isna().any():
            raise TableError(
                f"`{column}` has {table[column].isna().sum()} rows without a name; "
                "name or drop them"
            )
    repeated = table.duplicated(list(NAME_COLUMNS)).to_numpy()
    if repeated.any():
        first = table.iloc[int(np.argmax(repeated))]
        raise TableError(
            f"{repeated.sum()} rows repeat a pair, first: "
            f"{first['src_func']!r} -> {first['dst_func']!r}; keep one row per pair"
        )
