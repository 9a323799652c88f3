"""Finding named edges among the rows of a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from edgelab.errors import TableError, close_names, shorten
from edgelab.typing import Array, Bool, Int

NamedEdges = Iterable[Sequence[str]] | pd.DataFrame
"""Edges by name: pairs (source, target), or a table with the columns `source` and `target`."""


def named_pairs(edges: NamedEdges) -> list[tuple[str, str]]:
    """Edges as a sorted list without repeats.

    Args:
        edges: Pairs of names, or a table with the columns `source` and `target`.

    Returns:
        Sorted pairs: the order and the repeats of what was given do not matter.

    Raises:
        TableError: If the table lacks a column or an entry is not a pair.

    Example:
        >>> named_pairs([("raf", "mek"), ("mek", "erk"), ("raf", "mek")])
        [('mek', 'erk'), ('raf', 'mek')]
    """
    if isinstance(edges, pd.DataFrame):
        missing = [column for column in ("source", "target") if column not in edges.columns]
        if missing:
            raise TableError(
                f"the table of edges lacks {shorten(missing)}; it has {shorten(edges.columns)}"
            )
        edges = zip(edges["source"], edges["target"], strict=True)
    pairs: set[tuple[str, str]] = set()
    for edge in edges:
        if isinstance(edge, str) or len(edge) != 2:
            raise TableError(f"an edge is a pair (source, target), got {edge!r}")
        pairs.add((edge[0], edge[1]))
    return sorted(pairs)


@dataclass(frozen=True, slots=True, eq=False)
class RowNames:
    """The two name columns of a table as numbers.

    Attributes:
        sources: Names of sources; `source` indexes them.
        targets: Names of targets; `target` indexes them.
        source: Source of each row.
        target: Target of each row.
    """

    sources: pd.Index
    targets: pd.Index
    source: Int[Array, " rows"]
    target: Int[Array, " rows"]

    @classmethod
    def of(cls, table: pd.DataFrame) -> "RowNames":
        """Read the columns `src_func` and `dst_func`.

        Args:
            table: An edge table; categorical names are not decoded.

        Returns:
            Names and numbers.

        Raises:
            TableError: If a name is missing or two rows are about the same pair.
        """
        source, target = (
            table[column].astype("category").cat for column in ("src_func", "dst_func")
        )
        rows = cls(
            source.categories,
            target.categories,
            source.codes.to_numpy(dtype=np.int64),
            target.codes.to_numpy(dtype=np.int64),
        )
        if ((rows.source < 0) | (rows.target < 0)).any():
            raise TableError(
                "some rows of the table have no source or target name; drop or name them"
            )
        rows._check_unique()
        return rows

    @property
    def key(self) -> Int[Array, " rows"]:
        """One number per row that is the same for the same pair only."""
        return self.source * len(self.targets) + self.target

    @property
    def is_self(self) -> Bool[Array, " rows"]:
        """Rows whose source and target have the same name."""
        return self.targets.get_indexer(self.sources)[self.source] == self.target

    def _check_unique(self) -> None:
        seen = np.zeros(len(self.sources) * len(self.targets), dtype=bool)
        seen[self.key] = True
        if np.count_nonzero(seen) == self.source.size:
            return
        key = np.sort(self.key)
        repeated = key[1:][key[1:] == key[:-1]]
        source, target = divmod(int(repeated[0]), len(self.targets))
        raise TableError(
            f"{repeated.size} rows repeat a pair, first: {self.sources[source]!r} -> {self.targets[target]!r}; "
            "keep one row per pair"
        )

    def find(self, pairs: list[tuple[str, str]], role: str) -> Int[Array, " pairs"]:
        """Row number of each named pair.

        Args:
            pairs: Distinct pairs (source, target).
            role: What the pairs are, for the message.

        Returns:
            Row numbers in the order of the pairs; -1 for a pair of known names that has no row.

        Raises:
            TableError: If a name occurs nowhere in the table.
        """
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
