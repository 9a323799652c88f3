"""How well the scores of an edge table recover held-out edges."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from edgelab.checks import check_integer
from edgelab.table import check_columns, descending_order
from edgelab.typing import Array, Float

from ._named_edges import NamedEdges
from ._pair_metrics import average_precision, early_precision_ratio, roc_auc, score_levels
from ._ranks import mean_reciprocal_rank, ranks_within_target, top_at_k
from ._roles import RowRoles, assign_roles


def evaluate_against(
    table: pd.DataFrame,
    positive_edges: NamedEdges,
    *,
    known_edges: NamedEdges = (),
    top_k: Sequence[int] = (1, 3, 5),
    filtered: bool = True,
) -> dict[str, float]:
    """Judge how well the scores of a table recover held-out edges.

    Nothing is left out of the count: a NaN score ranks below every number, and a held-out edge
    without a row in the table below every row (its reciprocal rank is 0). Of a table cut with
    `top=` only `top@k` with k <= top is therefore exact. Ties count with their mean rank. A node
    with itself is never a false edge.

    Args:
        table: An edge table with `src_func`, `dst_func`, `score`, `has_edge`; the order of the rows
            does not matter.
        positive_edges: The held-out edges, as pairs of names or a table with `source` and `target`.
        known_edges: Further true edges that the scorer did not see, such as those of the other
            split: they are neither true nor false. Those that are also in `positive_edges` stay
            true.
        top_k: For which k to report the fraction of held-out edges ranked at most k within their
            target.
        filtered: If true, a held-out edge is ranked against false edges only. If false, against
            every other source of its target, edges of the graph and other held-out edges included,
            and `known_edges` count as false: the definition of the reference implementation, for
            comparison with its published numbers.

    Returns:
        `auc`, `auprc`, `early_precision_ratio`, `mrr`, `top@k` for each k, `n_positives` (with
        those missing), `n_negatives` and `n_missing`. `auc` is NaN when there is no false edge.

    Raises:
        TableError: If the table lacks a column or repeats a pair, there is no positive edge, a name
            is unknown to the table, or a positive edge is an edge of the graph.
        ConfigError: If a k is not a positive integer.

    Example:
        >>> sources, targets = ["raf", "mek", "akt", "akt"], ["mek", "raf", "raf", "mek"]
        >>> rows = {"src_func": sources, "dst_func": targets, "score": [0.9, 0.4, 0.1, 0.2]}
        >>> table = pd.DataFrame(rows).assign(has_edge=False)
        >>> result = evaluate_against(table, [("raf", "mek"), ("akt", "raf")], top_k=(1,))
        >>> result["auc"], result["mrr"], result["top@1"], result["n_negatives"]
        (0.5, 0.75, 0.5, 2)
    """
    check_columns(table, ("score",))
    roles = assign_roles(table, positive_edges, known_edges=known_edges, filtered=filtered)
    score = table["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    # Sorted once, here: the metrics below then work on sorted rows, several times faster.
    order = descending_order(score)
    judged = order[(roles.is_positive | roles.is_negative)[order]]
    level = score_levels(score).astype(np.float64)
    level_or_missing = np.concatenate([level[judged], np.full(roles.n_missing, -1.0)])
    is_positive = np.concatenate([roles.is_positive[judged], np.ones(roles.n_missing, dtype=bool)])
    ranking = _rank_positives(level, roles)
    return {
        "auc": roc_auc(level_or_missing, is_positive),
        "auprc": average_precision(level_or_missing, is_positive),
        "early_precision_ratio": early_precision_ratio(level_or_missing, is_positive),
        **summarise_ranks(ranking["rank"].to_numpy(), top_k),
        "n_positives": len(roles.positives),
        "n_negatives": int(np.count_nonzero(roles.is_negative)),
        "n_missing": roles.n_missing,
    }


def evaluate_target_ranking(
    table: pd.DataFrame,
    positive_edges: NamedEdges,
    score_col: str = "score",
    top_k: Sequence[int] = (1, 3, 5),
    *,
    known_edges: NamedEdges = (),
    filtered: bool = True,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Rank of every held-out edge within its target, and the summary of these ranks.

    Args:
        table: An edge table.
        positive_edges: The held-out edges, as pairs of names or a table with `source` and `target`.
        score_col: The column to rank by; larger means likelier, NaN ranks last.
        top_k: For which k to report the fraction of edges ranked at most k.
        known_edges: Further true edges, left out of the pools when `filtered`.
        filtered: Rank against false sources only; if false, against every other source.

    Returns:
        One row per held-out edge, sorted by name (`src_func, dst_func, score, best_rank, rank,
        worst_rank`), and a dict with `mrr` and `top@k`. `rank` is the mean rank of ties; an edge
        without a row has the rank infinity.

    Raises:
        TableError: As `evaluate_against`.
        ConfigError: If a k is not a positive integer.

    Example:
        >>> rows = {"src_func": ["a", "b"], "dst_func": ["c", "c"], "score": [0.2, 0.7]}
        >>> table = pd.DataFrame(rows).assign(has_edge=False)
        >>> ranking, summary = evaluate_target_ranking(table, [("a", "c")], top_k=(1,))
        >>> ranking["rank"].tolist(), summary
        ([2.0], {'mrr': 0.5, 'top@1': 0.0})
    """
    check_columns(table, (score_col,))
    roles = assign_roles(table, positive_edges, known_edges=known_edges, filtered=filtered)
    score = table[score_col].to_numpy(dtype=np.float64, na_value=np.nan)
    ranking = _rank_positives(score, roles)
    return ranking, summarise_ranks(ranking["rank"].to_numpy(), top_k)


def summarise_ranks(rank: Float[Array, " positives"], top_k: Sequence[int]) -> dict[str, float]:
    """Mean reciprocal rank `mrr` and, for each k, the fraction `top@k` ranked at most k."""
    for k in top_k:
        check_integer("every k of top_k", k)
    return {"mrr": mean_reciprocal_rank(rank)} | {f"top@{k}": top_at_k(rank, k) for k in top_k}


def _rank_positives(score: Float[Array, " rows"], roles: RowRoles) -> pd.DataFrame:
    """Rank of every true edge: the table described at `evaluate_target_ranking`."""
    ranks = ranks_within_target(score, roles.target, roles.is_positive, roles.is_competitor)
    has_row = roles.positive_row >= 0
    # Ranks come in the order of the rows; `place` finds them again for the positives, which are
    # sorted by name.
    place = np.cumsum(roles.is_positive)[roles.positive_row[has_row]] - 1

    def spread(values: Array, missing: float) -> Float[Array, " positives"]:
        column = np.full(has_row.size, missing)
        column[has_row] = values
        return column

    return pd.DataFrame(
        {
            "src_func": [source for source, _ in roles.positives],
            "dst_func": [target for _, target in roles.positives],
            "score": spread(score[roles.positive_row[has_row]], np.nan),
            "best_rank": spread(ranks.best[place], np.inf),
            "rank": spread(ranks.mean[place], np.inf),
            "worst_rank": spread(ranks.worst[place], np.inf),
        }
    )
