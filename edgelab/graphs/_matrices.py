"""Measurement matrices: numbers only, the same samples, columns in the order of a graph."""

import logging
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import torch

from edgelab.checks import check_choice
from edgelab.errors import DataError, close_names, shorten
from edgelab.typing import Float, Tensor

from ._files import refuse_repeated

logger = logging.getLogger(__name__)

OnExtra = Literal["error", "drop"]


def align_matrix(
    frame: pd.DataFrame,
    names: Sequence[str],
    *,
    what: str,
    on_extra: OnExtra = "error",
    dtype: torch.dtype = torch.float32,
) -> Float[Tensor, "samples variables"]:
    """Columns of a matrix in the order of the graph's nodes, as a tensor.

    Args:
        frame: Samples in rows, variables in columns.
        names: Names of the nodes, for example `data["input"].node_names`; every one must be a
            column.
        what: What the matrix is called in messages, for example `"x"`.
        on_extra: What to do with columns that are no node: `"error"`, or `"drop"` to leave them out
            (the log says which).
        dtype: Floating type of the result.

    Returns:
        One row per sample and one column per name.

    Raises:
        DataError: If there is no sample, if columns are missing, repeated, extra or not numeric, or
            if a value is missing, infinite or too large for `dtype`.

    Example:
        >>> x = pd.DataFrame({"PMA": [0, 1], "U0126": [1, 0]})
        >>> align_matrix(x, ["U0126", "PMA"], what="x")
        tensor([[1., 0.],
                [0., 1.]])
    """
    check_choice("on_extra", on_extra, ("error", "drop"))
    refuse_repeated([str(column) for column in frame.columns], what)
    if len(frame) == 0:
        raise DataError(f"{what}: the matrix has no sample (no row). Give at least one.")
    _check_cover(frame, names, what, on_extra)
    values = _finite_values(frame[list(names)], what)
    tensor = torch.from_numpy(np.array(values)).to(dtype)  # a copy: the frame stays its owner's
    if not torch.isfinite(tensor).all():
        largest = np.abs(values).max()
        raise DataError(
            f"{what}: values up to {largest:.3g} do not fit into {dtype}. Rescale them or widen "
            "dtype."
        )
    return tensor


def check_matrix(matrix: pd.DataFrame, what: str) -> None:
    """Refuse a matrix that names a column twice or holds anything but finite numbers.

    Args:
        matrix: Samples in rows, variables in columns; no row is fine.
        what: What the matrix is called in messages.

    Raises:
        DataError: If a column is repeated or not numeric, or a value is missing or infinite.

    Example:
        >>> check_matrix(pd.DataFrame({"Akt": [0.5, float("nan")]}), "y")
        Traceback (most recent call last):
        ...
        edgelab.errors.DataError: y: 1 values are missing or infinite, first nan in sample 1, column
        'Akt'; ...
    """
    refuse_repeated([str(column) for column in matrix.columns], what)
    _finite_values(matrix, what)


def check_same_samples(matrices: Mapping[str, pd.DataFrame | pd.Series]) -> None:
    """Refuse matrices whose rows are not the same samples in the same order.

    Sample names are compared only between matrices that have them: an index that just counts from 0
    says nothing.

    Args:
        matrices: What each is called in messages, and its table; at least one.

    Raises:
        DataError: If numbers of samples differ, or names of samples or their order differ.

    Example:
        >>> x, y = pd.DataFrame({"PMA": [0, 1]}), pd.DataFrame({"Akt": [0.3]})
        >>> check_same_samples({"x": x, "y": y})
        Traceback (most recent call last):
        ...
        edgelab.errors.DataError: numbers of samples differ: x has 2, y has 1. Every matrix must
        have a row ...
    """
    counts = {name: len(table) for name, table in matrices.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise DataError(
            f"numbers of samples differ: {listed}. Every matrix must have a row for every sample."
        )
    named = [
        (name, table.index)
        for name, table in matrices.items()
        if not isinstance(table.index, pd.RangeIndex)
    ]
    for other, index in named[1:]:
        _check_same_names(*named[0], other, index)


def _check_same_names(first: str, expected: pd.Index, other: str, index: pd.Index) -> None:
    differing = np.flatnonzero(expected.to_numpy(dtype=object) != index.to_numpy(dtype=object))
    if not differing.size:
        return
    row = differing[0]
    is_shuffled = set(expected) == set(index)
    how = "the same samples in another order" if is_shuffled else "different samples"
    raise DataError(
        f"{first} and {other} hold {how}: row {row} is {expected[row]!r} in {first} and "
        f"{index[row]!r} in {other} ({differing.size} rows differ). Bring the rows into one order."
    )


def refuse_text_columns(table: pd.DataFrame, what: str) -> None:
    """Refuse columns that hold something other than (real) numbers."""
    text = [
        position
        for position, dtype in enumerate(table.dtypes)
        if not (pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype))
    ]
    if text:
        examples = [
            f"{table.columns[position]!r}{_example(table.iloc[:, position])}"
            for position in text[:5]
        ]
        more = f" and {len(text) - 5} more" if len(text) > 5 else ""
        raise DataError(
            f"{what}: {len(text)} columns are not numeric: {', '.join(examples)}{more}. "
            "Convert them to numbers or remove them."
        )


def _example(column: pd.Series) -> str:
    offending = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
    return f" (such as {offending.iloc[0]!r})" if len(offending) else f" (of type {column.dtype})"


def _check_cover(frame: pd.DataFrame, names: Sequence[str], what: str, on_extra: OnExtra) -> None:
    columns = pd.Index(frame.columns)
    wanted = pd.Index(list(names))
    missing = wanted[~wanted.isin(columns)]
    n_overlap = len(wanted) - len(missing)
    if len(missing):
        raise DataError(
            f"{what}: {len(missing)} of the graph's {len(wanted)} names have no column: "
            f"{shorten(missing)}; {n_overlap} overlap, of {len(columns)} columns. {missing[0]!r}: "
            f"{close_names(missing[0], columns)}. Rename or add columns, or take these nodes out "
            "of the graph."
        )
    extra = columns[~columns.isin(wanted)]
    if len(extra) and on_extra == "error":
        raise DataError(
            f"{what}: {len(extra)} columns are not in the graph: {shorten(extra)} ({n_overlap} "
            "overlap). Remove them, or pass on_extra='drop' (--on-extra drop)."
        )
    if len(extra):
        logger.info(
            "%s: %d columns that are not in the graph are left out: %s",
            what,
            len(extra),
            shorten(extra),
        )


def _finite_values(frame: pd.DataFrame, what: str) -> np.ndarray:
    refuse_text_columns(frame, what)
    values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    rows, columns = np.nonzero(~np.isfinite(values))
    if rows.size:
        affected = frame.columns[np.unique(columns)]
        raise DataError(
            f"{what}: {rows.size} values are missing or infinite, first "
            f"{values[rows[0], columns[0]]} in sample {frame.index[rows[0]]!r}, column "
            f"{frame.columns[columns[0]]!r}; affected columns: {shorten(affected)}. "
            "Remove these samples or fill in the values."
        )
    return values
