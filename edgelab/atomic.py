"""Files that are replaced as a whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Offer a draft to write to, and give it the name `path` when the block ends well.

    The draft is complete on the disk before it takes its name: whoever is killed, or loses power,
    in between leaves the earlier file as it was, and a reader sees the earlier file or the new one,
    never a part. If the block raises, the earlier file stays.

    Args:
        path: The file to make or replace; its folder must exist.

    Yields:
        Path of the draft. It ends like `path`, for writers that look at the ending.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "note.txt"
        ...     with replacing(path) as draft:
        ...         _ = draft.write_text("done")
        ...     path.read_text(), len(list(Path(folder).iterdir()))
        ('done', 1)
    """
    # In the same folder, because only within one file system is a rename a single step. A fixed
    # name, so that what a killed run leaves behind is overwritten by the next and nothing piles up.
    draft = path.with_name(f".unfinished.{path.name}")
    try:
        yield draft
        _flush(draft)
        os.replace(draft, path)  # noqa: PTH105 - named so that tests can stop the process right here
        if os.name == "posix":  # elsewhere a folder cannot be opened
            _flush(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
