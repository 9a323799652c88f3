"""Agreement of rankings: the consensus where known edges are too few to learn one."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from edgelab.typing import Array, Float

Matrix = Float[Array, "nodes nodes"]

# Features of which more means likelier, whatever the data: the first two of each group that are
# known have a vote.
FUSED: Mapping[str, Sequence[str]] = {
    "intervention": ("ks_shift", "z_shift", "effect_net", "effect_sum"),
    "association": ("within_settings", "control_pearson", "partial_association", "pearson"),
    "topology": ("out_degree", "two_step_paths", "co_regulation"),
    "model": ("mei", "mei_partial"),
}
_VOTERS = 2

# How little the first places stand out: the vote of rank r is 1 / (5 + r).
_SHIFT = 5.0


def fuse_ranks(groups: Mapping[str, Mapping[str, Matrix]]) -> dict[str, Matrix]:
    """Let every group of evidence vote on the sources of every target; votes add up to a score.

    A feature's vote for i -> j is 1 / (5 + r), r being the rank of i among the sources of j
    (reciprocal rank fusion), and the mean vote for j where the feature does not know i. A group
    votes with the mean of its features; those not in `FUSED` have none.

    Source: Cormack, Clarke and Buettcher (2009), Reciprocal rank fusion, SIGIR 2009:758; there 60
        in place of 5, for lists of thousands.
    """
    features = {name: matrix for group in groups.values() for name, matrix in group.items()}
    votes = {}
    for group, preferred in FUSED.items():
        known = [features[name] for name in preferred if name in features]
        if known:
            votes[group] = np.mean([_votes(matrix) for matrix in known[:_VOTERS]], axis=0)
    return votes


def _votes(score: Matrix) -> Matrix:
    votes = np.zeros(score.shape)
    for target in range(score.shape[1]):
        others = np.flatnonzero(np.arange(len(score)) != target)
        votes[others, target] = _votes_for(score[others, target])
    return votes


def _votes_for(score: Float[Array, " sources"]) -> Float[Array, " sources"]:
    known = ~np.isnan(score)
    votes = np.full(score.shape, np.nan)
    votes[known] = 1 / (_SHIFT + rankdata(-score[known]))
    return np.where(known, votes, votes[known].mean() if known.any() else 0.0)
