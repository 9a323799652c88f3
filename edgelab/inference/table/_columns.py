"""Pieces of the edge table: a block of raw scores, its rows as columns, and columns as a DataFrame."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from edgelab.errors import TableError
from edgelab.table import COLUMNS, NAME_COLUMNS
from edgelab.typing import Array, Bool, Int, Tensor

from ._pairs import PairSpace
from ._protocol import Matrix, RawScores, ScoreBlock

QFamily = Literal["candidates", "all"]
"""Which rows share the Benjamini-Hochberg correction: pairs that are no edge yet, or every row."""

BLOCK_ENTRIES = 2**22
"""Pairs that streaming holds at a time: 4 M float64 are 32 MB per matrix."""

Columns = dict[str, Array]
"""Columns of a table by name, all of one length, node ids instead of names."""


def target_blocks(pairs: PairSpace) -> Iterator[slice]:
    """Cut the targets into ranges of about `BLOCK_ENTRIES` pairs.

    Args:
        pairs: The pairs that are scored.

    Yields:
        Ranges with a start and a stop that cover every target once, in order.

    Example:
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> list(target_blocks(pairs))
        [slice(0, 2, None)]
    """
    width = max(1, BLOCK_ENTRIES // max(1, pairs.n_sources))
    for start in range(0, max(1, pairs.n_targets), width):
        yield slice(start, min(start + width, pairs.n_targets))


def checked_scores(score: ScoreBlock, pairs: PairSpace, targets: slice) -> RawScores:
    """Ask a scorer for a block and refuse an answer of the wrong shape.

    Args:
        score: Gives the raw scores of a range of targets.
        pairs: The pairs that are scored.
        targets: A range of target positions with a start and a stop.

    Returns:
        The scorer's answer.

    Raises:
        TableError: If it does not have one row per source and one column per target of the range.

    Example:
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> checked_scores(lambda targets: RawScores(score=np.eye(2)[:, targets]), pairs, slice(0, 1)).shape
        (2, 1)
    """
    raw = score(targets)
    expected = (pairs.n_sources, targets.stop - targets.start)
    if raw.shape != expected:
        raise TableError(
            f"the scorer returned scores of shape {raw.shape}, {expected} (sources, targets) are needed"
        )
    return raw


def as_array(matrix: Matrix) -> Array:
    """A numpy view or copy of a matrix, wherever it lives.

    Args:
        matrix: An array, or a tensor on any device.

    Returns:
        The same numbers as an array.

    Example:
        >>> import torch
        >>> as_array(torch.ones(1, 2)).tolist()
        [[1.0, 1.0]]
    """
    return matrix.detach().cpu().numpy() if isinstance(matrix, Tensor) else matrix


def listed_pairs(
    pairs: PairSpace, targets: slice, exclude_self: bool
) -> Bool[Array, "sources targets"]:
    """Which pairs of a block get a row.

    Args:
        pairs: The pairs that are scored.
        targets: A range of target positions.
        exclude_self: Leave out pairs of a node with itself.

    Returns:
        True where there will be a row.

    Example:
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> listed_pairs(pairs, slice(0, 2), exclude_self=True).tolist()
        [[False, True], [True, False]]
    """
    return (
        ~pairs.self_mask(targets)
        if exclude_self
        else np.ones((pairs.n_sources, targets.stop - targets.start), bool)
    )


def gather_columns(
    raw: RawScores, pairs: PairSpace, targets: slice, rows: Int[Array, " rows"]
) -> Columns:
    """The table's columns at chosen pairs of a block, all but `q_value`.

    Args:
        raw: Scores of the block.
        pairs: The pairs that are scored.
        targets: The block's range of target positions.
        rows: Positions of the pairs in the flattened block, in the order the rows should have.

    Returns:
        Columns of equal length; scores and p-values in float64.

    Example:
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> columns = gather_columns(RawScores(score=np.eye(2)), pairs, slice(0, 2), np.array([1]))
        >>> columns["src_idx"].tolist(), columns["dst_idx"].tolist(), columns["has_edge"].tolist()
        ([0], [1], [True])
    """
    source, target = np.divmod(rows, raw.shape[1])

    def take(matrix: Matrix) -> Array:
        return as_array(matrix).ravel().take(rows)

    untested = np.full(rows.size, np.nan)
    return {
        "src_idx": source.astype(np.int32),
        "dst_idx": (target + targets.start).astype(np.int32),
        "score": take(raw.score).astype(np.float64, copy=False),
        "has_edge": take(pairs.edge_mask(targets)),
        "p_value": untested
        if raw.p_value is None
        else take(raw.p_value).astype(np.float64, copy=False),
        **{name: take(matrix) for name, matrix in raw.extras.items()},
    }


def in_family(columns: Columns, pairs: PairSpace, q_family: QFamily) -> Bool[Array, " rows"]:
    """Which rows share the correction for multiple testing.

    Args:
        columns: `src_idx`, `dst_idx` and `has_edge`.
        pairs: The pairs that are scored.
        q_family: `"candidates"` for pairs of distinct nodes that are no edge, `"all"` for every
            row.

    Returns:
        True at the rows of the family.

    Example:
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> columns = {"src_idx": np.array([0, 1]), "dst_idx": np.array([1, 0]), "has_edge": np.array([True, False])}
        >>> in_family(columns, pairs, "candidates").tolist()
        [False, True]
    """
    if q_family == "all":
        return np.ones(columns["has_edge"].size, dtype=bool)
    absent = ~columns["has_edge"]
    return absent & (columns["src_idx"] != columns["dst_idx"]) if pairs.same_nodes else absent


def as_frame(columns: Columns, pairs: PairSpace) -> pd.DataFrame:
    """The table with names, its columns in the one order.

    Args:
        columns: Every column but the names.
        pairs: The pairs that are scored.

    Returns:
        A DataFrame that shares the memory of the columns.

    Example:
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> columns = gather_columns(RawScores(score=np.eye(2)), pairs, slice(0, 2), np.array([1]))
        >>> as_frame(columns | {"q_value": np.array([0.1])}, pairs)["dst_func"].tolist()
        ['mek']
    """
    fixed = COLUMNS[len(NAME_COLUMNS) :]
    named = {
        "src_func": pd.Categorical.from_codes(
            columns["src_idx"], categories=pd.Index(pairs.sources)
        ),
        "dst_func": pd.Categorical.from_codes(
            columns["dst_idx"], categories=pd.Index(pairs.targets)
        ),
        **{name: columns[name] for name in fixed},
    }
    extras = {name: column for name, column in columns.items() if name not in fixed}
    return pd.DataFrame(named | extras, copy=False)
