"""Held-out edges against false ones of the same degrees, where topology alone finds nothing.

True edges sit at well-connected nodes. Against all other pairs, a score that only counts a source's
known edges therefore looks excellent. Here every true edge is compared with the false ones whose
source has about as many known targets, and whose target about as many known sources, as its own.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from edgelab.errors import TableError
from edgelab.table import check_columns
from edgelab.typing import Array, Bool, Float, Int

from ._named_edges import NamedEdges
from ._pair_metrics import score_levels
from ._recovery import summarise_ranks
from ._roles import RowNames, RowRoles, assign_roles

# How many false edges, at least, a true one is compared with: those of the nearest degrees. Fewer
# would follow its degrees more closely and be noisier.
_LEAST_PAIRS = 20
# The same within one target, which has few false sources.
_LEAST_SOURCES = 3
# Distances are differences of logarithms: equal ones may differ in the last bits.
_SAME = 1e-12


def evaluate_degree_matched(
    table: pd.DataFrame,
    positive_edges: NamedEdges,
    *,
    known_edges: NamedEdges = (),
    top_k: Sequence[int] = (1, 3, 5),
) -> dict[str, float]:
    """Judge how well scores tell held-out edges from false ones of the same degrees.

    Degrees are those in the graph that the scorer saw. False edges are weighted, none is drawn at
    random, and the weights add up to their number: chance has the same `auprc` and `mrr` as with
    all false edges counting alike. `auc` and `auprc` match both ends; ranks are within a target, so
    there only the source is matched.

    Args:
        table: An edge table of all pairs: `src_func`, `dst_func`, `score`, `has_edge`.
        positive_edges: The held-out edges, as pairs of names or a table with `source` and `target`.
        known_edges: Further true edges that the scorer did not see; neither true nor false.
        top_k: For which k to report the fraction of held-out edges ranked at most k within their
            target.

    Returns:
        `auc_matched`, `auprc_matched`, `mrr_matched` and `top@k_matched` for each k. Ranks are
        expected ranks: one plus the number of competitors times the share of matched ones that
        score higher, ties counting one half.

    Raises:
        TableError: As `evaluate_against`, and if a held-out edge has no row or no pair is false.
        ConfigError: If a k is not a positive integer.

    Example:
        >>> table = pd.DataFrame(
        ...     [("a", "c", 0.9), ("b", "c", 0.1), ("a", "b", 0.3), ("b", "a", 0.2)],
        ...     columns=["src_func", "dst_func", "score"],
        ... ).assign(has_edge=[False, False, True, False])
        >>> evaluate_degree_matched(table, [("a", "c")], top_k=(1,))
        {'auc_matched': 1.0, 'auprc_matched': 1.0, 'mrr_matched': 1.0, 'top@1_matched': 1.0}
    """
    check_columns(table, ("score",))
    roles = assign_roles(table, positive_edges, known_edges=known_edges)
    _check_complete(roles)
    names = RowNames.of(table)
    seen = table["has_edge"].to_numpy(dtype=bool)
    out_degree = np.bincount(names.source[seen], minlength=len(names.sources))[names.source]
    in_degree = np.bincount(names.target[seen], minlength=len(names.targets))[names.target]
    level = score_levels(table["score"].to_numpy(dtype=np.float64, na_value=np.nan))
    degrees = np.stack([out_degree, in_degree], axis=1)
    weight = np.ones(len(table))
    weight[roles.is_negative] = degree_matched_weights(
        degrees[roles.is_positive], degrees[roles.is_negative]
    )
    judged = roles.is_positive | roles.is_negative
    truth = roles.is_positive[judged]
    scores = level[judged]
    weights = weight[judged]
    summary = {
        "auc": float(roc_auc_score(truth, scores, sample_weight=weights)),
        "auprc": float(average_precision_score(truth, scores, sample_weight=weights)),
        **summarise_ranks(_matched_ranks(level, names, roles, out_degree), top_k),
    }
    return {f"{name}_matched": value for name, value in summary.items()}


def degree_matched_weights(
    positive: Int[Array, "positives ends"],
    negative: Int[Array, "negatives ends"],
    least: int = _LEAST_PAIRS,
) -> Float[Array, " negatives"]:
    """Weigh false pairs so that their degrees are distributed like those of the true ones.

    Every true pair hands out the same weight, in equal shares, to the false pairs of the nearest
    degrees: at least `least` of them, and all that are as near as the last of these. Nearness is
    that of log(1 + degree), summed over the two ends.

    Args:
        positive: Degrees of both ends of each true pair; at least one row.
        negative: The same of each false pair; at least one row.
        least: How many false pairs share the weight of a true one; all of them if there are fewer.

    Returns:
        At least 0; the sum is the number of false pairs.

    Example:
        >>> true, false = np.array([[3, 1]]), np.array([[3, 1], [3, 1], [0, 1], [0, 2]])
        >>> degree_matched_weights(true, false, least=1).tolist()
        [2.0, 2.0, 0.0, 0.0]
    """
    # Pairs of equal degrees share one weight, so each combination of degrees is looked at once.
    span = int(max(positive.max(initial=0), negative.max(initial=0))) + 1
    key, group, count = np.unique(
        negative @ np.array([span, 1]), return_inverse=True, return_counts=True
    )
    degrees = np.stack(np.divmod(key, span), axis=1)
    distance = np.abs(np.log1p(positive)[:, None, :] - np.log1p(degrees)).sum(axis=2)
    near = _nearest(distance, np.broadcast_to(count, distance.shape), least)
    share = (near / (near @ count)[:, None]).sum(axis=0)
    return share[group.ravel()] * (len(negative) / len(positive))


def _nearest(
    distance: Float[Array, "positives groups"], count: Int[Array, "positives groups"], least: int
) -> Bool[Array, "positives groups"]:
    """Groups up to the distance (ties included) at which `least` members are counted."""
    order = np.argsort(distance, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(count, order, axis=1), axis=1)
    last = np.argmax(reached >= np.minimum(least, reached[:, -1:]), axis=1)[:, None]
    radius = np.take_along_axis(distance, np.take_along_axis(order, last, axis=1), axis=1)
    return (distance <= radius + _SAME) & (count > 0)


def _matched_ranks(
    level: Int[Array, " rows"], names: RowNames, roles: RowRoles, out_degree: Int[Array, " rows"]
) -> Float[Array, " positives"]:
    row_of = np.full((len(names.targets), len(names.sources)), -1)
    row_of[names.target, names.source] = np.arange(level.size)
    own = roles.positive_row
    rows = row_of[names.target[own]]
    competes = (rows >= 0) & roles.is_competitor[rows]
    distance = np.abs(np.log1p(out_degree[rows]) - np.log1p(out_degree[own])[:, None])
    near = _nearest(np.where(competes, distance, np.inf), competes.astype(np.int64), _LEAST_SOURCES)
    above = level[rows] > level[own][:, None]
    tied = level[rows] == level[own][:, None]
    # At least 1: the only candidate of a target without competitors ranks first.
    n_near = np.maximum(near.sum(axis=1), 1)
    share = ((near & above).sum(axis=1) + (near & tied).sum(axis=1) / 2) / n_near
    return 1 + competes.sum(axis=1) * share


def _check_complete(roles: RowRoles) -> None:
    if roles.n_missing:
        raise TableError(
            f"{roles.n_missing} of {len(roles.positives)} held-out edges have no row in the table; "
            "degrees are matched among all pairs. Pass a table that was not cut with `top=`."
        )
    if not roles.is_negative.any():
        raise TableError(
            "no pair of the table is false, so there is nothing to compare held-out edges with"
        )
