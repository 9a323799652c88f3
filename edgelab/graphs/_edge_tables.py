"""Edge tables: names, signs, weights and duplicates, checked once."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from edgelab.checks import check_choice
from edgelab.errors import GraphError, shorten
from edgelab.naming import natural_pair_key

from ._signs import parse_signs

Edges = pd.DataFrame | Iterable[Sequence[str]]
"""A table with columns `source` and `target`, perhaps `sign` and `weight`; or pairs of names."""

OnDuplicate = Literal["error", "drop"]


def check_edges(edges: Edges, where: str, on_duplicate: OnDuplicate = "error") -> pd.DataFrame:
    """Edges as a checked table of names, signs and weights.

    Args:
        edges: A table with columns `source` and `target`, perhaps `sign` and `weight` (other
            columns are annotation and left out), or pairs of names. A set is sorted first, since
            its order differs from run to run.
        where: How the table is called in messages.
        on_duplicate: `"error"`, or `"drop"` to keep the first of equal rows.

    Returns:
        A new table with columns `source`, `target` (text) and, where given, `sign` (int8; -1, 0
        unknown, 1) and `weight` (float64).

    Raises:
        GraphError: If a column, a name, a sign or a weight breaks a rule, or if an edge occurs
            twice.

    Example:
        >>> check_edges([("A", "B")], "edges").to_dict("records")
        [{'source': 'A', 'target': 'B'}]
    """
    frame = _frame(edges, where)
    _check_columns(frame, where)
    checked = pd.DataFrame(
        {name: _names(frame[name], f"{where}, column {name!r}") for name in ("source", "target")}
    )
    if "sign" in frame:
        checked["sign"] = parse_signs(frame["sign"], where)
    if "weight" in frame:
        checked["weight"] = parse_weights(frame["weight"], where)
    return _without_duplicates(checked, where, on_duplicate)


def edges_in_natural_order(edges: pd.DataFrame) -> pd.DataFrame:
    """The rows of an edge table in the natural order of source, then target (`f2` before `f10`).

    Args:
        edges: A table with columns `source` and `target`.

    Returns:
        The same rows, index included.

    Example:
        >>> edges = pd.DataFrame({"source": ["f10", "f2"], "target": ["a", "b"]})
        >>> edges_in_natural_order(edges)["source"].tolist()
        ['f2', 'f10']
    """
    keys = list(map(natural_pair_key, zip(edges["source"], edges["target"], strict=True)))
    return edges.iloc[sorted(range(len(keys)), key=keys.__getitem__)]


def check_names(names: pd.Series, where: str) -> None:
    """Refuse names that are missing, not text, blank, or padded with white space."""
    missing = np.flatnonzero(names.isna())
    if missing.size:
        raise GraphError(
            f"{where}: {missing.size} names are missing (NaN or None), first in rows "
            f"{shorten(missing.tolist())} counted from 0. Fill them in or remove those rows "
            "(.dropna())."
        )
    distinct = names.drop_duplicates()
    other = [name for name in distinct if not isinstance(name, str)]
    if other:
        raise GraphError(
            f"{where}: names must be text, got {shorten(other)}. Convert them first (.astype(str))."
        )
    stripped = distinct.str.strip()
    if (stripped == "").any():
        rows = np.flatnonzero(names.str.strip() == "").tolist()
        raise GraphError(
            f"{where}: blank names in rows {shorten(rows)} counted from 0. Fill in or remove them."
        )
    padded = distinct[(stripped != distinct).to_numpy(dtype=bool)]
    if len(padded):
        raise GraphError(
            f"{where}: {len(padded)} names begin or end with white space: {shorten(padded)}. "
            "Strip them (.str.strip())."
        )


def parse_weights(weights: pd.Series, where: str) -> pd.Series:
    """Numbers, or text that spells numbers, as weights (float64)."""
    numbers = pd.to_numeric(weights, errors="coerce").astype(np.float64)
    # A graph holds float32: what overflows there is refused here, where the row is known.
    with np.errstate(over="ignore"):
        bad = np.flatnonzero(~np.isfinite(numbers.to_numpy().astype(np.float32)))
    if bad.size:
        raise GraphError(
            f"{where}: a weight must be a finite number, got {shorten(weights.iloc[bad])} in rows "
            f"{shorten(bad.tolist())} counted from 0. Fill in the weights or remove the column."
        )
    return numbers


def arrows(edges: pd.DataFrame, limit: int = 5) -> str:
    """The first few edges of a table as text, for use inside a message."""
    first = edges.head(limit)
    pairs = zip(first["source"], first["target"], strict=True)
    listed = ", ".join(f"{source!r} -> {target!r}" for source, target in pairs)
    n_more = len(edges) - limit
    return f"{listed} and {n_more} more" if n_more > 0 else listed


def _frame(edges: Edges, where: str) -> pd.DataFrame:
    if isinstance(edges, pd.DataFrame):
        return edges.reset_index(drop=True)
    pairs = sorted(edges) if isinstance(edges, set | frozenset) else list(edges)
    wrong = [pair for pair in pairs if not (isinstance(pair, tuple | list) and len(pair) == 2)]
    if wrong:
        raise GraphError(
            f"{where}: every edge must be a pair (source, target), got {shorten(wrong)}. "
            "For signs or weights pass a DataFrame with columns source, target, sign, weight."
        )
    return pd.DataFrame(
        {"source": [pair[0] for pair in pairs], "target": [pair[1] for pair in pairs]}, dtype=object
    )


def _check_columns(frame: pd.DataFrame, where: str) -> None:
    columns = [str(column) for column in frame.columns]
    wanted = ("source", "target", "sign", "weight")
    twice = [name for name in wanted if columns.count(name) > 1]
    if twice:
        raise GraphError(
            f"{where}: the table has several columns called {shorten(twice)}. Keep one of each."
        )
    # `Sign` would otherwise pass for an annotation and be left out without a word.
    misspelt = [name for name in columns if name not in wanted and name.strip().lower() in wanted]
    absent = [name for name in ("source", "target") if name not in columns]
    if absent or misspelt:
        raise GraphError(
            f"{where}: the table needs columns 'source' and 'target' and may have 'sign' and "
            f"'weight', spelt so; got {shorten(columns, limit=8)}. Rename them: "
            "table.rename(columns={'old': 'source'})."
        )


def _names(names: pd.Series, where: str) -> pd.Series:
    # Plain Python strings: looking up a million of them is several times faster than with Arrow's.
    plain = names.astype(object)
    check_names(plain, where)
    return plain


def _without_duplicates(edges: pd.DataFrame, where: str, on_duplicate: OnDuplicate) -> pd.DataFrame:
    check_choice("on_duplicate", on_duplicate, ("error", "drop"))
    repeated = edges.duplicated(["source", "target"])
    if not repeated.any():
        return edges
    twice = edges[repeated].drop_duplicates(["source", "target"])
    if on_duplicate == "error":
        raise GraphError(
            f"{where}: {len(twice)} edges occur more than once: {arrows(twice)}. Remove the "
            "copies, or keep the first of each with on_duplicate='drop' of build_graph and "
            "load_dataset (--on-duplicate drop)."
        )
    distinct = edges.drop_duplicates()
    contradicting = distinct[distinct.duplicated(["source", "target"])]
    if len(contradicting):
        raise GraphError(
            f"{where}: copies of {len(contradicting)} edges contradict one another in sign or "
            f"weight: {arrows(contradicting)}. Decide which one holds (sign 0 means unknown) and "
            "keep only that."
        )
    return distinct.reset_index(drop=True)
