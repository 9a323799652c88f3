"""Measurements brought into the order of the graph."""

import logging
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import torch

from edgelab.errors import DataError, close_names, shorten
from edgelab.typing import Float, Tensor

from ._edge_tables import check_choice
from ._files import refuse_repeated
from ._matrices import refuse_text_columns

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
    check_choice(on_extra, ("error", "drop"), "on_extra")
    refuse_repeated([str(column) for column in frame.columns], what)
    if len(frame) == 0:
        raise DataError(f"{what}: the matrix has no sample (no row). Give at least one.")
    _check_cover(frame, names, what, on_extra)
    selected = frame[list(names)]
    refuse_text_columns(selected, what)
    values = selected.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    _refuse_not_finite(values, selected, what)
    tensor = torch.from_numpy(values).to(dtype)
    if not torch.isfinite(tensor).all():
        largest = np.abs(values).max()
        raise DataError(
            f"{what}: values up to {largest:.3g} do not fit into {dtype}. Rescale them or widen dtype."
        )
    return tensor


def check_same_samples(matrices: Mapping[str, pd.DataFrame | pd.Series]) -> None:
    """Refuse matrices whose rows are not the same samples in the same order.

    Sample names are compared only between matrices that have them: an index that just counts from 0
    says nothing.

    Args:
        matrices: What each is called in messages, and its table; at least one.

    Raises:
        DataError: If numbers of samples differ, or names of samples or their order differ.

    Example:
        >>> check_same_samples({"x": pd.DataFrame({"PMA": [0, 1]}), "y": pd.DataFrame({"Akt": [0.3]})})
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
    named = {
        name: table.index
        for name, table in matrices.items()
        if not isinstance(table.index, pd.RangeIndex)
    }
    (first, index), *others = named.items() if named else [("", pd.RangeIndex(0))]
    for other, other_index in others:
        differing = np.flatnonzero(
            index.to_numpy(dtype=object) != other_index.to_numpy(dtype=object)
        )
        if differing.size:
            row = differing[0]
            same = (
                "the same samples in another order"
                if set(index) == set(other_index)
                else "different samples"
            )
            raise DataError(
                f"{first} and {other} hold {same}: row {row} is {index[row]!r} in {first} and {other_index[row]!r} in "
                f"{other} ({differing.size} rows differ). Bring the rows into one order."
            )


def _check_cover(frame: pd.DataFrame, names: Sequence[str], what: str, on_extra: OnExtra) -> None:
    columns, wanted = pd.Index(frame.columns), pd.Index(list(names))
    missing = wanted[~wanted.isin(columns)]
    if len(missing):
        raise DataError(
            f"{what}: {len(missing)} of the graph's {len(wanted)} names have no column: {shorten(missing)}; "
            f"{len(wanted) - len(missing)} overlap, of {len(columns)} columns. {missing[0]!r}: "
            f"{close_names(missing[0], columns)}. Rename or add columns, or take these nodes out of the graph."
        )
    extra = columns[~columns.isin(wanted)]
    if len(extra) and on_extra == "error":
        raise DataError(
            f"{what}: {len(extra)} columns are not in the graph: {shorten(extra)} ({len(wanted)} overlap). "
            "Remove them, or pass on_extra='drop' (--on-extra drop)."
        )
    if len(extra):
        logger.info(
            "%s: %d columns that are not in the graph are left out: %s",
            what,
            len(extra),
            shorten(extra),
        )


def _refuse_not_finite(values: np.ndarray, frame: pd.DataFrame, what: str) -> None:
    rows, columns = np.nonzero(~np.isfinite(values))
    if rows.size:
        affected = frame.columns[np.unique(columns)]
        raise DataError(
            f"{what}: {rows.size} values are missing or infinite, first {values[rows[0], columns[0]]} in sample "
            f"{frame.index[rows[0]]!r}, column {frame.columns[columns[0]]!r}; affected columns: {shorten(affected)}. "
            "Remove these samples or fill in the values."
        )
