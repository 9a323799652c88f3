"""How far a function's response moves when another function is perturbed."""

from collections.abc import Callable

import numpy as np
from scipy.special import stdtr
from scipy.stats import kstwo

from edgelab.inference.table import PairSpace, RawScores
from edgelab.ops import does_not_vary
from edgelab.screens import (
    comparisons,
    function_responses,
    inputs_of_functions,
    standard_error,
)
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._scorer import BASELINES, BaselineScorer, fixed_scores

ShiftTest = Callable[[Array, Array], tuple[Array, Array]]
"""From treated and control samples (rows) of some responses (columns) to the shift and the p-value
of each column.
"""


@BASELINES.register("ks_shift")
def ks_shift(task: Task) -> BaselineScorer:
    """Score i -> j by how far the distribution of j's response moves under the interventions that
    hit i.

    The score is the Kolmogorov-Smirnov distance between samples with the intervention and matched
    controls (`comparisons` says which): 0 for equal distributions, 1 for separate ones. If several
    inputs or settings hit i, the largest distance counts. `p_value` tests "the distribution of j is
    the same with and without the intervention" (two-sided, asymptotic; the smallest p times the
    number of comparisons). A shift is the *total* effect, along whatever path, and includes what
    the reagent does beside hitting i.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; NaN where no intervention hits i, none has a control, or j has no response of its
        own.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = ks_shift(perturbation_task(sachs()))
        >>> akt, erk = (scorer.pairs.sources.index(name) for name in ("Akt", "Erk"))
        >>> scorer.raw_scores(slice(0, 11)).score[[akt, erk], akt].round(2).tolist()  # nothing hits Erk
        [0.15, nan]
    """
    return _shift_scorer(task, ks_test)


@BASELINES.register("z_shift")
def z_shift(task: Task) -> BaselineScorer:
    """Score i -> j by how many standard deviations the mean of j's response moves under the
    interventions that hit i.

    Treated samples, of which one is enough, are compared with matched controls (`comparisons` says
    which). If several inputs or settings hit i, the largest shift counts. `p_value` tests "the mean
    of j is the same with and without the intervention" (two-sided, Student's t with pooled
    variance; the smallest p times the number of comparisons). A shift is the *total* effect, as in
    `ks_shift`.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; NaN where no intervention hits i, none has a control, or j has no response of its
        own or a constant one.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> z_shift(perturbation_task(sachs())).raw_scores(slice(0, 3)).shape
        (11, 3)
    """
    return _shift_scorer(task, mean_shift_test)


def _shift_scorer(task: Task, test: ShiftTest) -> BaselineScorer:
    responses = function_responses(task)
    measured = np.flatnonzero(~np.isnan(responses).any(axis=0))
    n_functions = responses.shape[1]
    shift, p_value = np.full((2, n_functions, n_functions), np.nan)
    by_input: dict[int, list[tuple[Array, Array]]] = {}
    for one in comparisons(task):
        result = test(
            responses[np.ix_(one.treated, measured)], responses[np.ix_(one.control, measured)]
        )
        by_input.setdefault(one.input_id, []).append(result)
    for function, inputs in enumerate(inputs_of_functions(task.data)):
        results = [result for input_id in inputs.tolist() for result in by_input.get(input_id, [])]
        if results:
            shift[function, measured] = np.fmax.reduce([distance for distance, _ in results])
            smallest = np.fmin.reduce([p for _, p in results])
            p_value[function, measured] = np.minimum(1.0, smallest * len(results))
    return BaselineScorer(
        PairSpace.between(task.data), fixed_scores(RawScores(score=shift, p_value=p_value))
    )


def ks_test(
    treated: Float[Array, "treated columns"], control: Float[Array, "control columns"]
) -> tuple[Float[Array, " columns"], Float[Array, " columns"]]:
    """Two-sample Kolmogorov-Smirnov test of every column.

    Args:
        treated: At least one row.
        control: At least one row.

    Returns:
        Distances in [0, 1] and asymptotic two-sided p-values.

    Source: Hodges (1958), Arkiv foer Matematik 3:469; the p-value is that of
        `scipy.stats.ks_2samp(method="asymp")`.

    Example:
        >>> ks_test(np.array([[1.0], [2.0]]), np.array([[1.5], [5.0]]))[0].tolist()
        [0.5]
    """
    pooled = np.concatenate([treated, control])
    order = pooled.argsort(axis=0)
    step = np.where(order < len(treated), 1 / len(treated), -1 / len(control))
    ranked = np.take_along_axis(pooled, order, axis=0)
    # The distribution functions are compared after the last of equal values only.
    last = np.ones(pooled.shape, dtype=bool)
    last[:-1] = ranked[1:] != ranked[:-1]
    distance = np.round(np.where(last, np.abs(np.cumsum(step, axis=0)), 0.0).max(axis=0), 12)
    effective = len(treated) * len(control) / len(pooled)
    return distance, kstwo.sf(distance, max(1, np.round(effective)))


def mean_shift_test(
    treated: Float[Array, "treated columns"], control: Float[Array, "control columns"]
) -> tuple[Float[Array, " columns"], Float[Array, " columns"]]:
    """Shift of the mean in pooled standard deviations, and Student's t test, of every column.

    Args:
        treated: At least one row.
        control: At least one row; at least three rows in all.

    Returns:
        Absolute shifts and two-sided p-values; NaN for a column without variation within the
        groups.

    Example:
        >>> shift, p_value = mean_shift_test(np.array([[3.0]]), np.array([[-1.0], [0.0], [1.0]]))
        >>> shift.tolist(), p_value.round(3).tolist()
        ([3.0], [0.122])
    """
    freedom = len(treated) + len(control) - 2
    difference = np.abs(treated.mean(axis=0) - control.mean(axis=0))
    within = ((treated - treated.mean(axis=0)) ** 2).sum(axis=0) + (
        (control - control.mean(axis=0)) ** 2
    ).sum(axis=0)
    level = np.maximum(np.abs(treated.mean(axis=0)), np.abs(control.mean(axis=0)))
    spread = np.sqrt(within / max(1, freedom))
    defined = (freedom > 0) & ~does_not_vary(level, spread)
    shift = np.divide(difference, spread, out=np.full(difference.shape, np.nan), where=defined)
    t = shift / standard_error(
        1.0, len(treated), len(control)
    )  # the shift is in units of the spread
    return shift, 2 * stdtr(max(1, freedom), -t)
