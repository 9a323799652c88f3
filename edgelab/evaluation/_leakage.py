"""Refusing a benchmark whose scorers could have seen the answers."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from edgelab.errors import LeakageError, shorten
from edgelab.table import check_columns

from ._named_edges import NamedEdges, named_pairs

Pair = tuple[str, str]
# A prior in which nearly every edge also runs backwards is an undirected network written twice. A
# single loop of two, such as a gene and its repressor, is knowledge of its own and stays allowed.
_UNDIRECTED = 0.9


def check_split(
    known_edges: NamedEdges, training_edges: NamedEdges, held_out_edges: NamedEdges
) -> int:
    """Refuse a split from which held-out edges can be read off.

    Args:
        known_edges: All known edges.
        training_edges: The edges that scorers are shown.
        held_out_edges: The edges that they are to find.

    Returns:
        How many held-out edges run backwards along a training edge, which a directed network may
        well have.

    Raises:
        LeakageError: If a held-out edge is a training edge, one of the two is not among the known
            edges, nothing is held out, or the network is undirected, every edge listed both ways,
            and only one of the ways was held out.

    Example:
        >>> check_split([("a", "b"), ("b", "c")], [("a", "b")], [("b", "c")])
        0
        >>> check_split([("a", "b"), ("b", "c")], [("a", "b"), ("b", "c")], [("b", "c")])
        Traceback (most recent call last):
        ...
        edgelab.errors.LeakageError: 1 held-out edges are in the training graph: ('b', 'c'). Hold
        out what is not shown.
    """
    known = set(named_pairs(known_edges))
    training = set(named_pairs(training_edges))
    held_out = set(named_pairs(held_out_edges))
    if not held_out:
        raise LeakageError(
            "no edge is held out, so nothing can be judged. Hold out a larger fraction."
        )
    both = training & held_out
    if both:
        raise LeakageError(
            f"{len(both)} held-out edges are in the training graph: {shorten(sorted(both))}. "
            "Hold out what is not shown."
        )
    foreign = (training | held_out) - known
    if foreign:
        raise LeakageError(
            f"{len(foreign)} edges of the split are not among the known ones: "
            f"{shorten(sorted(foreign))}. Split the graph that is judged."
        )
    reversed_ones = {pair for pair in held_out if pair[::-1] in training}
    if reversed_ones and _share_both_ways(known) >= _UNDIRECTED:
        raise LeakageError(
            f"{len(reversed_ones)} held-out edges are in the training graph the other way round, "
            f"and this network lists its edges both ways: {shorten(sorted(reversed_ones))}. Hold "
            "out both ways together, or list each edge once."
        )
    return len(reversed_ones)


def check_table(
    table: pd.DataFrame, training_edges: NamedEdges, functions: Collection[str]
) -> None:
    """Refuse an edge table that was not made from the training graph, or leaves candidates out.

    Args:
        table: What a scorer returned for one hold-out: `src_func`, `dst_func`, `has_edge`.
        training_edges: The edges that it was shown.
        functions: Names of all functions; every ordered pair of two different ones must have its
            row.

    Raises:
        LeakageError: If the edges marked in the table are not the training edges, or a pair has no
            row: a scorer that leaves pairs out may know which ones matter.

    Example:
        >>> rows = {"src_func": ["a", "b"], "dst_func": ["b", "a"], "has_edge": [True, False]}
        >>> table = pd.DataFrame(rows)
        >>> check_table(table, [("a", "b")], ["a", "b"])
    """
    check_columns(table, ("src_func", "dst_func", "has_edge"))
    marked = table.loc[table["has_edge"].to_numpy(dtype=bool), ["src_func", "dst_func"]].astype(str)
    shown = set(marked.itertuples(index=False, name=None))
    training = set(named_pairs(training_edges))
    wrong = shown ^ training
    if wrong:
        raise LeakageError(
            f"the table marks {len(shown)} edges, but the scorer was shown {len(training)}; they "
            f"differ in {len(wrong)}: {shorten(sorted(wrong))}. Score the training graph and "
            "nothing else."
        )
    n_pairs = len(functions) * (len(functions) - 1)
    n_rows = int(np.count_nonzero(table["src_func"].astype(str) != table["dst_func"].astype(str)))
    if n_rows != n_pairs:
        raise LeakageError(
            f"the table has {n_rows} rows for {n_pairs} pairs. A benchmark needs every pair: do "
            "not cut the table with `top=`, and score what cannot be estimated as NaN."
        )


def _share_both_ways(edges: set[Pair]) -> float:
    return sum(pair[::-1] in edges for pair in edges) / len(edges)
