"""Tables of stimuli, inhibitors and readouts in the MIDAS format, as they stand in the file."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from edgelab.errors import DataError, shorten

# Columns that say that nothing was given.
_NOTHING = re.compile(r"no-?(cyto|lig|inhib|stim)\w*", re.IGNORECASE)
# Readouts may carry the number of their bead: `AKT (75)`.
_BEAD = re.compile(r"\s*\(\d+\)$")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MidasTable:
    """A MIDAS file: one row per measured sample.

    Attributes:
        treatments: Samples by stimuli and inhibitors, 0 where not given.
        is_inhibitor: For each column of `treatments`, whether the file says that it inhibits, says
            that it does not, or does not say (None).
        cell_line: Name of the cell line of each sample; empty where the file has none.
        time: When the sample was measured.
        values: Samples by readouts, NaN where missing.
    """

    treatments: pd.DataFrame
    is_inhibitor: dict[str, bool | None]
    cell_line: pd.Series
    time: pd.Series
    values: pd.DataFrame


def read_midas_table(path: str | Path) -> MidasTable:
    r"""Read a MIDAS file: `TR:` columns for treatments, `DA:` for times, `DV:` for values.

    Args:
        path: A CSV file. Treatments are `TR:IL1a`, `TR:PI3Ki`, `TR:IL1a:Stimuli`,
            `TR:PI3K:Inhibitors` or `TR:HepG2:CellLine`; columns that say "nothing" (`TR:NOCYTO`,
            `TR:NOINHIB`) are left out. Empty cells of treatments mean 0, of values missing. A
            bead's number (`DV:AKT (75)`) is no part of a readout's name.

    Returns:
        The table, rows as in the file.

    Raises:
        DataError: If the file is no MIDAS table or a cell is no number.

    Source: Saez-Rodriguez et al. (2008), Bioinformatics 24:840.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "MD-toy.csv"
        ...     _ = path.write_text("TR:HepG2:CellLine,TR:EGF,TR:MEKi,DA:ERK,DV:ERK (3)\n1,1,,30,0.7\n1,1,1,30,NaN\n")
        ...     table = read_midas_table(path)
        >>> table.treatments.to_numpy().tolist(), table.values.columns.tolist(), table.cell_line.tolist()
        ([[1.0, 0.0], [1.0, 1.0]], ['ERK'], ['HepG2', 'HepG2'])
    """
    path = Path(path)
    header, rows = _cells(path)
    columns: dict[str, list[int]] = {kind: [] for kind in ("TR", "DA", "DV")}
    for number, name in enumerate(header):
        columns.setdefault(name.split(":")[0].strip().upper(), []).append(number)
    if not all(columns[kind] for kind in ("TR", "DA", "DV")):
        raise DataError(
            f"{path}: a MIDAS table has columns 'TR:', 'DA:' and 'DV:', got {shorten(header)}. Pass one."
        )
    treated, lines = _treatments(header, columns["TR"])
    values = {_BEAD.sub("", _name(header[number])): number for number in columns["DV"]}
    if len(values) < len(columns["DV"]):
        raise DataError(f"{path}: two readouts have one name, among {shorten(values)}. Rename one.")
    return MidasTable(
        treatments=pd.DataFrame(
            {
                name: _numbers(rows, number, path, header, empty=0.0)
                for name, (number, _) in treated.items()
            }
        ),
        is_inhibitor={name: says for name, (_, says) in treated.items()},
        cell_line=_cell_lines(rows, lines),
        time=_times(rows, columns["DA"], path, header),
        values=pd.DataFrame(
            {name: _numbers(rows, number, path, header) for name, number in values.items()}
        ),
    )


def _cells(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            cells = [
                [cell.strip() for cell in row]
                for row in csv.reader(handle)
                if any(map(str.strip, row))
            ]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}. Check the path.") from error
    if len(cells) < 2:
        raise DataError(
            f"{path}: a MIDAS table needs a header and at least one row. Pass another file."
        )
    header, rows = cells[0], cells[1:]
    ragged = [number for number, row in enumerate(rows, start=2) if len(row) != len(header)]
    if ragged:
        raise DataError(
            f"{path}: row {ragged[0]} has another number of cells than the header ({len(header)}). Fix it."
        )
    return header, rows


def _name(heading: str) -> str:
    return heading.split(":")[1].strip() if ":" in heading else heading


def _treatments(
    header: list[str], numbers: list[int]
) -> tuple[dict[str, tuple[int, bool | None]], dict[str, int]]:
    """Stimuli and inhibitors with their column and whether they inhibit; and cell lines with their
    column.
    """
    treated: dict[str, tuple[int, bool | None]] = {}
    lines: dict[str, int] = {}
    for number in numbers:
        _, name, *rest = (part.strip() for part in header[number].split(":"))
        kind = rest[0].lower() if rest else ""
        if kind.startswith("cell"):
            lines[name] = number
        elif not _NOTHING.fullmatch(name):
            treated[name] = (
                number,
                True if kind.startswith("inhib") else False if kind.startswith("stim") else None,
            )
    return treated, lines


def _cell_lines(rows: list[list[str]], lines: dict[str, int]) -> pd.Series:
    # Other texts in such a column are labels of the sample.
    return pd.Series(
        ["+".join(name for name, number in lines.items() if row[number] == "1") for row in rows]
    )


def _times(rows: list[list[str]], numbers: list[int], path: Path, header: list[str]) -> pd.Series:
    times = np.stack([_numbers(rows, number, path, header) for number in numbers], axis=1)
    differ = np.flatnonzero((times != times[:, :1]).any(axis=1))
    if differ.size:
        raise DataError(
            f"{path}: the readouts of row {differ[0] + 2} have different times. Give each time its own row."
        )
    return pd.Series(times[:, 0], name="time")


def _numbers(
    rows: list[list[str]], number: int, path: Path, header: list[str], empty: float = np.nan
) -> np.ndarray:
    cells = [row[number] for row in rows]
    missing = {"": empty, "na": np.nan, "nan": np.nan}
    try:
        return np.array(
            [missing[cell.lower()] if cell.lower() in missing else float(cell) for cell in cells]
        )
    except ValueError as error:
        raise DataError(
            f"{path}: the column {header[number]!r} holds something that is no number: {error}."
        ) from error
