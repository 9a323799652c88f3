"""Tree ensembles that predict every function from all others: random forests and boosting."""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.utils.parallel import Parallel, delayed

from edgelab.checks import check_choice, check_integer
from edgelab.errors import ConfigError
from edgelab.inference.table import PairSpace, RawScores
from edgelab.naming import natural_key
from edgelab.ops import does_not_vary, rounded
from edgelab.screens import function_responses, hits, input_values
from edgelab.tasks import Task
from edgelab.typing import Array, Bool, Float, Int

from ._scorer import BASELINES, BaselineScorer, fixed_scores

FORESTS = {"extra_trees": ExtraTreesRegressor, "random_forest": RandomForestRegressor}

# Samples that one tree sees at most: more make trees deeper, not better, when there are hundreds of
# them.
_PER_TREE = 1000

# Samples that leave a target alone, without which it is not regressed on the others.
_FEWEST = 10


@BASELINES.register("genie3")
def genie3(
    task: Task,
    *,
    forest: str = "extra_trees",
    n_trees: int = 200,
    seed: int = 0,
    n_jobs: int | None = None,
) -> BaselineScorer:
    """Score i -> j by the importance of i in a forest that predicts j from all other functions.

    The importance is the part of j's variance that splits on i take away; every split chooses among
    the square root of the number of functions. A target is learned from the samples in which no
    input acts on it: in the others its level follows from the intervention. Neither the order of
    the functions nor that of the samples matters. No p-value. Extra `sign`: that of the correlation
    of i and j in these samples.

    Args:
        task: Graph and samples.
        forest: `"extra_trees"` or `"random_forest"`; extremely randomised trees are faster and, on
            DREAM4, better.
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
        >>> importance = scorer.raw_scores(slice(0, 1)).score[1:, 0]  # of the others for the first
        >>> importance.shape, importance.sum().round(6).item()
        ((45,), 1.0)
    """
    check_choice("forest", forest, FORESTS)
    check_integer("n_trees", n_trees)
    return _tree_scorer(task, _Forest(forest, n_trees), seed, n_jobs)


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
    other to what the earlier ones leave over, each to at most 1,000 samples. The score is i's part
    of the gain of all splits. A leaf may hold a single sample: in a screen that has every knockout
    once, one sample is all there is of it. Samples and orders are treated as by `genie3`. No
    p-value. Extra `sign`: that of the correlation of i and j.

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
        by scikit-learn.

    Example:
        >>> from edgelab.datasets import ecoli70
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = grnboost(perturbation_task(ecoli70()), n_trees=20)
        >>> importance = scorer.raw_scores(slice(0, 1)).score[1:, 0]  # of the others for the first
        >>> importance.shape, importance.sum().round(6).item()
        ((45,), 1.0)
    """
    check_integer("n_trees", n_trees)
    if not 0 < learning_rate <= 1:
        raise ConfigError(f"learning_rate must lie in (0, 1], got {learning_rate!r}")
    return _tree_scorer(task, _Boosting(n_trees, learning_rate), seed, n_jobs)


@dataclass(frozen=True, slots=True)
class _Forest:
    kind: str
    n_trees: int

    def regressor(self, n_samples: int, seed: int) -> RegressorMixin:
        bootstrap = self.kind == "random_forest" or n_samples > _PER_TREE
        return FORESTS[self.kind](
            self.n_trees,
            max_features="sqrt",
            bootstrap=bootstrap,
            max_samples=min(_PER_TREE, n_samples) if bootstrap else None,
            random_state=seed,
        )


@dataclass(frozen=True, slots=True)
class _Boosting:
    n_trees: int
    learning_rate: float

    def regressor(self, n_samples: int, seed: int) -> RegressorMixin:
        # Boosting on histograms would be faster, but scikit-learn tells no importances of it, and
        # of several functions that split equally well it takes the one that comes first by name.
        return GradientBoostingRegressor(
            n_estimators=self.n_trees,
            learning_rate=self.learning_rate,
            subsample=min(1.0, _PER_TREE / n_samples),
            max_depth=None,
            max_leaf_nodes=8,
            max_features=0.3,
            random_state=seed,
        )


def _tree_scorer(
    task: Task, ensemble: _Forest | _Boosting, seed: int, n_jobs: int | None
) -> BaselineScorer:
    """Score by the importances of an ensemble, whatever the order of functions and samples."""
    # Functions are sorted by name and samples by their values before anything is learned, and the
    # seed of a target comes from its name, so neither order changes a bit of the result.
    names = task.data["function"].node_names
    by_name = np.array(sorted(range(len(names)), key=lambda node: natural_key(names[node])))
    values = function_responses(task)[:, by_name]
    hit = hits(task.data, input_values(task))[:, by_name]
    by_value = np.lexsort(np.concatenate([hit, np.nan_to_num(values)], axis=1).T)
    problem = _Problem(
        contents=blake2b(values[by_value].tobytes() + hit[by_value].tobytes()).digest(),
        names=tuple(names[node] for node in by_name),
        seed=seed,
        ensemble=ensemble,
        values=values[by_value],
        hit=hit[by_value],
        n_jobs=n_jobs,
    )
    score, sign = np.full((2, len(names), len(names)), np.nan)
    score[np.ix_(by_name, by_name)], sign[np.ix_(by_name, by_name)] = _solved(problem)
    raw = RawScores(score=score, extras={"sign": sign})
    return BaselineScorer(PairSpace.between(task.data), fixed_scores(raw))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """All that a result depends on; problems are equal when their contents are."""

    contents: bytes
    names: tuple[str, ...]
    seed: int
    ensemble: _Forest | _Boosting
    values: Float[Array, "samples nodes"] = field(compare=False)
    hit: Bool[Array, "samples nodes"] = field(compare=False)
    n_jobs: int | None = field(compare=False)  # changes no result

    def solve(self, target: int) -> tuple[Float[Array, " nodes"], Float[Array, " nodes"]]:
        """Importances for a target, and the signs of the correlations with it; NaN where none."""
        score, sign = np.full((2, len(self.names)), np.nan)
        values = self.values[~self.hit[:, target]]
        varying = self._varying(values)
        others = varying[varying != target]
        if target in varying and others.size:
            centred = values[:, target] - values[:, target].mean()
            standard = centred / centred.std()
            predictors = values[:, others]
            regressor = self.ensemble.regressor(len(values), self._seed_of(target))
            score[others] = regressor.fit(predictors, standard).feature_importances_
            shared = standard @ (predictors - predictors.mean(axis=0))
            sign[others] = np.sign(rounded(shared))
        return score, sign

    def _varying(self, values: Float[Array, "samples nodes"]) -> Int[Array, " varying"]:
        if len(values) < _FEWEST:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(~does_not_vary(values.mean(axis=0), values.std(axis=0)))

    def _seed_of(self, target: int) -> int:
        text = f"{self.seed} {self.names[target]}"
        return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "little")


# The edges of the graph play no part: for equal measurements the last results are kept, and further
# hold-outs cost nothing. Few are kept, since each holds its measurements: those of all methods on
# one data set.
@lru_cache(maxsize=4)
def _solved(
    problem: _Problem,
) -> tuple[Float[Array, "nodes nodes"], Float[Array, "nodes nodes"]]:
    columns = Parallel(n_jobs=problem.n_jobs, prefer="threads")(
        delayed(problem.solve)(target) for target in range(len(problem.names))
    )
    scores, signs = zip(*columns, strict=True)
    return np.stack(scores, axis=1), np.stack(signs, axis=1)
