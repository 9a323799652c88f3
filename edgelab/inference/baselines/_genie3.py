"""Random forests that predict every function from all others."""

from dataclasses import dataclass

from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from edgelab.errors import ConfigError
from edgelab.inference.table import PairSpace
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._scorer import BASELINES, BaselineScorer, fixed_scores
from ._tree_scores import tree_scores

FORESTS = {"extra_trees": ExtraTreesRegressor, "random_forest": RandomForestRegressor}
"""Forests by name."""

_PER_TREE = 1000
"""Samples that one tree sees at most: more make trees deeper, not better, when there are hundreds
of them.
"""


@BASELINES.register("genie3")
def genie3(
    task: Task,
    *,
    forest: str = "extra_trees",
    n_trees: int = 200,
    seed: int = 0,
    n_jobs: int | None = None,
) -> BaselineScorer:
    """Score i -> j by the importance of i in a forest of regression trees that predicts j from all
    other functions.

    The importance is the part of j's variance that splits on i take away; every split chooses among
    the square root of the number of functions. `tree_scores` says which samples a forest learns
    from and why neither the order of the functions nor that of the samples matters. No p-value.
    Extra `sign`: that of the correlation of i and j.

    Args:
        task: Graph and samples.
        forest: A name in `FORESTS`; extremely randomised trees are faster and, on DREAM4, better.
        n_trees: Trees per target.
        seed: Another seed gives other forests.
        n_jobs: Forests grown at once, -1 for as many as there are cores; it does not change the
            scores.

    Returns:
        A scorer; NaN where i or j has no response of its own or a constant one, or with fewer than
        10 samples in which nothing acts on j.

    Raises:
        ConfigError: If the forest is unknown or has no tree.

    Source: Huynh-Thu, Irrthum, Wehenkel and Geurts (2010), PLoS ONE 5:e12776; forests by
        scikit-learn.

    Example:
        >>> from edgelab.datasets import ecoli70
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = genie3(perturbation_task(ecoli70()), n_trees=20)
        >>> importance = scorer.raw_scores(slice(0, 1)).score[1:, 0]  # of all other genes for the first one
        >>> importance.shape, importance.sum().round(6).item()
        ((45,), 1.0)
    """
    if forest not in FORESTS:
        raise ConfigError(f"unknown forest {forest!r}; choose one of {list(FORESTS)}")
    if n_trees < 1:
        raise ConfigError(f"n_trees must be a positive integer, got {n_trees!r}")
    importance = _Forest(forest, n_trees)
    return BaselineScorer(
        PairSpace.between(task.data),
        fixed_scores(tree_scores(task, importance, seed=seed, n_jobs=n_jobs)),
    )


@dataclass(frozen=True, slots=True)
class _Forest:
    kind: str
    n_trees: int

    def __call__(
        self, others: Float[Array, "samples others"], target: Float[Array, " samples"], seed: int
    ) -> Float[Array, " others"]:
        bootstrap = self.kind == "random_forest" or len(others) > _PER_TREE
        model = FORESTS[self.kind](
            self.n_trees,
            max_features="sqrt",
            bootstrap=bootstrap,
            max_samples=min(_PER_TREE, len(others)) if bootstrap else None,
            random_state=seed,
        )
        return model.fit(others, target).feature_importances_
