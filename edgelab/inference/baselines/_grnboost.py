"""Gradient boosting that predicts every function from all others."""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from edgelab.errors import ConfigError
from edgelab.inference.table import PairSpace
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._scorer import BASELINES, BaselineScorer, fixed_scores
from ._tree_scores import tree_scores


@BASELINES.register("grnboost")
def grnboost(
    task: Task,
    *,
    n_trees: int = 100,
    learning_rate: float = 0.02,
    seed: int = 0,
    n_jobs: int | None = None,
) -> BaselineScorer:
    """Score i -> j by the gain of i in gradient boosting that predicts j from all other functions.

    Small trees (8 leaves, each split on a random 30 % of the functions) are fitted one after the
    other to what the earlier ones leave over. The score is i's part of the gain of all splits. A
    leaf may hold a single sample: in a screen that has every knockout once, one sample is all there
    is of it. `tree_scores` says which samples are used and why no order matters. No p-value. Extra
    `sign`: that of the correlation of i and j.

    Args:
        task: Graph and samples.
        n_trees: Trees per target.
        learning_rate: Part of each tree's prediction that is added, in (0, 1].
        seed: Another seed gives other random choices of functions.
        n_jobs: Targets learned at once, -1 for as many as there are cores; it does not change the
            scores.

    Returns:
        A scorer; NaN where i or j has no response of its own or a constant one, or with fewer than
        10 samples in which nothing acts on j.

    Raises:
        ConfigError: If there is no tree or the learning rate lies outside (0, 1].

    Source: the idea is that of GRNBoost2, Moerman et al. (2019), Bioinformatics 35:2159; boosting
        on histograms by scikit-learn.

    Example:
        >>> from edgelab.datasets import ecoli70
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = grnboost(perturbation_task(ecoli70()), n_trees=20)
        >>> importance = scorer.raw_scores(slice(0, 1)).score[1:, 0]  # of all other genes for the first one
        >>> importance.shape, importance.sum().round(6).item()
        ((45,), 1.0)
    """
    if n_trees < 1:
        raise ConfigError(f"n_trees must be a positive integer, got {n_trees!r}")
    if not 0 < learning_rate <= 1:
        raise ConfigError(f"learning_rate must lie in (0, 1], got {learning_rate!r}")
    importance = _Boosting(n_trees, learning_rate)
    return BaselineScorer(
        PairSpace.between(task.data),
        fixed_scores(tree_scores(task, importance, seed=seed, n_jobs=n_jobs)),
    )


@dataclass(frozen=True, slots=True)
class _Boosting:
    n_trees: int
    learning_rate: float

    def __call__(
        self, others: Float[Array, "samples others"], target: Float[Array, " samples"], seed: int
    ) -> Float[Array, " others"]:
        model = HistGradientBoostingRegressor(
            max_iter=self.n_trees,
            learning_rate=self.learning_rate,
            max_leaf_nodes=8,
            min_samples_leaf=1,
            max_features=0.3,
            early_stopping=False,
            random_state=seed,
        ).fit(others, target)
        gain = _gains(model, others.shape[1])
        return gain / gain.sum() if gain.any() else gain


def _gains(model: HistGradientBoostingRegressor, n_features: int) -> Float[Array, " features"]:
    # scikit-learn has no importances of this model; they are in its trees, which have no public
    # name.
    gain = np.zeros(n_features)
    for (tree,) in model._predictors:
        split = tree.nodes[tree.nodes["is_leaf"] == 0]
        np.add.at(gain, split["feature_idx"], np.maximum(split["gain"], 0.0))
    return gain
