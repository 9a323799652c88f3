"""Edge tables on disk: Parquet and TSV, written whole or not at all."""

from collections.abc import Hashable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from edgelab.atomic import replacing
from edgelab.errors import ConfigError, TableError
from edgelab.evaluation import adjust_sorted
from edgelab.table import NAME_COLUMNS, check_edge_table
from edgelab.typing import Array, Float

from ._columns import (
    Columns,
    PValueStore,
    QFamily,
    as_frame,
    gather_columns,
    in_family,
    listed_pairs,
    scored_blocks,
)
from ._pairs import PairSpace
from ._scorer import ScoreBlock

SUFFIXES = (".parquet", ".tsv")


def save_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write an edge table, replacing the file in one step.

    A reader sees the old one or the new one, never a part.

    Args:
        table: An edge table.
        path: Where to; the ending says how: `.parquet` (names stay categorical) or `.tsv`.

    Returns:
        The path.

    Raises:
        ConfigError: If the ending is another one.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from edgelab.table import COLUMNS
        >>> row = ("raf", "mek", 0, 1, 0.8, False, 0.01, 0.02)
        >>> table = pd.DataFrame([row], columns=list(COLUMNS))
        >>> with TemporaryDirectory() as folder:
        ...     load_table(save_table(table, Path(folder) / "edges.tsv"))["src_func"].tolist()
        ['raf']
    """
    path = _checked_path(path)
    with replacing(path) as draft:
        if path.suffix == ".parquet":
            table.to_parquet(draft, index=False)
        else:
            table.to_csv(draft, sep="\t", index=False, na_rep="NaN")
    return path


def load_table(path: str | Path) -> pd.DataFrame:
    """Read an edge table that `save_table` wrote.

    Args:
        path: A `.parquet` or `.tsv` file.

    Returns:
        The table, checked. Names read from TSV are strings, whatever they look like (`"1"`,
        `"NA"`).

    Raises:
        ConfigError: If the ending is another one.
        TableError: If the file cannot be read or holds no edge table.

    Example:
        >>> load_table("edges.csv")
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: an edge table is stored as one of ['.parquet', '.tsv'], got
        'edges.csv'; change ...
    """
    path = _checked_path(path)
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else _read_tsv(path)
    except FileNotFoundError as error:
        raise TableError(f"no edge table {str(path)!r}. Check the path.") from error
    except (OSError, ValueError, pa.ArrowException) as error:
        raise TableError(
            f"cannot read the edge table {str(path)!r}: {error}. Write it with save_table"
        ) from error
    return check_edge_table(table)


def _read_tsv(path: Path) -> pd.DataFrame:
    # Only "NaN" in a number's column is missing; a gene may well be called NA.
    present = pd.read_csv(path, sep="\t", nrows=0).columns
    numbers = {name: ["NaN"] for name in present if name not in NAME_COLUMNS}
    floats = [name for name in ("score", "p_value", "q_value") if name in present]
    kinds: dict[Hashable, type[str] | type[float]] = {
        **dict.fromkeys(NAME_COLUMNS, str),
        **dict.fromkeys(floats, float),
    }
    return pd.read_csv(path, sep="\t", dtype=kinds, keep_default_na=False, na_values=numbers)


def write_full_table(
    score: ScoreBlock,
    pairs: PairSpace,
    path: str | Path,
    *,
    exclude_self: bool = True,
    q_family: QFamily = "candidates",
) -> int:
    """Write every pair to Parquet, block by block, without ever holding the whole table.

    The rows are those of `edge_table`, in the order of the graph's targets and then sources instead
    of by score. The scorer is asked for every block twice: the q-values need all p-values first (16
    bytes per pair are held).

    Args:
        score: Gives the raw scores of a range of targets.
        pairs: The pairs that are scored.
        path: Where to; it must end in `.parquet`.
        exclude_self: Leave out pairs of a node with itself.
        q_family: As in `edge_table`.

    Returns:
        How many rows were written.

    Raises:
        ConfigError: If the path does not end in `.parquet`.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from edgelab.inference import RawScores
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> strength = np.array([[0.0, 0.9], [0.4, 0.0]])
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "edges.parquet"
        ...     write_full_table(lambda block: RawScores(score=strength[:, block]), pairs, path)
        2
    """
    path = Path(path)
    if path.suffix != ".parquet":
        raise ConfigError(
            f"a table is streamed to Parquet only, got {str(path)!r}; end the path in '.parquet'"
        )
    blocks = _blocks(score, pairs, exclude_self)
    ranked_p = _sorted_family(blocks, pairs, q_family)
    ranked_q = ranked_p.copy()
    adjust_sorted(ranked_q)
    n_rows = 0
    with replacing(path) as draft:
        writer: pq.ParquetWriter | None = None
        try:
            for columns in _blocks(score, pairs, exclude_self):
                tested = in_family(columns, pairs, q_family) & ~np.isnan(columns["p_value"])
                place = np.searchsorted(ranked_p, columns["p_value"][tested])
                columns["q_value"] = np.full(columns["score"].size, np.nan)
                columns["q_value"][tested] = ranked_q[place]
                rows = pa.Table.from_pandas(as_frame(columns, pairs), preserve_index=False)
                writer = writer or pq.ParquetWriter(draft, rows.schema)
                writer.write_table(rows)
                n_rows += rows.num_rows
        finally:
            if writer is not None:
                writer.close()
    return n_rows


def _blocks(score: ScoreBlock, pairs: PairSpace, exclude_self: bool) -> Iterator[Columns]:
    for targets, raw in scored_blocks(score, pairs):
        rows = np.flatnonzero(listed_pairs(pairs, targets, exclude_self))
        yield gather_columns(raw, pairs, targets, rows)


def _sorted_family(
    blocks: Iterator[Columns], pairs: PairSpace, q_family: QFamily
) -> Float[Array, " family"]:
    store = PValueStore(pairs.n_sources * pairs.n_targets)
    for columns in blocks:
        store.add(columns["p_value"][in_family(columns, pairs, q_family)])
    ranked = store.values()
    ranked.sort()
    return ranked


def _checked_path(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise ConfigError(
            f"an edge table is stored as one of {list(SUFFIXES)}, got {str(path)!r}; change the "
            "ending"
        )
    return path
