"""One call that says how well a table of scores recovers held-out edges."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from edgelab.table import check_columns, descending_order

from ._edge_sets import NamedEdges
from ._levels import score_levels
from ._precision import average_precision, early_precision_ratio
from ._roc import roc_auc
from ._roles import assign_roles
from ._target_ranking import rank_positives, summarise_ranks


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
        >>> rows = [("raf", "mek", 0.9), ("mek", "raf", 0.4), ("akt", "raf", 0.1), ("akt", "mek", 0.2)]
        >>> table = pd.DataFrame(rows, columns=["src_func", "dst_func", "score"]).assign(has_edge=False)
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
    ranking = rank_positives(level, roles)
    return {
        "auc": roc_auc(level_or_missing, is_positive),
        "auprc": average_precision(level_or_missing, is_positive),
        "early_precision_ratio": early_precision_ratio(level_or_missing, is_positive),
        **summarise_ranks(ranking["rank"].to_numpy(), top_k),
        "n_positives": len(roles.positives),
        "n_negatives": int(np.count_nonzero(roles.is_negative)),
        "n_missing": roles.n_missing,
    }
