"""Edges by name, however they were given."""

from collections.abc import Iterable, Sequence

import pandas as pd

from edgelab.errors import TableError, shorten

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
