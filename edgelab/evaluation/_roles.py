"""The part each row of an edge table plays in an evaluation: true, false, or competing."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from edgelab.errors import TableError, close_names, shorten
from edgelab.table import check_columns, check_pairs
from edgelab.typing import Array, Bool, Int

from ._named_edges import NamedEdges, named_pairs


@dataclass(frozen=True, slots=True, eq=False)
class RowNames:
    """The two name columns of a table as numbers."""

    sources: pd.Index  # names; `source` indexes them
    targets: pd.Index
    source: Int[Array, " rows"]
    target: Int[Array, " rows"]

    @classmethod
    def of(cls, table: pd.DataFrame) -> "RowNames":
        """Read `src_func` and `dst_func`: every row has names, and no pair has two rows."""
        source = table["src_func"].astype("category").cat
        target = table["dst_func"].astype("category").cat
        rows = cls(
            source.categories,
            target.categories,
            source.codes.to_numpy(dtype=np.int64),
            target.codes.to_numpy(dtype=np.int64),
        )
        if not rows._are_distinct():
            check_pairs(table)  # slower, and says what is wrong
        return rows

    @property
    def key(self) -> Int[Array, " rows"]:
        """One number per row that is the same for the same pair only."""
        return self.source * len(self.targets) + self.target

    @property
    def is_self(self) -> Bool[Array, " rows"]:
        """Rows whose source and target have the same name."""
        return self.targets.get_indexer(self.sources)[self.source] == self.target

    def _are_distinct(self) -> bool:
        if ((self.source < 0) | (self.target < 0)).any():
            return False
        seen = np.zeros(len(self.sources) * len(self.targets), dtype=bool)
        seen[self.key] = True
        return bool(np.count_nonzero(seen) == self.source.size)

    def find(self, pairs: list[tuple[str, str]], role: str) -> Int[Array, " pairs"]:
        """Row of each distinct pair, -1 for known names without a row; `role` is for messages."""
        known = self.sources.union(self.targets, sort=False)
        unknown = sorted({name for pair in pairs for name in pair} - set(known))
        if unknown:
            raise TableError(
                f"{len(unknown)} names of `{role}` are not in the table: {shorten(unknown)} "
                f"({close_names(unknown[0], known)}); correct them or leave these edges out"
            )
        source = self.sources.get_indexer(pd.Index([pair[0] for pair in pairs], dtype=object))
        target = self.targets.get_indexer(pd.Index([pair[1] for pair in pairs], dtype=object))
        wanted = np.where((source < 0) | (target < 0), -1, source * len(self.targets) + target)
        listed = np.flatnonzero(np.isin(self.key, wanted))
        row_of_key = dict(zip(self.key[listed].tolist(), listed.tolist(), strict=True))
        return np.array([row_of_key.get(key, -1) for key in wanted.tolist()], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class RowRoles:
    """The part each row of a table plays in an evaluation."""

    positives: list[tuple[str, str]]  # the true edges, sorted by name
    positive_row: Int[Array, " positives"]  # row of each, -1 where the table has none
    target: Int[Array, " rows"]  # target of each row, as a number
    is_positive: Bool[Array, " rows"]  # rows of true edges
    is_negative: Bool[Array, " rows"]  # rows that count as false
    is_competitor: Bool[Array, " rows"]  # rows that true edges of their target are ranked against

    @property
    def n_missing(self) -> int:
        """How many true edges have no row."""
        return int(np.count_nonzero(self.positive_row < 0))


def assign_roles(
    table: pd.DataFrame,
    positive_edges: NamedEdges,
    *,
    known_edges: NamedEdges = (),
    filtered: bool = True,
) -> RowRoles:
    """Say which rows are true, false and in the pool of a rank; see `evaluate_against`."""
    # Filtered: false rows are no edge, neither positive nor known, nor a node with itself, and only
    # these compete. Otherwise known edges count as false, and every row but a node with itself
    # competes, edges of the graph and other true sources included.
    check_columns(table, ("src_func", "dst_func", "has_edge"))
    positives = named_pairs(positive_edges)
    if not positives:
        raise TableError(
            "positive_edges is empty; at least one held-out edge is needed to judge a ranking"
        )
    names = RowNames.of(table)
    has_edge = table["has_edge"].to_numpy(dtype=bool)
    positive_row = names.find(positives, "positive_edges")
    is_positive = _mark(positive_row, len(table))
    _check_held_out(positives, positive_row, has_edge)
    is_known = _mark(names.find(named_pairs(known_edges), "known_edges"), len(table))
    distinct = ~names.is_self | is_positive
    is_negative = ~has_edge & ~is_positive & distinct
    if filtered:
        is_negative &= ~is_known
    return RowRoles(
        positives,
        positive_row,
        names.target,
        is_positive,
        is_negative,
        is_negative if filtered else distinct,
    )


def _mark(rows: Int[Array, " positives"], n_rows: int) -> Bool[Array, " rows"]:
    marked = np.zeros(n_rows, dtype=bool)
    marked[rows[rows >= 0]] = True
    return marked


def _check_held_out(
    positives: list[tuple[str, str]], row: Int[Array, " positives"], has_edge: Bool[Array, " rows"]
) -> None:
    was_seen = (row >= 0) & has_edge[row]
    seen = [pair for pair, is_edge in zip(positives, was_seen, strict=True) if is_edge]
    if seen:
        raise TableError(
            f"{len(seen)} of {len(positives)} positive edges are edges of the graph that the "
            f"scorer saw: {shorten(seen)}. Recovering them proves nothing; pass held-out edges "
            "only, or score with a graph that lacks them"
        )
