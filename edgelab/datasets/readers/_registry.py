"""The registry of readers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgelab.datasets._dataset import Dataset
from edgelab.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One form in which data sets are stored, and how it is read.

    Attributes:
        description: One line: what the file or folder is, and which files it holds.
        recognises: Whether an existing path has this form. It should look at names, not read
            everything, and also say yes to what is broken, for then `read` says what is wrong.
        read: Makes the data set of such a path.

    Example:
        >>> READERS["dream4"].description
        'DREAM4: a folder with knockouts.tsv and gold_edges.tsv'
    """

    description: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Dataset]


READERS: Registry[Reader] = Registry("reader")
"""The forms that `open_dataset` understands, by name; a new one is one file beside this one."""
