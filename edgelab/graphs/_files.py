"""Files opened by their ending; every way in which reading can fail becomes a clear error."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from edgelab.errors import DataError, close_names, shorten

DELIMITERS: dict[str, str] = {"csv": ",", "tsv": "\t", "tab": "\t", "txt": "\t"}
_PARQUET = ("parquet", "pq")


def file_kind(path: Path, others: tuple[str, ...] = ()) -> str:
    """Kind of a file by its ending without `.gz`: of `DELIMITERS`, `parquet` or one of `others`."""
    zipped = path.suffix.lower() == ".gz"
    kind = (path.with_suffix("") if zipped else path).suffix.lower().removeprefix(".")
    if kind in _PARQUET and not zipped:
        return "parquet"
    if kind not in DELIMITERS and kind not in others:
        endings = [*DELIMITERS, *others, "parquet"]
        raise DataError(
            f"{path}: files are read by their ending, one of {endings} (.gz may follow, save for "
            f"parquet), got {path.name!r}. Rename or convert the file."
        )
    return kind


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what reading may raise into a `DataError` that says what is wrong with the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(_missing_message(path)) from error
    except (EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: the compressed file is truncated or damaged ({error}). Fetch it again."
        ) from error
    except gzip.BadGzipFile as error:
        raise DataError(
            f"{path}: the file is not gzip, despite its ending. Rename it without '.gz'."
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: the file is not UTF-8 text ({error.reason} at byte {error.start}). If it is "
            "compressed let its name end in '.gz', otherwise save it as UTF-8."
        ) from error
    except pa.ArrowInvalid as error:
        first_line = str(error).splitlines()[0]
        raise DataError(
            f"{path}: not a complete Parquet file ({first_line}). Write or fetch it again."
        ) from error
    except pd.errors.EmptyDataError as error:
        raise DataError(
            f"{path}: the file holds a header at most, and no rows. Write it again."
        ) from error
    except (pd.errors.ParserError, csv.Error) as error:
        raise DataError(
            f"{path}: the rows do not line up ({error}). Correct that row, or write it again."
        ) from error
    except OSError as error:
        raise DataError(
            f"{path}: the file cannot be read ({error.strerror or error}). Check what it is."
        ) from error


def open_text(path: Path) -> TextIOWrapper:
    """Open a text file, compressed (`.gz`) or not, after any byte order mark."""
    if path.suffix.lower() == ".gz":
        return TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def read_rows(path: Path, delimiter: str, **options: Any) -> tuple[list[str], pd.DataFrame]:
    """First row as stripped cells, and the rows below it with columns 0, 1, … (read by pandas)."""
    with reading(path), open_text(path) as handle:
        first = next(
            (row for row in csv.reader(handle, delimiter=delimiter) if any(map(str.strip, row))),
            None,
        )
        if first is None:
            raise DataError(f"{path}: the file is empty. Write it again.")
        try:
            rest = pd.read_csv(handle, sep=delimiter, header=None, low_memory=False, **options)
        except pd.errors.EmptyDataError:
            rest = pd.DataFrame()
    return [cell.strip() for cell in first], rest


def read_cells(path: str | Path, delimiter: str) -> list[list[str]]:
    r"""All cells of a delimited text file as text: a name may be `NA` or `007`.

    Args:
        path: The file; compressed when it ends in `.gz`.
        delimiter: What separates cells.

    Returns:
        One list per row without surrounding white space, all of one length; blank rows are left
        out.

    Raises:
        DataError: If the file cannot be read or is empty, or a row is longer or shorter than the
            first.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "edges.tsv"
        ...     _ = path.write_text("source\ttarget\n\nNA\t 007\n")
        ...     read_cells(path, "\t")
        [['source', 'target'], ['NA', '007']]
    """
    path = Path(path)
    with reading(path), open_text(path) as handle:
        reader = csv.reader(handle, delimiter=delimiter, strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    filled = [(line, row) for line, row in rows if any(row)]
    if not filled:
        raise DataError(f"{path}: the file is empty. Write it again.")
    width = len(filled[0][1])
    ragged = [(line, row) for line, row in filled if len(row) != width]
    if ragged:
        line, row = ragged[0]
        raise DataError(
            f"{path}: the first row has {width} cells, but {len(ragged)} rows have another number, "
            f"the first of them, line {line}, has {len(row)}: {shorten(row)}. The file may be "
            "truncated, or its header lack a cell: complete these rows or fetch it again."
        )
    return [row for _, row in filled]


def read_parquet(path: Path) -> pd.DataFrame:
    """Table in a Parquet file, with its index if pandas stored one."""
    with reading(path):
        return pd.read_parquet(path)


def _missing_message(path: Path) -> str:
    siblings = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = f" ({close_names(path.name, siblings)} in the same folder)" if siblings else ""
    return f"no file {str(path)!r}{hint}. Check the path."


def refuse_repeated(columns: list[str], where: str) -> None:
    """Refuse column names that occur twice; `where` says of which file or table."""
    names = pd.Series(columns, dtype=object)
    twice = names[names.duplicated()].drop_duplicates()
    if len(twice):
        raise DataError(
            f"{where}: {len(twice)} column names occur more than once: {shorten(twice)}. "
            "Keep one of each."
        )
