"""The rank of every held-out edge among the sources of its target."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from edgelab.errors import ConfigError
from edgelab.table import check_columns
from edgelab.typing import Array, Float

from ._edge_sets import NamedEdges
from ._ranks import mean_reciprocal_rank, ranks_within_target, top_at_k
from ._roles import RowRoles, assign_roles


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
        >>> table = pd.DataFrame(
        ...     {"src_func": ["a", "b"], "dst_func": ["c", "c"], "score": [0.2, 0.7], "has_edge": [False, False]}
        ... )
        >>> ranking, summary = evaluate_target_ranking(table, [("a", "c")], top_k=(1,))
        >>> ranking["rank"].tolist(), summary
        ([2.0], {'mrr': 0.5, 'top@1': 0.0})
    """
    check_columns(table, (score_col,))
    roles = assign_roles(table, positive_edges, known_edges=known_edges, filtered=filtered)
    ranking = rank_positives(table[score_col].to_numpy(dtype=np.float64, na_value=np.nan), roles)
    return ranking, summarise_ranks(ranking["rank"].to_numpy(), top_k)


def rank_positives(score: Float[Array, " rows"], roles: RowRoles) -> pd.DataFrame:
    """Rank of every true edge, one row each.

    Args:
        score: Score of each row of the table.
        roles: What each row is.

    Returns:
        The table described at `evaluate_target_ranking`.

    Example:
        >>> table = pd.DataFrame({"src_func": ["a", "b"], "dst_func": ["c", "c"], "has_edge": [False, False]})
        >>> rank_positives(np.array([0.2, 0.7]), assign_roles(table, [("a", "c")]))["rank"].tolist()
        [2.0]
    """
    ranks = ranks_within_target(score, roles.target, roles.is_positive, roles.is_competitor)
    found = roles.positive_row >= 0
    # Ranks come in the order of the rows; `place` finds them again for the positives, which are
    # sorted by name.
    place = np.cumsum(roles.is_positive)[roles.positive_row[found]] - 1

    def spread(values: Array, missing: float) -> Float[Array, " positives"]:
        column = np.full(found.size, missing)
        column[found] = values
        return column

    return pd.DataFrame(
        {
            "src_func": [source for source, _ in roles.positives],
            "dst_func": [target for _, target in roles.positives],
            "score": spread(score[roles.positive_row[found]], np.nan),
            "best_rank": spread(ranks.best[place], np.inf),
            "rank": spread(ranks.mean[place], np.inf),
            "worst_rank": spread(ranks.worst[place], np.inf),
        }
    )


def summarise_ranks(rank: Float[Array, " positives"], top_k: Sequence[int]) -> dict[str, float]:
    """Mean reciprocal rank and the fractions ranked at most k.

    Args:
        rank: Rank of each true edge.
        top_k: The values of k.

    Returns:
        `mrr` and one `top@k` for each k.

    Raises:
        ConfigError: If a k is not a positive integer.

    Example:
        >>> summarise_ranks(np.array([1.0, 2.0]), (1,))
        {'mrr': 0.75, 'top@1': 0.5}
    """
    wrong = [k for k in top_k if not (isinstance(k, int) and k > 0)]
    if wrong:
        raise ConfigError(f"top_k must hold positive integers, got {wrong[0]!r}")
    return {"mrr": mean_reciprocal_rank(rank)} | {f"top@{k}": top_at_k(rank, k) for k in top_k}
