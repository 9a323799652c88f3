"""The edge table of a scorer: names, existing edges, q-values and order for its raw scores."""

from typing import get_args

import numpy as np
import pandas as pd

from edgelab.checks import check_choice, check_integer
from edgelab.evaluation import bh_qvalues, bh_qvalues_within
from edgelab.table import descending_order, name_order
from edgelab.typing import Array, Bool, Float, Int

from ._columns import (
    Columns,
    PValueStore,
    QFamily,
    as_array,
    as_frame,
    checked_scores,
    gather_columns,
    in_family,
    listed_pairs,
    scored_blocks,
)
from ._pairs import PairSpace
from ._scorer import RawScores, ScoreBlock


def edge_table(
    score: ScoreBlock,
    pairs: PairSpace,
    *,
    exclude_self: bool = True,
    q_family: QFamily = "candidates",
    top: int | None = None,
) -> pd.DataFrame:
    """The edge table of a scorer, best pair first.

    Names are categorical (their categories are the node names), so 4 million rows take 0.2 GB. Ties
    are broken by source and then target name: relabelling the nodes' order changes nothing but
    `src_idx` and `dst_idx`.

    Args:
        score: Gives the raw scores of a range of targets, usually `scorer.raw_scores`.
        pairs: The pairs that are scored, usually `scorer.pairs`.
        exclude_self: Leave out pairs of a node with itself.
        q_family: `"candidates"` corrects over the pairs that are no edge yet, and gives edges no
            q-value; `"all"` corrects over every row.
        top: Keep only the best `top` candidates of every target (the best `top` overall are among
            them): pairs that are no edge and whose score is not NaN. Blocks of targets are then
            scored one after the other and the full table never exists; q-values still correct over
            the whole family, whose p-values are kept (8 bytes a pair).

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
    check_choice("q_family", q_family, get_args(QFamily))
    if top is None:
        return _full_table(score, pairs, exclude_self, q_family)
    check_integer("top", top, why="None keeps every pair")
    return _top_table(score, pairs, exclude_self, q_family, top)


def _full_table(
    score: ScoreBlock, pairs: PairSpace, exclude_self: bool, q_family: QFamily
) -> pd.DataFrame:
    targets = slice(0, pairs.n_targets)
    raw = checked_scores(score, pairs, targets)
    rows = _flat_in_name_order(listed_pairs(pairs, targets, exclude_self), pairs)
    rows = rows[descending_order(as_array(raw.score).ravel().take(rows))]
    columns = gather_columns(raw, pairs, targets, rows)
    columns["q_value"] = np.full(rows.size, np.nan)
    if raw.p_value is not None:
        family = in_family(columns, pairs, q_family)
        columns["q_value"][family] = bh_qvalues(columns["p_value"][family])
    return as_frame(columns, pairs)


def _top_table(
    score: ScoreBlock, pairs: PairSpace, exclude_self: bool, q_family: QFamily, top: int
) -> pd.DataFrame:
    by_source = name_order(pairs.sources)
    tested = PValueStore(pairs.n_sources * pairs.n_targets)
    kept: list[Columns] = []
    for targets, raw in scored_blocks(score, pairs):
        listed = listed_pairs(pairs, targets, exclude_self)
        candidate = listed & ~pairs.edge_mask(targets)
        kept.append(_best_of_block(raw, pairs, targets, candidate, by_source, top))
        if raw.p_value is not None:
            family = listed if q_family == "all" else candidate & ~pairs.self_mask(targets)
            tested.add(as_array(raw.p_value)[family])
    together = {name: np.concatenate([block[name] for block in kept]) for name in kept[0]}
    columns = _sorted_columns(together, pairs)
    columns["q_value"] = np.full(columns["score"].size, np.nan)
    family = in_family(columns, pairs, q_family)
    columns["q_value"][family] = bh_qvalues_within(columns["p_value"][family], tested.values())
    return as_frame(columns, pairs)


def _best_of_block(
    raw: RawScores,
    pairs: PairSpace,
    targets: slice,
    candidate: Bool[Array, "sources targets"],
    by_source: Int[Array, " sources"],
    top: int,
) -> Columns:
    # In the order of the source names, so that "first of equals" does not mean "first in node
    # order".
    by_name = np.where(candidate, as_array(raw.score), np.nan)[by_source]
    best = np.empty(raw.shape, dtype=bool)
    best[by_source] = best_per_target(by_name, top)
    return gather_columns(raw, pairs, targets, np.flatnonzero(best))


def best_per_target(
    score: Float[Array, "sources targets"], n_best: int
) -> Bool[Array, "sources targets"]:
    """Mark the largest scores of every column, never NaN; of equal ones those of the first rows."""
    known = ~np.isnan(score)
    if n_best >= score.shape[0]:
        return known
    # A copy with -inf for NaN finds the boundary; `known` keeps NaN apart from scores that are -inf
    # themselves.
    filled = np.where(known, score, -np.inf)
    boundary = np.partition(filled, score.shape[0] - n_best, axis=0)[score.shape[0] - n_best]
    above = filled > boundary
    level = (filled == boundary) & known
    room = n_best - above.sum(axis=0)
    return above | (level & (np.cumsum(level, axis=0, dtype=np.int32) <= room))


def _flat_in_name_order(
    listed: Bool[Array, "sources targets"], pairs: PairSpace
) -> Int[Array, " rows"]:
    """Positions of the listed pairs in the flattened matrix, by source and then target name."""
    by_source = name_order(pairs.sources)[:, None]
    flat = (by_source * pairs.n_targets + name_order(pairs.targets)).ravel()
    return flat[listed.ravel()[flat]]


def _sorted_columns(columns: Columns, pairs: PairSpace) -> Columns:
    """Best score first, equal ones by source name and then target name."""
    source_rank = np.argsort(name_order(pairs.sources))
    target_rank = np.argsort(name_order(pairs.targets))
    by_name = np.lexsort((target_rank[columns["dst_idx"]], source_rank[columns["src_idx"]]))
    order = by_name[descending_order(columns["score"][by_name])]
    return {name: column[order] for name, column in columns.items()}
