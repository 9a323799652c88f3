"""Data sets by the word that a user types: the name of a bundled one, a folder or a file."""

import importlib
import pkgutil
from pathlib import Path

from edgelab.datasets._dataset import Dataset
from edgelab.datasets.bundled import BUNDLED
from edgelab.errors import ConfigError, DataError, close_names

from ._registry import READERS

# Every file of this folder is imported, so that a new reader is one new file and nothing else.
for _file in pkgutil.iter_modules([str(Path(__file__).parent)]):
    importlib.import_module(f"{__package__}.{_file.name}")


def open_dataset(word: str | Path) -> Dataset:
    """Read a data set.

    Args:
        word: A name in `BUNDLED`, or a folder or file that one of the `READERS` recognises, such as
            a folder of the DREAM4 challenge, of CellNOpt, or with `edges.csv`, `x.csv` and `y.csv`
            as `edgelab simulate` writes them.

    Returns:
        The data set, named after the word.

    Raises:
        ConfigError: If it is neither a bundled name nor an existing path.
        DataError: If no reader recognises the path, or several do, or the one that does cannot read
            it.

    Example:
        >>> open_dataset("sachs").n_samples
        7466
    """
    name = str(word)
    path = Path(word)
    if name in BUNDLED:
        return BUNDLED[name]()
    if not path.exists():
        raise ConfigError(
            f"{name!r} is neither a bundled data set ({', '.join(BUNDLED)}; "
            f"{close_names(name, BUNDLED)}) nor a file or folder; correct it"
        )
    recognised = [reader for reader in READERS if READERS[reader].recognises(path)]
    if not recognised:
        tried = "; ".join(f"{reader} ({READERS[reader].description})" for reader in READERS)
        raise DataError(
            f"{path}: no reader recognises it. Tried: {tried}. Rename its files as one of them "
            "expects, or build an edgelab.Dataset in Python."
        )
    if len(recognised) > 1:
        raise DataError(
            f"{path}: several readers recognise it: {', '.join(recognised)}. Move the files of "
            "each into a folder of its own."
        )
    return READERS[recognised[0]].read(path)
