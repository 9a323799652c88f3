"""Measurement matrices from files: samples in rows, variables in columns."""

import csv
from pathlib import Path

import pandas as pd

from edgelab.errors import DataError, shorten

from ._files import (
    DELIMITERS,
    file_kind,
    open_text,
    read_parquet,
    read_rows,
    reading,
    refuse_repeated,
)
from ._matrices import refuse_text_columns


def read_matrix(path: str | Path) -> pd.DataFrame:
    """Measurements from a CSV, TSV or Parquet file; text may be compressed (`.gz`).

    Args:
        path: The file; its ending says what it is. The first row names the variables. The first
            column holds sample names if its heading is empty, if the first row is one cell short
            (as R writes it), or if no cell of it is a number. Empty cells and `NA` are read as
            missing; `align_matrix` refuses them where they matter.

    Returns:
        Samples in rows, variables in columns, numbers only; the index holds the sample names, or
        counts from 0.

    Raises:
        DataError: If the file cannot be read or is truncated, if it has no rows, if the name of a
            sample or column is blank, if a column name occurs twice, or if a column is not numeric.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "y.csv"
        >>> _ = path.write_text("cell,pErk,pAkt" + chr(10) + "c1,0.5,2" + chr(10) + "c2,1.5,3")
        >>> read_matrix(path)
              pErk  pAkt
        cell
        c1     0.5     2
        c2     1.5     3
        >>> folder.cleanup()
    """
    path = Path(path)
    kind = file_kind(path)
    table = _parquet_table(path) if kind == "parquet" else _delimited_table(path, DELIMITERS[kind])
    if table.index.isna().any():
        rows = [row for row, name in enumerate(table.index, start=1) if pd.isna(name)]
        raise DataError(
            f"{path}: the samples {shorten(rows)} counted from 1 have no name. Name or remove them."
        )
    columns = list(table.columns)
    refuse_repeated(columns, str(path))
    if len(table) and not columns:
        raise DataError(
            f"{path}: a matrix needs at least one sample and one variable, got only the column "
            f"{table.index.name!r}, whose text (such as {str(table.index[0])!r}) was taken for "
            "names of samples. Add a column of numbers."
        )
    if not (len(table) and columns):
        raise DataError(
            f"{path}: a matrix needs at least one sample and one variable, got {table.shape}."
        )
    blank = [position for position, name in enumerate(columns, start=1) if not name]
    if blank:
        raise DataError(
            f"{path}: the columns {shorten(blank)} counted from 1 have no name. Name or remove "
            "them."
        )
    refuse_text_columns(table, str(path))
    return table


def _parquet_table(path: Path) -> pd.DataFrame:
    table = read_parquet(path)
    table.columns = [str(column).strip() for column in table.columns]
    is_unnamed = isinstance(table.index, pd.RangeIndex) and len(table.columns)
    if is_unnamed and _holds_names(table.iloc[:, 0]):
        return _with_sample_names(table, table.columns[0])
    return table


def _delimited_table(path: Path, delimiter: str) -> pd.DataFrame:
    # The first column is read as text, since sample names such as 007 must keep their zeros.
    header, table = read_rows(path, delimiter, dtype={0: str})
    if table.columns.empty:
        raise DataError(
            f"{path}: the file has a header and no rows. A matrix needs at least one sample."
        )
    if len(header) == len(table.columns) == 1 and any(mark in header[0] for mark in ",;\t"):
        raise DataError(
            f"{path}: the first row is one cell, {header[0][:40]!r}. Use the separator that the "
            "ending stands for (comma in .csv, tab in .tsv), or change the ending."
        )
    header = _full_header(header, len(table.columns), path)
    if table.iloc[-1, -1:].isna().any():
        _refuse_short_last_row(path, delimiter, len(table.columns), len(table))
    table.columns = header
    first = table.iloc[:, 0]
    if header[0] == "" or _holds_names(first):
        return _with_sample_names(table, header[0])
    numbers = pd.to_numeric(first, errors="coerce")
    # Left as text where it is not all numbers, for the check of columns to name an offender.
    column = first if (numbers.isna() & first.notna()).any() else numbers
    return pd.concat([column, table.iloc[:, 1:]], axis=1)


def _full_header(header: list[str], width: int, path: Path) -> list[str]:
    measured = [cell for cell in header if _is_fraction(cell)]
    if measured:
        raise DataError(
            f"{path}: the first row must name the variables, but holds numbers such as "
            f"{measured[0]!r}. Add a row of names at the top."
        )
    full = ["", *header] if len(header) == width - 1 else header
    if len(full) != width:
        raise DataError(
            f"{path}: the first row names {len(header)} columns but the next row has {width} "
            "cells. Make them agree; is the separator the one its ending stands for?"
        )
    return full


def _is_fraction(cell: str) -> bool:
    # No variable is named after a fraction; whole numbers may be gene ids.
    return "." in cell and bool(pd.notna(pd.to_numeric(cell, errors="coerce")))


def _holds_names(column: pd.Series) -> bool:
    # Text without one number among it: a number spoilt by a typo makes no column of names.
    if pd.api.types.is_numeric_dtype(column) or column.isna().all():
        return False
    return bool(pd.to_numeric(column.dropna(), errors="coerce").isna().all())


def _with_sample_names(table: pd.DataFrame, heading: str) -> pd.DataFrame:
    # A missing name stays missing, to be refused (pandas 2 would make it the text "nan").
    names = table.iloc[:, 0].map(str, na_action="ignore")
    return table.iloc[:, 1:].set_axis(pd.Index(names.to_numpy(), name=heading or None), axis=0)


def _refuse_short_last_row(path: Path, delimiter: str, n_cells: int, n_rows: int) -> None:
    with reading(path), open_text(path) as handle:
        last = [line for line in handle if line.strip()][-1]
    n_found = len(next(csv.reader([last], delimiter=delimiter)))
    if n_found < n_cells:
        raise DataError(
            f"{path}: the last row (number {n_rows}) ends after {n_found} of {n_cells} cells. "
            "The file is truncated: fetch or write it again."
        )
