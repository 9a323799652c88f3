"""Tables of stimuli, inhibitors and readouts in the MIDAS format, as they stand in the file."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from edgelab.errors import DataError, shorten
from edgelab.graphs import read_cells
from edgelab.typing import Array, Float

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
        ...     header = "TR:HepG2:CellLine,TR:EGF,TR:MEKi,DA:ERK,DV:ERK (3)"
        ...     _ = path.write_text(f"{header}\n1,1,,30,0.7\n1,1,1,30,NaN\n")
        ...     table = read_midas_table(path)
        >>> table.treatments.to_numpy().tolist()
        [[1.0, 0.0], [1.0, 1.0]]
        >>> table.values.columns.tolist(), table.cell_line.tolist()
        (['ERK'], ['HepG2', 'HepG2'])
    """
    path = Path(path)
    header, *rows = read_cells(path, ",")
    if not rows:
        raise DataError(
            f"{path}: a MIDAS table needs a header and at least one row. Pass another file."
        )
    columns: dict[str, list[int]] = {kind: [] for kind in ("TR", "DA", "DV")}
    for number, name in enumerate(header):
        columns.setdefault(name.split(":")[0].strip().upper(), []).append(number)
    if not all(columns[kind] for kind in ("TR", "DA", "DV")):
        raise DataError(
            f"{path}: a MIDAS table has columns 'TR:', 'DA:' and 'DV:', got {shorten(header)}. "
            "Pass one."
        )
    cells = _Cells(header, rows, path)
    treated, lines = _treatments(header, columns["TR"])
    readouts = {_BEAD.sub("", _name(header[number])): number for number in columns["DV"]}
    if len(readouts) < len(columns["DV"]):
        raise DataError(
            f"{path}: two readouts have one name, among {shorten(readouts)}. Rename one."
        )
    return MidasTable(
        treatments=pd.DataFrame(
            {name: cells.numbers(number, empty=0.0) for name, (number, _) in treated.items()}
        ),
        is_inhibitor={name: inhibits for name, (_, inhibits) in treated.items()},
        cell_line=_cell_lines(rows, lines),
        time=_times(cells, columns["DA"]),
        values=pd.DataFrame({name: cells.numbers(number) for name, number in readouts.items()}),
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """The rows of a file below its header, as text."""

    header: list[str]
    rows: list[list[str]]
    path: Path

    def numbers(self, column: int, empty: float = np.nan) -> Float[Array, " rows"]:
        """One column as numbers; NA and NaN are missing, an empty cell is `empty`."""
        missing = {"": empty, "na": np.nan, "nan": np.nan}
        cells = [row[column] for row in self.rows]
        try:
            return np.array([float(missing.get(cell.lower(), cell)) for cell in cells])
        except ValueError as error:
            raise DataError(
                f"{self.path}: the column {self.header[column]!r} holds something that is no "
                f"number: {error}."
            ) from error


def _name(heading: str) -> str:
    return heading.split(":")[1].strip() if ":" in heading else heading


def _treatments(
    header: list[str], columns: list[int]
) -> tuple[dict[str, tuple[int, bool | None]], dict[str, int]]:
    """Stimuli and inhibitors with column and whether they inhibit; cell lines with column."""
    treated: dict[str, tuple[int, bool | None]] = {}
    lines: dict[str, int] = {}
    for column in columns:
        _, name, *rest = (part.strip() for part in header[column].split(":"))
        kind = rest[0].lower() if rest else ""
        if kind.startswith("cell"):
            lines[name] = column
        elif not _NOTHING.fullmatch(name):
            treated[name] = (column, _inhibits(kind))
    return treated, lines


def _inhibits(kind: str) -> bool | None:
    """What `Inhibitors` or `Stimuli` in a heading says; None without either."""
    if kind.startswith("inhib"):
        return True
    return False if kind.startswith("stim") else None


def _cell_lines(rows: list[list[str]], lines: dict[str, int]) -> pd.Series:
    return pd.Series([_cell_line(row, lines) for row in rows])


def _cell_line(row: list[str], lines: dict[str, int]) -> str:
    # Other texts in such a column are labels of the sample.
    return "+".join(name for name, column in lines.items() if row[column] == "1")


def _times(cells: _Cells, columns: list[int]) -> pd.Series:
    times = np.stack([cells.numbers(column) for column in columns], axis=1)
    differing = np.flatnonzero((times != times[:, :1]).any(axis=1))
    if differing.size:
        raise DataError(
            f"{cells.path}: the readouts of row {differing[0] + 2} have different times. Give each "
            "time its own row."
        )
    return pd.Series(times[:, 0], name="time")
