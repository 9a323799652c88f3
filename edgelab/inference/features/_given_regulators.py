"""Evidence for a pair that the target's other known regulators do not explain."""

from dataclasses import dataclass

import numpy as np

from edgelab.ops import does_not_vary, standardised
from edgelab.screens import (
    function_responses,
    function_signals,
    hits,
    input_values,
    screen_effects,
)
from edgelab.tasks import Task
from edgelab.typing import Array, Bool, Float

from ._effects import over_screens

# Samples that a regression needs beyond its regulators, to leave something to compare.
_SPARE_SAMPLES = 3


def given_regulators_features(
    task: Task, adjacency: Bool[Array, "nodes nodes"]
) -> dict[str, Array]:
    """Describe every pair by what the other known regulators of its target do not explain.

    The response of every function is regressed on those of its known regulators, over the samples
    in which no input hits the function itself; what is left is compared with the source. For a
    known edge the source is left out of the regression, so that known edges and candidates are
    treated alike.

    Args:
        task: Graph and samples.
        adjacency: `adjacency[i, j]` is the known edge i -> j.

    Returns:
        Matrices `[sources, targets]`: `partial_association`, the absolute partial correlation of i
        and j given the other known regulators of j; and `over_screens` of the remainder of j where
        i is perturbed, as `unexplained`. NaN where j has no response of its own; sources and
        regulators without one are represented by what was done to them
        (`edgelab.screens.function_signals`), or left out where that is nothing.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> no_edge = np.zeros((11, 11), dtype=bool)
        >>> sorted(given_regulators_features(perturbation_task(sachs()), no_edge))
        ['partial_association', 'unexplained_concordance', 'unexplained_strongest',
        'unexplained_sum']
    """
    values = standardised(function_responses(task))
    signals = standardised(function_signals(task))
    x = input_values(task)
    undisturbed = ~hits(task.data, x)
    questions = _questions(adjacency)
    remainders = np.full((len(values), len(questions)), np.nan)
    association = np.full(adjacency.shape, np.nan)
    for column, question in enumerate(questions):
        target = question.target
        rows = undisturbed[:, target]
        regulators = [node for node in question.regulators if not np.isnan(signals[0, node])]
        if np.isnan(values[0, target]) or rows.sum() < len(regulators) + _SPARE_SAMPLES:
            continue
        sources = question.sources(adjacency)
        regression = _Regression(signals[rows][:, regulators])
        association[sources, target] = _correlations(
            regression.residual(signals[rows][:, sources]),
            regression.residual(values[rows, target]),
        )
        predicted = regression.predict(signals[:, regulators], values[rows, target])
        remainders[:, column] = values[:, target] - predicted
    targets = np.array([question.target for question in questions])
    effects = [
        _as_matrix(effect, questions, adjacency)
        for effect, _ in screen_effects(task.data, x, remainders, targets)
    ]
    return {"partial_association": association, **over_screens(effects, "unexplained")}


@dataclass(frozen=True, slots=True)
class _Question:
    """What is left of a target given some regulators; `left_out` is a known source asked about."""

    target: int
    regulators: list[int]
    left_out: int | None

    def sources(self, adjacency: Bool[Array, "nodes nodes"]) -> Array:
        if self.left_out is None:
            return np.flatnonzero(~adjacency[:, self.target])
        return np.array([self.left_out])


def _questions(adjacency: Bool[Array, "nodes nodes"]) -> list[_Question]:
    """One about the candidates of every target, and one about each of its known regulators."""
    questions = []
    for target in range(len(adjacency)):
        known = np.flatnonzero(adjacency[:, target]).tolist()
        questions.append(_Question(target, known, None))
        for source in known:
            others = [node for node in known if node != source]
            questions.append(_Question(target, others, source))
    return questions


def _as_matrix(
    effect: Array, questions: list[_Question], adjacency: Bool[Array, "nodes nodes"]
) -> Array:
    matrix = np.full(adjacency.shape, np.nan)
    for column, question in enumerate(questions):
        sources = question.sources(adjacency)
        matrix[sources, question.target] = effect[sources, column]
    return matrix


class _Regression:
    """Least squares on an intercept and some columns, through an orthonormal basis of them."""

    def __init__(self, columns: Float[Array, "samples regulators"]) -> None:
        self._design = np.column_stack([np.ones(len(columns)), columns])
        left, size, _ = np.linalg.svd(self._design, full_matrices=False)
        self._basis = left[:, size > size[0] * 1e-8]

    def residual(self, values: Float[Array, "samples ..."]) -> Float[Array, "samples ..."]:
        return values - self._basis @ (self._basis.T @ values)

    def predict(
        self, columns: Float[Array, "all regulators"], values: Float[Array, " samples"]
    ) -> Array:
        weights = np.linalg.lstsq(self._design, values, rcond=1e-8)[0]
        return np.column_stack([np.ones(len(columns)), columns]) @ weights


def _correlations(
    columns: Float[Array, "samples sources"], residual: Float[Array, " samples"]
) -> Array:
    """Absolute correlation of each column with a residual; 0 where the regulators leave nothing."""
    size = np.sqrt((columns**2).sum(axis=0) * (residual**2).sum())
    # Columns were standardised: what is left of both is compared with a spread of 1.
    known = ~does_not_vary(np.ones_like(size), size / len(residual))
    shared = np.abs(np.where(np.isnan(columns), 0.0, columns).T @ residual)
    correlation = np.divide(
        shared, size, out=np.zeros(columns.shape[1]), where=known & ~np.isnan(size)
    )
    return np.where(np.isnan(size), np.nan, correlation)
