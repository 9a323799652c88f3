"""What tree ensembles share: one regression per target, whatever the order of functions and
samples.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from edgelab.inference.table import RawScores
from edgelab.naming import natural_key
from edgelab.ops import does_not_vary
from edgelab.screens import function_responses, hits, input_values
from edgelab.tasks import Task
from edgelab.typing import Array, Bool, Float

from ._correlation import DECIMALS

Importance = Callable[
    [Float[Array, "samples others"], Float[Array, " samples"], int], Float[Array, " others"]
]
"""From predictors, a standardised target and a seed to the importance of every predictor."""

_FEWEST = 10
"""Samples that leave a target alone, without which it is not regressed on the others."""


def tree_scores(task: Task, importance: Importance, *, seed: int, n_jobs: int | None) -> RawScores:
    """Regress every function on all others and take the importance of each predictor as its score.

    A target is learned from the samples in which no input acts on it: in the others its level
    follows from the intervention. Functions are sorted by name and samples by their values before
    anything is learned, and the seed of a target comes from its name, so neither order changes a
    bit of the result. The edges of the graph play no part: for equal measurements the last results
    are kept, and further hold-outs cost nothing.

    Args:
        task: Graph and samples.
        importance: The regression.
        seed: Together with the target's name, decides the randomness of its regression.
        n_jobs: How many targets are learned at once, -1 for as many as there are cores, None for
            one.

    Returns:
        Importances; NaN where source or target have no response of their own or a constant one, or
        with fewer than 10 samples that leave the target alone. Extra `sign`: that of their
        correlation in these samples.

    Example:
        >>> from edgelab.datasets import ecoli70
        >>> from edgelab.tasks import perturbation_task
        >>> correlation = lambda others, target, seed: np.abs(others.T @ target)
        >>> tree_scores(perturbation_task(ecoli70()), correlation, seed=0, n_jobs=None).shape
        (46, 46)
    """
    values = function_responses(task)
    hit = hits(task.data, input_values(task))
    names = task.data["function"].node_names
    by_name = np.array(sorted(range(len(names)), key=lambda node: natural_key(names[node])))
    values, hit = values[:, by_name], hit[:, by_name]
    by_value = np.lexsort(np.concatenate([hit, np.nan_to_num(values)], axis=1).T)
    contents = blake2b(values[by_value].tobytes() + hit[by_value].tobytes()).digest()
    ordered = tuple(names[node] for node in by_name)
    problem = _Problem(contents, ordered, seed, importance, values[by_value], hit[by_value], n_jobs)
    score, sign = np.full((2, len(names), len(names)), np.nan)
    score[np.ix_(by_name, by_name)], sign[np.ix_(by_name, by_name)] = _solved(problem)
    return RawScores(score=score, extras={"sign": sign})


@dataclass(frozen=True, slots=True)
class _Problem:
    """All that a result depends on; problems are equal when their contents are."""

    contents: bytes
    names: tuple[str, ...]
    seed: int
    importance: Importance
    values: Float[Array, "samples nodes"] = field(compare=False)
    hit: Bool[Array, "samples nodes"] = field(compare=False)
    n_jobs: int | None = field(compare=False)  # changes no result

    def columns(self, target: int) -> tuple[Array, Array]:
        """Samples that leave the target alone, and the functions that vary in them."""
        rows = ~self.hit[:, target]
        part = self.values[rows]
        if len(part) < _FEWEST:
            return part, np.empty(0, dtype=np.int64)
        return part, np.flatnonzero(~does_not_vary(part.mean(axis=0), part.std(axis=0)))

    def solve(self, target: int) -> tuple[Array, Array]:
        """Importances for one target and the signs of the correlations with it, NaN where there are
        none.
        """
        part, varying = self.columns(target)
        score, sign = np.full((2, len(self.names)), np.nan)
        others = varying[varying != target]
        if target in varying and others.size:
            centred = part[:, target] - part[:, target].mean()
            standard = centred / centred.std()
            name_seed = blake2b(
                f"{self.seed} {self.names[target]}".encode(), digest_size=4
            ).digest()
            score[others] = self.importance(
                part[:, others], standard, int.from_bytes(name_seed, "little")
            )
            sign[others] = np.sign(
                np.round(standard @ (part[:, others] - part[:, others].mean(axis=0)), DECIMALS)
            )
        return score, sign


# Few results are kept, since each holds its measurements: those of all methods on one data set.
@lru_cache(maxsize=4)
def _solved(problem: _Problem) -> tuple[Array, Array]:
    columns = Parallel(n_jobs=problem.n_jobs, prefer="threads")(
        delayed(problem.solve)(target) for target in range(len(problem.names))
    )
    return np.stack([score for score, _ in columns], axis=1), np.stack(
        [sign for _, sign in columns], axis=1
    )
