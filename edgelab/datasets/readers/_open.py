"""Data sets by the word that a user types: the name of a bundled one, or a folder."""

from collections.abc import Callable
from pathlib import Path

from edgelab.datasets._dataset import Dataset
from edgelab.datasets._ecoli70 import ecoli70
from edgelab.datasets._sachs import sachs
from edgelab.errors import ConfigError
from edgelab.registry import Registry

from ._dream4 import is_dream4, read_dream4
from ._midas import is_cellnopt, read_cellnopt
from ._tables import load_dataset

BUNDLED: Registry[Callable[[], Dataset]] = Registry("data set")
"""Data sets that travel with edgelab, by name."""
BUNDLED.register("sachs")(sachs)
BUNDLED.register("ecoli70")(ecoli70)


def open_dataset(word: str) -> Dataset:
    """Read a data set.

    Args:
        word: A name in `BUNDLED`, or a folder: of the DREAM4 challenge (`knockouts.tsv`,
            `gold_edges.tsv`, …), of CellNOpt (`PKN-*.sif`, `MD-*.csv`), or with `edges.csv`,
            `x.csv` and `y.csv` as `edgelab simulate` writes them, perhaps `input_edges.csv` and
            `output_edges.csv`.

    Returns:
        The data set, named after the word.

    Raises:
        ConfigError: If it is neither a name nor a folder.

    Example:
        >>> open_dataset("sachs").n_samples
        7466
    """
    if word in BUNDLED:
        return BUNDLED[word]()
    folder = Path(word)
    if not folder.is_dir():
        raise ConfigError(
            f"{word!r} is neither a bundled data set ({', '.join(BUNDLED)}) nor a folder; correct it"
        )
    if is_dream4(folder):
        return read_dream4(folder)
    if is_cellnopt(folder):
        return read_cellnopt(folder)
    into, out_of = (
        path if path.is_file() else None
        for path in (folder / "input_edges.csv", folder / "output_edges.csv")
    )
    return load_dataset(
        edges=folder / "edges.csv",
        x=folder / "x.csv",
        y=folder / "y.csv",
        input_edges=into,
        output_edges=out_of,
    )
