"""Which rows of an edge table are true, which are false, and which compete with the true ones for a
rank.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from edgelab.errors import TableError, shorten
from edgelab.table import check_columns
from edgelab.typing import Array, Bool, Int

from ._edge_sets import NamedEdges, RowNames, named_pairs


@dataclass(frozen=True, slots=True, eq=False)
class RowRoles:
    """The part each row of a table plays in an evaluation.

    Attributes:
        positives: The true edges, sorted by name.
        positive_row: Row of each of them, -1 when the table has none.
        target: Target of each row, as a number.
        is_positive: Rows of true edges.
        is_negative: Rows that count as false.
        is_competitor: Rows that a true edge of the same target is ranked against.
    """

    positives: list[tuple[str, str]]
    positive_row: Int[Array, " positives"]
    target: Int[Array, " rows"]
    is_positive: Bool[Array, " rows"]
    is_negative: Bool[Array, " rows"]
    is_competitor: Bool[Array, " rows"]

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
    """Say which rows are true, false and in the pool of a rank.

    Args:
        table: An edge table; `src_func`, `dst_func` and `has_edge` are read.
        positive_edges: The held-out edges.
        known_edges: Further true edges, which are neither true nor false here. Those among
            `positive_edges` stay true.
        filtered: If true, false rows are those that are no edge, neither positive nor known, nor a
            node with itself; only these compete for a rank. If false, known edges count as false,
            and every row that is not a node with itself competes, edges of the graph and other true
            sources included.

    Returns:
        The roles.

    Raises:
        TableError: If the table lacks a column or repeats a pair, there is no positive edge, a name
            is unknown to the table, or a positive edge is an edge of the graph.

    Example:
        >>> table = pd.DataFrame({"src_func": ["a", "b"], "dst_func": ["c", "c"], "has_edge": [False, False]})
        >>> roles = assign_roles(table, [("a", "c")])
        >>> roles.is_positive.tolist(), roles.is_competitor.tolist()
        ([True, False], [False, True])
    """
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
    seen = [
        pair
        for pair, position in zip(positives, row.tolist(), strict=True)
        if position >= 0 and has_edge[position]
    ]
    if seen:
        raise TableError(
            f"{len(seen)} of {len(positives)} positive edges are edges of the graph that the scorer saw: "
            f"{shorten(seen)}. Recovering them proves nothing; pass held-out edges only, "
            "or score with a graph that lacks them"
        )
