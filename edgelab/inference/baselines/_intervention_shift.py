"""How far a function's response moves when another function is perturbed."""

from collections.abc import Callable

import numpy as np
from scipy.special import stdtr
from scipy.stats import kstwo

from edgelab.inference.table import PairSpace, RawScores
from edgelab.ops import does_not_vary, rounded
from edgelab.screens import (
    comparisons,
    function_responses,
    inputs_of_functions,
    standard_error,
)
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._scorer import BASELINES, BaselineScorer, fixed_scores

# From treated and control samples (rows) of some responses (columns) to each column's shift and
# p-value.
ShiftTest = Callable[[Array, Array], tuple[Array, Array]]


@BASELINES.register("ks_shift")
def ks_shift(task: Task) -> BaselineScorer:
    """Score i -> j by how far interventions that hit i move the distribution of j's response.

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
        >>> score = scorer.raw_scores(slice(0, 11)).score
        >>> score[[akt, erk], akt].round(2).tolist()  # nothing hits Erk
        [0.15, nan]
    """
    return _shift_scorer(task, ks_test)


@BASELINES.register("z_shift")
def z_shift(task: Task) -> BaselineScorer:
    """Score i -> j by how many standard deviations interventions on i move the mean of j.

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
    by_input: dict[int, list[tuple[Array, Array]]] = {}
    for comparison in comparisons(task):
        treated = responses[np.ix_(comparison.treated, measured)]
        control = responses[np.ix_(comparison.control, measured)]
        by_input.setdefault(comparison.input_id, []).append(test(treated, control))
    n_functions = responses.shape[1]
    shift, p_value = np.full((2, n_functions, n_functions), np.nan)
    for function, inputs in enumerate(inputs_of_functions(task.data)):
        results = [result for input_id in inputs.tolist() for result in by_input.get(input_id, [])]
        if results:
            shift[function, measured] = np.fmax.reduce([distance for distance, _ in results])
            smallest = np.fmin.reduce([p for _, p in results])
            p_value[function, measured] = np.minimum(1.0, smallest * len(results))
    raw = RawScores(score=shift, p_value=p_value)
    return BaselineScorer(PairSpace.between(task.data), fixed_scores(raw))


def ks_test(
    treated: Float[Array, "treated columns"], control: Float[Array, "control columns"]
) -> tuple[Float[Array, " columns"], Float[Array, " columns"]]:
    """Distances and two-sided p-values of the two-sample Kolmogorov-Smirnov test, by column.

    Source: Hodges (1958), Arkiv foer Matematik 3:469; the p-value is that of
        `scipy.stats.ks_2samp(method="asymp")`.
    """
    pooled = np.concatenate([treated, control])
    order = pooled.argsort(axis=0)
    step = np.where(order < len(treated), 1 / len(treated), -1 / len(control))
    ranked = np.take_along_axis(pooled, order, axis=0)
    # The distribution functions are compared after the last of equal values only.
    last = np.ones(pooled.shape, dtype=bool)
    last[:-1] = ranked[1:] != ranked[:-1]
    gap = np.where(last, np.abs(np.cumsum(step, axis=0)), 0.0)
    distance = rounded(gap.max(axis=0))
    effective = len(treated) * len(control) / len(pooled)
    return distance, kstwo.sf(distance, max(1, np.round(effective)))


def mean_shift_test(
    treated: Float[Array, "treated columns"], control: Float[Array, "control columns"]
) -> tuple[Float[Array, " columns"], Float[Array, " columns"]]:
    """Shifts of the mean in pooled standard deviations and two-sided p-values, by column.

    NaN without variation within the groups, and for fewer than three samples in all.
    """
    freedom = len(treated) + len(control) - 2
    treated_mean = treated.mean(axis=0)
    control_mean = control.mean(axis=0)
    squares_treated = ((treated - treated_mean) ** 2).sum(axis=0)
    squares_control = ((control - control_mean) ** 2).sum(axis=0)
    spread = np.sqrt((squares_treated + squares_control) / max(1, freedom))
    level = np.maximum(np.abs(treated_mean), np.abs(control_mean))
    shift = np.divide(
        np.abs(treated_mean - control_mean),
        spread,
        out=np.full(spread.shape, np.nan),
        where=(freedom > 0) & ~does_not_vary(level, spread),
    )
    # The shift is in units of the spread, which are 1.
    t = shift / standard_error(1.0, len(treated), len(control))
    return shift, 2 * stdtr(max(1, freedom), -t)
