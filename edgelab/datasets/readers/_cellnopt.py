"""Data sets of CellNOpt: a prior knowledge network, and responses to stimuli and inhibitors."""

import logging
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from edgelab.checks import check_choice
from edgelab.datasets._conditions import ConditionStyle, condition_labels
from edgelab.datasets._dataset import Dataset
from edgelab.errors import DataError, close_names, shorten

from ._midas_table import MidasTable, read_midas_table
from ._registry import READERS, Reader

logger = logging.getLogger(__name__)

# Treatments are mostly given or not: a dose of 1 goes without saying.
_STYLE = ConditionStyle(bare_dose=1.0)


def read_cellnopt(
    folder: str | Path,
    *,
    time: float | None = None,
    cell_line: str | None = None,
    cell_line_inputs: bool = False,
) -> Dataset:
    """Read a folder of CellNOpt: one network `PKN-*.sif` and one table `MD-*.csv`.

    Args:
        folder: The folder; files with other names are not looked at.
        time: When the responses were measured; None means the latest time.
        cell_line: In which cells; None means all.
        cell_line_inputs: Whether each cell line becomes an input (`read_midas`).

    Returns:
        The data set that `read_midas` makes of the two files, by the name of the folder.

    Raises:
        DataError: If there is not exactly one of each, or `read_midas` refuses them.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "PKN-toy.sif").write_text("egf 1 mek")
        ...     table = "TR:EGF,DA:MEK,DV:MEK" + chr(10) + "1,30,0.7"
        ...     _ = (Path(folder) / "MD-toy.csv").write_text(table)
        ...     data = read_cellnopt(folder)
        >>> data.inputs, data.outputs, data.edges.to_numpy().tolist()
        (['EGF'], ['MEK'], [['egf', 'mek', 1]])
    """
    folder = Path(folder)
    return read_midas(
        _only(folder, "PKN-*.sif"),
        _only(folder, "MD-*.csv"),
        time=time,
        cell_line=cell_line,
        cell_line_inputs=cell_line_inputs,
        name=folder.resolve().name,
    )


def is_cellnopt(folder: str | Path) -> bool:
    """Whether a folder looks like one that `read_cellnopt` reads.

    Args:
        folder: Any path.

    Returns:
        True if it holds a network and a table.

    Example:
        >>> is_cellnopt("/")
        False
    """
    return all(any(Path(folder).glob(pattern)) for pattern in ("PKN-*.sif", "MD-*.csv"))


