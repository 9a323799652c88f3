"""Learn from known edges which evidence tells edges from other pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from edgelab.errors import DataError
from edgelab.typing import Array, Bool, Float, Int

# A probability is a share of trees: 300 tell differences of a third of a percent.
TREES = 300

# Pairs of a leaf, at least. Trees judge pairs that they have not seen, so single edges are not
# learnt by heart.
_LEAF = 2
# Half of the features are tried at a split, so that the strongest one does not make every tree.
_SHARE_OF_FEATURES = 0.5

# Pairs that are no edges which the forest learns from, at most.
_MOST_OTHERS = 100_000

# Digits of a feature that trees see, in units of its spread; see `_without_gaps`.
_DIGITS = 6

# What a forest of this size cannot tell from 0.
_FLOOR = 0.5 / TREES

# scikit-learn takes seeds below this.
_SEEDS = 2**32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """What a forest makes of the evidence about pairs.

    `probability` is the share of the trees that take a pair for an edge, by trees that did not
    learn from it; `contributions` tell for every group by how much the log-odds fall when its
    evidence is replaced by what is usual for pairs that are no edges.
    """

    probability: Float[Array, " pairs"]
    contributions: Mapping[str, Float[Array, " pairs"]]


def stack(
    groups: Mapping[str, Float[Array, "pairs features"]],
    is_edge: Bool[Array, " pairs"],
    *,
    seed: int = 0,
    n_explained: int | None = None,
    n_jobs: int | None = None,
) -> Stack:
    """Fit extremely randomised trees to known edges; judge every pair by trees that did not see it.

    Features are NaN where unknown. Pairs that are no known edges are learnt from as if none were an
    edge, although the missing ones are among them: a probability is that of being *known*, and too
    low for edges by the share of edges that are unknown. Contributions are computed for the
    `n_explained` most probable pairs (None: all), NaN for the others. Equal seeds and data give
    equal results, whatever `n_jobs`.

    Source: Geurts, Ernst and Wehenkel (2006), Extremely randomized trees, Machine Learning 63:3;
        computed by scikit-learn.
    """
    if is_edge.all() or not is_edge.any():
        raise DataError(
            f"a forest learns from edges and other pairs, got {int(is_edge.sum())} edges among "
            f"{len(is_edge)} pairs; rank by votes (`fuse_ranks`) instead"
        )
    columns = np.concatenate([_without_gaps(group) for group in groups.values()], axis=1)
    learnt = _learnt_pairs(is_edge, seed)
    forest = ExtraTreesClassifier(
        TREES,
        min_samples_leaf=_LEAF,
        max_features=_SHARE_OF_FEATURES,
        bootstrap=True,
        oob_score=True,
        random_state=seed % _SEEDS,
        n_jobs=n_jobs,
    ).fit(columns[learnt], is_edge[learnt])
    whole = forest.predict_proba(columns)[:, 1]
    probability = whole.copy()
    probability[learnt] = forest.oob_decision_function_[:, 1]
    explained = np.argsort(-probability, kind="stable")[:n_explained]
    contributions = {}
    for group, where in _positions(groups).items():
        usual = columns[explained].copy()
        usual[:, where] = np.median(columns[~is_edge][:, where], axis=0)
        without = forest.predict_proba(usual)[:, 1]
        contributions[group] = np.full(len(columns), np.nan)
        contributions[group][explained] = _log_odds(whole[explained]) - _log_odds(without)
    return Stack(probability=probability, contributions=contributions)


def _without_gaps(group: Float[Array, "pairs features"]) -> Float[Array, "pairs features"]:
    """Rounded, so that no tree sees the order of sums; unknown is less than all that is known."""
    spread = np.nanstd(group, axis=0)
    unit = 10.0 ** np.floor(np.log10(np.where(spread > 0, spread, 1.0))) * 10.0**-_DIGITS
    rounded = np.round(group / unit) * unit
    filled = np.where(np.isnan(group), np.nanmin(rounded, axis=0) - 1 - spread, rounded)
    return filled.astype(np.float32)


def _learnt_pairs(is_edge: Bool[Array, " pairs"], seed: int) -> Int[Array, " learnt"]:
    edges = np.flatnonzero(is_edge)
    others = np.flatnonzero(~is_edge)
    if len(others) > _MOST_OTHERS:
        others = np.random.default_rng(seed).choice(others, _MOST_OTHERS, replace=False)
    return np.sort(np.concatenate([edges, others]))


def _positions(groups: Mapping[str, Array]) -> dict[str, slice]:
    ends = np.cumsum([group.shape[1] for group in groups.values()]).tolist()
    return {
        name: slice(end - group.shape[1], end)
        for (name, group), end in zip(groups.items(), ends, strict=True)
    }


def _log_odds(probability: Float[Array, " pairs"]) -> Float[Array, " pairs"]:
    inside = np.clip(probability, _FLOOR, 1 - _FLOOR)
    return np.log(inside / (1 - inside))
