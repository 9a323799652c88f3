"""From raw scores to the one edge table: names, existing edges, q-values, order. Every scorer goes through here."""

from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np
import pandas as pd

from edgelab.errors import ConfigError, TableError
from edgelab.evaluation import bh_qvalues, bh_qvalues_within
from edgelab.inference.pairs import PairSpace
from edgelab.inference.protocol import Matrix, RawScores, ScoreBlock
from edgelab.inference.top import best_per_target
from edgelab.table import descending_order, name_order
from edgelab.typing import Array, Bool, Int, Tensor

QFamily = Literal["candidates", "all"]
"""Which rows share the Benjamini-Hochberg correction: pairs that are no edge yet, or every row."""

BLOCK_ENTRIES = 2**22
"""Pairs that streaming holds at a time: 4 M float64 are 32 MB per matrix."""

Columns = dict[str, Array]


def edge_table(
    score: ScoreBlock,
    pairs: PairSpace,
    *,
    exclude_self: bool = True,
    q_family: QFamily = "candidates",
    top: int | None = None,
) -> pd.DataFrame:
    """The edge table of a scorer, best pair first.

    Names are categorical (their categories are the node names), so 4 million rows take 0.2 GB. Ties are broken by
    source and then target name: relabelling the nodes' order changes nothing but `src_idx` and `dst_idx`.

    Args:
        score: Gives the raw scores of a range of targets, usually `scorer.raw_scores`.
        pairs: The pairs that are scored, usually `scorer.pairs`.
        exclude_self: Leave out pairs of a node with itself.
        q_family: `"candidates"` corrects over the pairs that are no edge yet, and gives edges no q-value;
            `"all"` corrects over every row.
        top: Keep only the best `top` candidates of every target (the best `top` overall are among them): pairs that
            are no edge and whose score is not NaN. Blocks of targets are then scored one after the other and the full
            table never exists; q-values still correct over the whole family, whose p-values are kept (8 bytes a pair).

    Returns:
        The columns of `edgelab.table.COLUMNS`, then the scorer's extras.

    Raises:
        ConfigError: If `top` is not a positive integer or `q_family` unknown.
        TableError: If the scorer returns a matrix of the wrong shape.

    Example:
        >>> from edgelab.inference import PairSpace, RawScores
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> strength = np.array([[0.0, 0.9], [0.4, 0.0]])
        >>> table = edge_table(lambda targets: RawScores(score=strength[:, targets]), pairs)
        >>> table[["src_func", "dst_func", "score", "has_edge"]].to_numpy().tolist()
        [['raf', 'mek', 0.9, True], ['mek', 'raf', 0.4, False]]
    """
    if q_family not in get_args(QFamily):
        raise ConfigError(f"q_family must be one of {list(get_args(QFamily))}, got {q_family!r}")
    if top is None:
        return _full_table(score, pairs, exclude_self, q_family)
    if not (isinstance(top, int) and top > 0):
        raise ConfigError(f"top must be a positive integer or None (every pair), got {top!r}")
    return _top_table(score, pairs, exclude_self, q_family, top)


def _full_table(score: ScoreBlock, pairs: PairSpace, exclude_self: bool, q_family: QFamily) -> pd.DataFrame:
    targets = slice(0, pairs.n_targets)
    raw = checked_scores(score, pairs, targets)
    listed = ~pairs.self_mask(targets) if exclude_self else np.ones(raw.shape, dtype=bool)
    rows = _flat_in_name_order(listed, name_order(pairs.sources), name_order(pairs.targets))
    rows = rows[descending_order(as_array(raw.score).ravel()[rows])]
    columns = _gather(raw, pairs, targets, rows)
    columns["q_value"] = np.full(rows.size, np.nan)
    if raw.p_value is not None:
        family = _in_family(columns, pairs, q_family)
        columns["q_value"][family] = bh_qvalues(columns["p_value"][family])
    return _as_frame(columns, pairs)