def read_midas(
    network: str | Path,
    table: str | Path,
    *,
    time: float | None = None,
    cell_line: str | None = None,
    cell_line_inputs: bool = False,
    aliases: Mapping[str, str] | None = None,
    inhibitors: Collection[str] = (),
    on_missing: str = "mean",
    name: str | None = None,
) -> Dataset:
    """Read a prior network and a MIDAS table of responses.

    Names are matched to the functions of the network without regard to case. A treatment that is no
    function but ends in `i` and is one without it (`PI3Ki`) inhibits this function; the others
    stimulate theirs. Numbers of isoforms at the end are left out where the network has the name
    without them only (`ERK12`, `erk`).

    Args:
        network: SIF file: source, sign (1 or -1), target.
        table: The MIDAS file (`read_midas_table`).
        time: Rows of this time become samples; None means the latest time.
        cell_line: Rows of this cell line become samples; None means those of all.
        cell_line_inputs: Whether each cell line, where there are several, becomes an input `cell
            line NAME` that is 1 in its samples and acts on every function.
        aliases: For names in the table that are matched otherwise: the function of the network.
        inhibitors: Treatments that inhibit, where neither their name nor the table says so.
        on_missing: What to do with missing values: `"mean"` puts the readout's mean over the
            samples, which favours no condition, and says in the log how many (`measured` keeps
            which); `"error"` refuses them.
        name: Of the data set; None means that of the table.

    Returns:
        One input per treatment, one output per readout, by their names in the table; responses as
        they are. A condition is what was given, whatever the cell line.

    Raises:
        DataError: If a file is malformed, a name belongs to no function, a readout has no value, or
            nothing was measured then or in that cell line.
        ConfigError: If `on_missing` is unknown.

    Source: Saez-Rodriguez et al. (2009), Molecular Systems Biology 5:331; Terfve et al. (2012), BMC
        Syst. Biol. 6:133.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     prior, values = Path(folder) / "prior.sif", Path(folder) / "values.csv"
        ...     _ = prior.write_text("egf 1 mek" + chr(10) + "mek 1 erk")
        ...     _ = values.write_text("TR:EGF,TR:MEKi,DA:ERK12,DV:ERK12" + chr(10) + "1,1,30,0.7")
        ...     data = read_midas(prior, values)
        >>> data.input_edges.to_numpy().tolist()
        [['EGF', 'egf', 1], ['MEKi', 'mek', -1]]
        >>> data.output_edges.to_numpy().tolist(), data.condition.tolist()
        ([['erk', 'ERK12']], ['EGF+MEKi'])
    """
    edges = _signed_edges(Path(network))
    every = _with_inhibitors(read_midas_table(table), inhibitors, table)
    measured = _rows_of(every, time, cell_line, table)
    functions = list(dict.fromkeys(edges[["source", "target"]].to_numpy().ravel()))
    match = _Names(functions, aliases or {}, f"{table}, {network}")
    missing = measured.values.isna()
    lines = pd.DataFrame(index=measured.treatments.index)
    if cell_line_inputs:
        lines = _line_indicators(measured.cell_line)
    treatments = [
        (given, *match.treatment(given, inhibits))
        for given, inhibits in measured.is_inhibitor.items()
    ]
    inputs = pd.DataFrame(treatments, columns=["source", "target", "sign"])
    readouts = {
        "source": match.readouts(map(str, measured.values.columns)),
        "target": measured.values.columns,
    }
    return Dataset(
        name=name or Path(table).stem,
        source=f"{Path(network).name}, {Path(table).name}",
        edges=edges,
        input_edges=pd.concat([inputs, _everywhere(lines.columns, functions)], ignore_index=True),
        output_edges=pd.DataFrame(readouts),
        x=pd.concat([measured.treatments, lines], axis=1),
        y=_filled(measured.values, on_missing, table),
        condition=condition_labels(measured.treatments, _STYLE),
        functions=tuple(functions),
        measured=~missing if missing.any(axis=None) else None,
    )


class _Names:
    """Finds the function that a name of the table stands for."""

    def __init__(self, functions: Iterable[str], aliases: Mapping[str, str], where: str) -> None:
        self._functions = {function.lower(): function for function in functions}
        self._aliases = aliases
        self._where = where

    def _find(self, name: str) -> str | None:
        name = self._aliases.get(name, name).lower()
        return self._functions.get(name) or self._functions.get(re.sub(r"\d+$", "", name))

    def treatment(self, name: str, inhibits: bool | None) -> tuple[str, int]:
        """Function and sign of a treatment."""
        function = self._find(name)
        sign = -1 if inhibits else 1
        if function is None and name.endswith("i") and inhibits is not False:
            function = self._find(name[:-1])
            sign = -1
        return self._known(function, "treatment", name), sign

    def readouts(self, names: Iterable[str]) -> list[str]:
        """The functions that the readouts read."""
        return [self._known(self._find(name), "readout", name) for name in names]

    def _known(self, function: str | None, kind: str, name: str) -> str:
        if function is not None:
            return function
        raise DataError(
            f"{self._where}: the {kind} {name!r} is no function of the network "
            f"({close_names(name, self._functions.values())}). Say which one it is with "
            f"aliases={{{name!r}: '...'}}."
        )


