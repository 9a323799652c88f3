"""The folder of one run's results: never mixed with other files, every file complete."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import networkx as nx
import pandas as pd
from matplotlib.figure import Figure

from edgelab.atomic import replacing
from edgelab.checks import check_integer
from edgelab.errors import ConfigError, DataError, shorten
from edgelab.inference import save_table
from edgelab.plain_json import write_json

from .network import write_graphml, write_sif

# The file in which a results folder remembers what was written by edgelab.
LIST_NAME = ".edgelab-files.json"

# Sharp on paper at the size of a column, and still a small file.
_DPI = 150


class ResultsFolder:
    """A folder for the results of one run.

    A folder that holds anything is refused, unless `force` is given. Even then only files that
    edgelab itself wrote there are replaced; whatever else lies there stays, and a name that is
    taken by a foreign file is an error. Used in a `with` statement, files of an earlier run that
    this run did not write again are removed when the block ends well, so that results of two runs
    are never mixed.

    Args:
        path: The folder; made if it does not exist.
        force: Whether results of an earlier run may be replaced.

    Raises:
        ConfigError: If the folder is not empty and `force` is false, or the path is no folder or
            not writable.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, ResultsFolder(Path(folder) / "run") as results:
        ...     results.write_json("metrics.json", {"mrr": 0.5}).name
        'metrics.json'
    """

    def __init__(self, path: str | Path, force: bool = False) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(
                f"{str(self.path)!r} is a file, but results need a folder. Choose another path."
            )
        self._check_empty(force)
        self._earlier = self._read_list()
        self._written: set[str] = set()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"cannot make the folder {str(self.path)!r}: {error.strerror}. Choose another path."
            ) from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise ConfigError(
                f"the folder {str(self.path)!r} is not writable. Change its permissions or choose "
                "another."
            )

    def __enter__(self) -> "ResultsFolder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.remove_outdated()

    @property
    def files(self) -> list[Path]:
        """The files written by this run so far, sorted."""
        return [self.path / name for name in sorted(self._written)]

    def file(self, name: str) -> Path:
        """Reserve a name in the folder for a file that the caller writes.

        Args:
            name: A file name without folders.

        Returns:
            The full path.

        Raises:
            ConfigError: If the name is not a plain file name, or a file of that name was not
                written by edgelab.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     ResultsFolder(folder).file("model.safetensors").name
            'model.safetensors'
        """
        if name in {"", ".", "..", LIST_NAME} or Path(name).name != name:
            raise ConfigError(
                f"a result needs a plain file name, got {name!r}; leave out the folders."
            )
        self.refuse_foreign([name])
        path = self.path / name
        if name not in self._written:
            self._written.add(name)
            # Listed before it is written: a run killed in between leaves no file that the next one
            # takes for foreign.
            self._write_list(self._earlier | self._written)
        return path

    def refuse_foreign(self, names: Iterable[str]) -> None:
        """Refuse names that are taken by files of others, before a long job is lost to them.

        Args:
            names: File names that are going to be written.

        Raises:
            ConfigError: If a file of such a name was not written by edgelab.
        """
        for name in names:
            path = self.path / name
            if path.exists() and name not in self._earlier | self._written:
                raise ConfigError(
                    f"{str(path)!r} exists and was not written by edgelab, so it is not replaced. "
                    "Move it away, or choose another folder."
                )

    def write_json(self, name: str, value: object) -> Path:
        """Write numbers, text and tables as JSON.

        Args:
            name: A file name, such as `metrics.json`.
            value: What `plain_json` takes; NaN becomes null.

        Returns:
            The full path.
        """
        return write_json(self.file(name), value)

    def write_table(
        self, table: pd.DataFrame, top: int = 1000, stem: str = "edges"
    ) -> tuple[Path, Path]:
        """Write an edge table: all rows as Parquet, the first ones as TSV to look at.

        Args:
            table: An edge table, best rows first.
            top: How many rows the TSV file holds.
            stem: Name of both files without their endings.

        Returns:
            The paths of the Parquet and the TSV file.

        Raises:
            ConfigError: If `top` is not a positive integer.
        """
        check_integer("top", top, why="it is a number of rows")
        whole = self.file(f"{stem}.parquet")
        first = self.file(f"{stem}.tsv")
        return save_table(table, whole), save_table(table.head(top), first)

    def write_figure(self, name: str, figure: Figure) -> Path:
        """Write a figure as PNG with 150 dots per inch.

        Args:
            name: A file name that ends in `.png`.
            figure: Any figure of matplotlib.

        Returns:
            The full path.

        Raises:
            ConfigError: If the name does not end in `.png`.
        """
        if not name.endswith(".png"):
            raise ConfigError(
                f"figures are written as PNG, got the name {name!r}; end it in '.png'"
            )
        path = self.file(name)
        with replacing(path) as draft:
            figure.savefig(draft, format="png", dpi=_DPI)
        return path

    def write_network(self, graph: nx.DiGraph, stem: str = "network") -> tuple[Path, Path]:
        """Write a network for Cytoscape, as GraphML with all attributes and as SIF.

        Args:
            graph: What `candidate_network` makes.
            stem: Name of both files without their endings.

        Returns:
            The paths of the GraphML and the SIF file.
        """
        graphml = self.file(f"{stem}.graphml")
        sif = self.file(f"{stem}.sif")
        return write_graphml(graphml, graph), write_sif(sif, graph)

    def remove_outdated(self) -> list[str]:
        """Remove files that an earlier run wrote here and this one did not.

        Returns:
            The names of the files removed, sorted.
        """
        outdated = sorted(self._earlier - self._written)
        for name in outdated:
            (self.path / name).unlink(missing_ok=True)
        self._earlier = set()
        self._write_list(self._written)
        return outdated

    def _check_empty(self, force: bool) -> None:
        present = sorted(entry.name for entry in self.path.iterdir()) if self.path.is_dir() else []
        if present and not force:
            raise ConfigError(
                f"the folder {str(self.path)!r} is not empty; it holds {shorten(present)}. Choose "
                "another folder, or pass force=True (--force) to replace the results of an earlier "
                "run; other files are left alone."
            )

    def _read_list(self) -> set[str]:
        path = self.path / LIST_NAME
        if not path.is_file():
            return set()
        try:
            names = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(
                f"cannot read {str(path)!r}: {error}. Choose another folder for the results."
            ) from error
        plain = isinstance(names, list) and all(
            isinstance(name, str) and Path(name).name == name for name in names
        )
        if not plain:
            raise DataError(
                f"{str(path)!r} is no list of file names. Choose another folder for the results."
            )
        return set(names)

    def _write_list(self, names: set[str]) -> None:
        write_json(self.path / LIST_NAME, sorted(names))
