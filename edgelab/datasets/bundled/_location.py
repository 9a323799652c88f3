"""Where the bundled data files lie, in a clone and in an installed package."""

from pathlib import Path

from edgelab.errors import DataError

# A wheel carries `datasets/` inside the package; a clone keeps it beside the package.
_FOLDERS = (Path(__file__).parents[1] / "data", Path(__file__).parents[3] / "datasets")


def data_path(name: str) -> Path:
    """Return the path of a bundled data file or folder.

    Args:
        name: Path below the data folder, with forward slashes.

    Returns:
        A path that exists.

    Raises:
        DataError: If there is no such file in this installation.

    Example:
        >>> data_path("sachs/edges.tsv").name
        'edges.tsv'
    """
    for folder in _FOLDERS:
        if (folder / name).exists():
            return folder / name
    raise DataError(
        f"the bundled data file {name!r} was not found in {' or '.join(map(str, _FOLDERS))}. "
        "Check the name; if it is right, reinstall edgelab: this installation lacks its data."
    )