def _top_table(score: ScoreBlock, pairs: PairSpace, exclude_self: bool, q_family: QFamily, top: int) -> pd.DataFrame:
    by_source, by_target = name_order(pairs.sources), name_order(pairs.targets)
    family = np.empty(0)
    n_family = 0
    kept: list[Columns] = []
    for targets in target_blocks(pairs):
        raw = checked_scores(score, pairs, targets)
        listed = ~pairs.self_mask(targets) if exclude_self else np.ones(raw.shape, dtype=bool)
        candidate = listed & ~pairs.edge_mask(targets)
        kept.append(_best_of_block(raw, pairs, targets, candidate, by_source, top))
        if raw.p_value is not None:
            if not family.size:
                family = np.empty(pairs.n_sources * pairs.n_targets)
            distinct = candidate & ~pairs.self_mask(targets)
            p_value = as_array(raw.p_value)[listed if q_family == "all" else distinct]
            p_value = p_value[~np.isnan(p_value)]
            family[n_family : n_family + p_value.size] = p_value
            n_family += p_value.size
    columns = {name: np.concatenate([block[name] for block in kept]) for name in kept[0]}
    columns = _sorted_columns(columns, by_source, by_target)
    columns["q_value"] = np.full(columns["score"].size, np.nan)
    if family.size:
        tested = _in_family(columns, pairs, q_family)
        columns["q_value"][tested] = bh_qvalues_within(columns["p_value"][tested], family[:n_family])
    return _as_frame(columns, pairs)


def _best_of_block(
    raw: RawScores,
    pairs: PairSpace,
    targets: slice,
    candidate: Bool[Array, "sources targets"],
    by_source: Int[Array, " sources"],
    top: int,
) -> Columns:
    # In the order of the source names, so that "first of equals" does not mean "first in node order".
    by_name = np.where(candidate, as_array(raw.score), np.nan)[by_source]
    chosen = np.empty(raw.shape, dtype=bool)
    chosen[by_source] = best_per_target(by_name, top)
    return _gather(raw, pairs, targets, np.flatnonzero(chosen))


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
    for start in range(0, pairs.n_targets, width):
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
    """
    raw = score(targets)
    expected = (pairs.n_sources, targets.stop - targets.start)
    if raw.shape != expected:
        raise TableError(f"the scorer returned scores of shape {raw.shape}, {expected} (sources, targets) are needed")
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


def _flat_in_name_order(
    listed: Bool[Array, "sources targets"], by_source: Int[Array, " sources"], by_target: Int[Array, " targets"]
) -> Int[Array, " rows"]:
    # Positions in the flattened block, by source name and then target name.
    flat = (by_source[:, None] * listed.shape[1] + by_target).ravel()
    return flat[listed.ravel()[flat]]


def _gather(raw: RawScores, pairs: PairSpace, targets: slice, rows: Int[Array, " rows"]) -> Columns:
    source, target = np.divmod(rows, raw.shape[1])

    def take(matrix: Matrix) -> Array:
        return as_array(matrix).ravel().take(rows)

    return {
        "src_idx": source.astype(np.int32),
        "dst_idx": (target + targets.start).astype(np.int32),
        "score": take(raw.score).astype(np.float64, copy=False),
        "has_edge": take(pairs.edge_mask(targets)),
        "p_value": np.full(rows.size, np.nan)
        if raw.p_value is None
        else take(raw.p_value).astype(np.float64, copy=False),
        **{name: take(matrix) for name, matrix in raw.extras.items()},
    }


def _sorted_columns(columns: Columns, by_source: Int[Array, " sources"], by_target: Int[Array, " targets"]) -> Columns:
    rank_source, rank_target = np.argsort(by_source), np.argsort(by_target)
    by_name = np.lexsort((rank_target[columns["dst_idx"]], rank_source[columns["src_idx"]]))
    order = by_name[descending_order(columns["score"][by_name])]
    return {name: column[order] for name, column in columns.items()}


def _in_family(columns: Columns, pairs: PairSpace, q_family: QFamily) -> Bool[Array, " rows"]:
    if q_family == "all":
        return np.ones(columns["score"].size, dtype=bool)
    distinct = ~columns["has_edge"]
    return distinct & (columns["src_idx"] != columns["dst_idx"]) if pairs.same_nodes else distinct


def _as_frame(columns: Columns, pairs: PairSpace) -> pd.DataFrame:
    fixed = ("src_idx", "dst_idx", "score", "has_edge", "p_value", "q_value")
    named = {
        "src_func": pd.Categorical.from_codes(columns["src_idx"], categories=pd.Index(pairs.sources)),
        "dst_func": pd.Categorical.from_codes(columns["dst_idx"], categories=pd.Index(pairs.targets)),
        **{name: columns[name] for name in fixed},
    }
    extras = {name: column for name, column in columns.items() if name not in fixed}
    return pd.DataFrame(named | extras, copy=False)
