"""Edge tables from files."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from edgelab.errors import DataError, shorten

from ._edge_tables import parse_weights
from ._files import (
    DELIMITERS,
    file_kind,
    open_text,
    read_cells,
    read_parquet,
    reading,
    refuse_repeated,
)
from ._signs import SIGN_WORDS, parse_signs

logger = logging.getLogger(__name__)

# What the two ends of an edge are called in common files; compared in lower case.
_HEADINGS: dict[str, tuple[str, ...]] = {
    "source": ("source", "src", "from", "regulator", "tf", "parent", "src_func"),
    "target": ("target", "dst", "to", "gene", "child", "dst_func"),
    "sign": ("sign",),
    "weight": ("weight",),
}


def read_edges(
    path: str | Path, *, header: bool | None = None, signs: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """Edge table from a CSV, TSV, SIF or Parquet file; text may be compressed (`.gz`).

    Columns are found by their names (`source` or `from`, `target` or `to`, `sign`, `weight`, in any
    case). Without such names the first two columns are source and target, and the third, if there
    is one, is the sign. All other columns are left out, and named in the log. A SIF line is `source
    relation target [target ...]`, separated by tabs or else by blanks; the relation becomes the
    sign.

    Args:
        path: The file; its ending says what it is.
        header: Whether the first row of a CSV or TSV file holds column names. By default this is
            found out, which is refused when the row could be either: names would be lost as edges,
            or edges as names.
        signs: More words and their signs, for example `{"controls-expression-of": 0}`.

    Returns:
        Columns `source`, `target` (without surrounding white space) and, where the file has them,
        `sign` (int8; -1, 0 unknown, 1) and `weight` (float32), one row per edge in the order of the
        file.

    Raises:
        DataError: If the file cannot be read, is truncated, holds no edges, or has columns that
            cannot be told apart.
        GraphError: If a sign or a weight is unreadable.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "prior.sif"
        >>> _ = path.write_text("EGF activates Ras Akt" + chr(10) + "Akt -1 Raf")
        >>> read_edges(path).to_numpy().tolist()
        [['EGF', 'Ras', 1], ['EGF', 'Akt', 1], ['Akt', 'Raf', -1]]
        >>> folder.cleanup()
    """
    path = Path(path)
    kind = file_kind(path, others=("sif",))
    if kind == "sif":
        columns = _sif_columns(path)
    elif kind == "parquet":
        columns = _choose_columns(read_parquet(path), path)
    else:
        columns = _choose_columns(_delimited(path, DELIMITERS[kind], header), path)
    if columns.empty:
        raise DataError(f"{path}: the file holds no edges. Write it again.")
    return _parse(columns, str(path), signs)


def _delimited(path: Path, delimiter: str, header: bool | None) -> pd.DataFrame:
    rows = read_cells(path, delimiter)
    has_header = _is_header(rows, path) if header is None else header
    if has_header:
        refuse_repeated(rows[0], str(path))
        return pd.DataFrame(rows[1:], columns=rows[0], dtype=object)
    return pd.DataFrame(rows, dtype=object)


def _is_header(rows: list[list[str]], path: Path) -> bool:
    first = rows[0]
    if {"source", "target"} <= _headings(first).keys() or len(first) < 2:
        return True
    _refuse_relations([row[1] for row in rows], path)
    names = {name for row in rows[1:] for name in row[:2]}
    if not names.isdisjoint(first[:2]) or (len(first) > 2 and first[2].lower() in SIGN_WORDS):
        return False
    raise DataError(
        f"{path}: the first row {first} may be column names or an edge. Name the columns 'source' "
        "and 'target', or pass header=True or header=False."
    )


def _headings(columns: list[str]) -> dict[str, str]:
    """Which column is the source, the target, the sign and the weight, as far as names tell."""
    meanings: dict[str, str] = {}
    for meaning, words in _HEADINGS.items():
        matches = [column for word in words for column in columns if column.strip().lower() == word]
        if matches:
            meanings[meaning] = matches[0]
    return meanings


def _choose_columns(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    if len(table.columns) < 2:
        raise DataError(
            f"{path}: an edge needs a source and a target, but the file has {len(table.columns)} "
            "columns. Is the separator the one its ending stands for (comma in .csv, tab in .tsv)?"
        )
    table = table.set_axis([str(column) for column in table.columns], axis=1)
    meanings = _headings(list(table.columns))
    if not {"source", "target"} <= meanings.keys():
        meanings = dict(zip(("source", "target", "sign"), table.columns, strict=False))
        _refuse_relations(table[meanings["target"]], path)
    left_out = [column for column in table.columns if column not in meanings.values()]
    if left_out:
        logger.info("%s: columns left out of the edge table: %s", path, shorten(left_out))
    return pd.DataFrame({meaning: table[column] for meaning, column in meanings.items()})


def _refuse_relations(targets: Iterable[object], path: Path) -> None:
    words = {str(target).strip().lower() for target in targets} - {""}
    if words and words <= SIGN_WORDS.keys():
        raise DataError(
            f"{path}: the second column holds signs ({shorten(sorted(words))}), not targets. If "
            "its order is source, sign, target let its name end in '.sif', or name the columns."
        )


def _sif_columns(path: Path) -> pd.DataFrame:
    with reading(path), open_text(path) as handle:
        lines = handle.read().splitlines()
    split = [_sif_cells(line.rstrip()) for line in lines]
    short = [number for number, cells in enumerate(split, start=1) if len(cells) < 3 and any(cells)]
    if short:
        raise DataError(
            f"{path}: a line must be `source relation target [target ...]`, but line {short[0]} is "
            f"{lines[short[0] - 1]!r} ({len(short)} such lines). The file may be truncated; a "
            "function without edges belongs into `functions` of build_graph."
        )
    rows = [(cells[0], cells[1], target) for cells in split if any(cells) for target in cells[2:]]
    return pd.DataFrame(rows, columns=["source", "sign", "target"], dtype=object)


def _sif_cells(line: str) -> list[str]:
    # Names may hold blanks where cells are separated by tabs.
    return line.split("\t") if "\t" in line else line.split()


def _parse(columns: pd.DataFrame, where: str, signs: Mapping[str, int] | None) -> pd.DataFrame:
    edges = pd.DataFrame(
        {name: _stripped(columns[name], where, name) for name in ("source", "target")}
    )
    if "sign" in columns:
        edges["sign"] = parse_signs(columns["sign"], where, signs)
    if "weight" in columns:
        edges["weight"] = parse_weights(columns["weight"], where).astype(np.float32)
    return edges


def _stripped(names: pd.Series, where: str, column: str) -> pd.Series:
    text = names.astype("str").str.strip()
    nameless = np.flatnonzero(names.isna() | (text == ""))
    if nameless.size:
        raise DataError(
            f"{where}: {nameless.size} edges have no {column}, first edge number "
            f"{nameless[0] + 1}. Fill in the names or remove these rows."
        )
    return text
