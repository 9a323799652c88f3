"""Columns of the edge table, gathered from blocks of raw scores: ids first, names at the end."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from edgelab.errors import TableError
from edgelab.table import COLUMNS, NAME_COLUMNS
from edgelab.typing import Array, Bool, Float, Int, Tensor

from ._pairs import PairSpace
from ._scorer import Matrix, RawScores, ScoreBlock

QFamily = Literal["candidates", "all"]
"""Which rows share the Benjamini-Hochberg correction: pairs that are no edge yet, or every row."""

# Pairs that streaming holds at a time: 4 M float64 are 32 MB per matrix.
BLOCK_ENTRIES = 2**22

# By name, all of one length, node ids instead of names.
Columns = dict[str, Array]


def scored_blocks(score: ScoreBlock, pairs: PairSpace) -> Iterator[tuple[slice, RawScores]]:
    """Raw scores of one range of targets after the other, about `BLOCK_ENTRIES` pairs at a time."""
    width = max(1, BLOCK_ENTRIES // max(1, pairs.n_sources))
    for start in range(0, max(1, pairs.n_targets), width):
        targets = slice(start, min(start + width, pairs.n_targets))
        yield targets, checked_scores(score, pairs, targets)


def checked_scores(score: ScoreBlock, pairs: PairSpace, targets: slice) -> RawScores:
    """Ask a scorer for a block; TableError if the answer has the wrong shape."""
    raw = score(targets)
    expected = (pairs.n_sources, targets.stop - targets.start)
    if raw.shape != expected:
        raise TableError(
            f"the scorer returned scores of shape {raw.shape}, {expected} (sources, targets) are "
            "needed"
        )
    return raw


def as_array(matrix: Matrix) -> Array:
    """A numpy view or copy of a matrix, wherever it lives."""
    return matrix.detach().cpu().numpy() if isinstance(matrix, Tensor) else matrix


def listed_pairs(
    pairs: PairSpace, targets: slice, exclude_self: bool
) -> Bool[Array, "sources targets"]:
    """Which pairs of a block get a row."""
    if exclude_self:
        return ~pairs.self_mask(targets)
    return np.ones((pairs.n_sources, targets.stop - targets.start), dtype=bool)


def gather_columns(
    raw: RawScores, pairs: PairSpace, targets: slice, rows: Int[Array, " rows"]
) -> Columns:
    """All columns but `q_value` at some rows: positions in the flattened block, in their order."""
    source, target = np.divmod(rows, raw.shape[1])

    def take(matrix: Matrix) -> Array:
        return as_array(matrix).ravel().take(rows)

    p_value = np.full(rows.size, np.nan) if raw.p_value is None else take(raw.p_value)
    return {
        "src_idx": source.astype(np.int32),
        "dst_idx": (target + targets.start).astype(np.int32),
        "score": take(raw.score).astype(np.float64, copy=False),
        "has_edge": take(pairs.edge_mask(targets)),
        "p_value": p_value.astype(np.float64, copy=False),
        **{name: take(matrix) for name, matrix in raw.extras.items()},
    }


def in_family(columns: Columns, pairs: PairSpace, q_family: QFamily) -> Bool[Array, " rows"]:
    """Which rows share the correction for multiple testing; a node with itself is no candidate."""
    if q_family == "all":
        return np.ones(columns["has_edge"].size, dtype=bool)
    absent = ~columns["has_edge"]
    if pairs.same_nodes:
        return absent & (columns["src_idx"] != columns["dst_idx"])
    return absent


class PValueStore:
    """P-values of a whole family, collected block by block: 8 bytes per pair and no second copy."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity  # memory is taken when the first is added
        self._store = np.empty(0)
        self._count = 0

    def add(self, p_value: Float[Array, " tests"]) -> None:
        """Append p-values; NaN stands for "no test" and is left out."""
        if not self._store.size:
            self._store = np.empty(self._capacity)
        tested = p_value[~np.isnan(p_value)]
        self._store[self._count : self._count + tested.size] = tested
        self._count += tested.size

    def values(self) -> Float[Array, " family"]:
        """What was added, as a view of the store."""
        return self._store[: self._count]


def as_frame(columns: Columns, pairs: PairSpace) -> pd.DataFrame:
    """The table with names, its columns in the one order; it shares the memory of the columns."""
    fixed = COLUMNS[len(NAME_COLUMNS) :]
    sources = pd.Index(pairs.sources)
    targets = pd.Index(pairs.targets)
    named = {
        "src_func": pd.Categorical.from_codes(columns["src_idx"], categories=sources),
        "dst_func": pd.Categorical.from_codes(columns["dst_idx"], categories=targets),
        **{name: columns[name] for name in fixed},
    }
    extras = {name: column for name, column in columns.items() if name not in fixed}
    return pd.DataFrame(named | extras, copy=False)