def _only(folder: Path, pattern: str) -> Path:
    paths = sorted(folder.glob(pattern))
    if len(paths) != 1:
        names = shorten(path.name for path in paths)
        listed = f": {names}" if paths else ""
        raise DataError(
            f"{folder}: a folder of CellNOpt holds one file {pattern!r}, this one has "
            f"{len(paths)}{listed}. Pass such a folder, or the two files to read_midas."
        )
    return paths[0]


def _signed_edges(path: Path) -> pd.DataFrame:
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}. Check the path.") from error
    wrong = [
        number
        for number, cells in enumerate(lines, 1)
        if cells and (len(cells) < 3 or cells[1] not in {"1", "-1"})
    ]
    if wrong or not any(lines):
        but = f"line {wrong[0]} is {' '.join(lines[wrong[0] - 1])!r}" if wrong else "it is empty"
        raise DataError(
            f"{path}: lines must be 'source sign target' with sign 1 or -1, but {but}. Correct it."
        )
    rows = [(cells[0], target, int(cells[1])) for cells in lines if cells for target in cells[2:]]
    return pd.DataFrame(rows, columns=["source", "target", "sign"])


def _with_inhibitors(
    table: MidasTable, inhibitors: Collection[str], path: str | Path
) -> MidasTable:
    for name in inhibitors:
        if name not in table.is_inhibitor:
            raise DataError(
                f"{path}: no treatment is called {name!r} "
                f"({close_names(name, table.is_inhibitor)}). Correct it."
            )
    return replace(table, is_inhibitor={**table.is_inhibitor, **dict.fromkeys(inhibitors, True)})


def _rows_of(
    table: MidasTable, time: float | None, cell_line: str | None, path: str | Path
) -> MidasTable:
    time = float(table.time.max()) if time is None else time
    rows = table.time == time
    asked = f"at time {time:g}"
    if cell_line is not None:
        rows &= table.cell_line == cell_line
        asked += f" in {cell_line!r}"
    if not rows.any():
        raise DataError(
            f"{path}: nothing was measured {asked}; times: {sorted(set(table.time))}, cell lines: "
            f"{sorted(set(table.cell_line))}. Choose among these."
        )
    return replace(
        table,
        treatments=table.treatments[rows].reset_index(drop=True),
        cell_line=table.cell_line[rows].reset_index(drop=True),
        time=table.time[rows].reset_index(drop=True),
        values=table.values[rows].reset_index(drop=True),
    )


def _line_indicators(cell_line: pd.Series) -> pd.DataFrame:
    """One column per cell line, 1 in its samples; none if there is only one."""
    names = sorted(set(cell_line))
    columns = {
        f"cell line {name}": (cell_line == name).astype(float) for name in names if len(names) > 1
    }
    return pd.DataFrame(columns, index=cell_line.index)


def _everywhere(inputs: Iterable[str], functions: list[str]) -> pd.DataFrame:
    rows = [(name, function, 0) for name in inputs for function in functions]
    return pd.DataFrame(rows, columns=["source", "target", "sign"])


def _filled(values: pd.DataFrame, on_missing: str, path: str | Path) -> pd.DataFrame:
    check_choice("on_missing", on_missing, ("mean", "error"))
    missing = values.isna()
    never = missing.columns[missing.all()]
    if len(never):
        raise DataError(
            f"{path}: the readouts {shorten(never)} have no value. Remove what is missing."
        )
    n_missing = int(missing.sum().sum())
    if n_missing and on_missing == "error":
        raise DataError(
            f"{path}: {n_missing} values are missing. Remove what is missing, or pass "
            "on_missing='mean'."
        )
    if n_missing:
        counts = {name: int(number) for name, number in missing.sum().items() if number}
        logger.info("%s: missing values replaced by the mean of their readout: %s", path, counts)
    return values.fillna(values.mean())


READERS.register("cellnopt")(
    Reader(
        description="CellNOpt: a folder with PKN-*.sif and MD-*.csv",
        recognises=is_cellnopt,
        read=read_cellnopt,
    )
)
