"""Files that are replaced as a whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Offer a draft to write to, and give it the name `path` when the block ends well.

    A reader sees the earlier file or the complete new one, never a part; if the block raises, the earlier file stays.

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
    # The draft lies in the same folder: only within one file system is a rename a single step.
    draft = path.with_name(f".{uuid4().hex}.{path.name}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
