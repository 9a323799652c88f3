"""Signed effects of interventions on responses, in standard errors."""

import numpy as np

from edgelab.ops import does_not_vary
from edgelab.typing import Array, Bool, Float, Int

from ._settings import one_at_a_time

# A regression that leaves less than this part of a response is perfect up to rounding.
_PERFECT_FIT = 1e-12

# Fewer controls than this per treated sample and their own noise is felt: all sources then seem to
# move a target the same way, in both halves if the halves agree by chance. On 40 simulated genes
# with 2 controls and 2 replicates each, 14 % of the pairs were found against 41 % with the pool of
# all samples.
_FEW_CONTROLS = 3

# From this many interventions on, the median over all samples is not moved by those that have an
# effect. With 10 interventions it is: 36 % instead of 20 % of the calls were false.
_LARGE_POOL = 20


def intervention_effects(
    x: Float[Array, "samples inputs"], responses: Float[Array, "samples nodes"]
) -> Float[Array, "inputs nodes"]:
    """Effect of turning each input up on each response, divided by its standard error.

    With one input per sample it is the shift of the mean against the controls (all inputs 0), or,
    where these are few and interventions many, against the median of all samples. Otherwise it is
    the coefficient of a linear regression on all inputs; with more inputs than samples, on each
    input by itself, which takes the inputs for randomised.

    Args:
        x: What the inputs were set to; 0 is off.
        responses: One column per function.

    Returns:
        Signed effects. NaN for an input that does not vary or cannot be told from the others, and
        for a response that is constant or has a NaN.

    Example:
        >>> x = np.array([[0.0], [0.0], [0.0], [1.0]])
        >>> intervention_effects(x, np.array([[1.0], [2.0], [3.0], [9.0]])).round(2).tolist()
        [[1.95]]
    """
    effects = np.full((x.shape[1], responses.shape[1]), np.nan)
    if not len(responses):
        return effects
    usable = ~does_not_vary(responses.mean(axis=0), responses.std(axis=0))
    if usable.any():
        estimate = _standardised_shifts if one_at_a_time(x) else _slopes
        effects[:, usable] = estimate(x, responses[:, usable])
    return effects


def mean_shifts(
    x: Float[Array, "samples inputs"],
    responses: Float[Array, "samples columns"],
    baseline: Float[Array, " columns"],
) -> Float[Array, "inputs columns"]:
    """Mean response where each input is on, less what is usual, turned to more of the input.

    Args:
        x: What the inputs were set to; 0 is off, and a negative dose turns the shift round.
        responses: What was measured.
        baseline: What is usual without intervention.

    Returns:
        Shifts in the units of the responses; NaN for an input that is never on.

    Example:
        >>> x = np.array([[0.0, 0.0], [1.0, 0.0], [-2.0, 0.0]])
        >>> mean_shifts(x, np.array([[1.0], [4.0], [0.0]]), np.array([1.0])).tolist()
        [[2.0], [nan]]
    """
    n_treated = (x != 0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.sign(x).T @ (responses - baseline) / n_treated[:, None]


def standard_error(
    spread: Float[Array, "*columns"] | float,
    n_treated: Int[Array, "*groups"] | int,
    n_control: int,
) -> Float[Array, "*groups_and_columns"] | np.floating:
    """Standard error of the difference of two means of independent samples.

    Args:
        spread: Standard deviation of one sample, the same in both groups.
        n_treated: Samples of one group; of several, it is broadcast against the spread.
        n_control: Samples of the other.

    Returns:
        In the units of the spread; infinite for no samples.

    Example:
        >>> standard_error(3.0, 8, 8).item()
        1.5
    """
    with np.errstate(divide="ignore"):
        return spread * np.sqrt(1 / n_treated + 1 / n_control)


def _standardised_shifts(
    x: Float[Array, "samples inputs"], y: Float[Array, "samples columns"]
) -> Float[Array, "inputs columns"]:
    n_treated = (x != 0).sum(axis=0)
    baseline, n_control = _baseline(x, y, n_treated)
    shift = mean_shifts(x, y, baseline)
    return shift / standard_error(y.std(axis=0), n_treated[:, None], n_control)


def _baseline(
    x: Float[Array, "samples inputs"],
    y: Float[Array, "samples columns"],
    n_treated: Int[Array, " inputs"],
) -> tuple[Float[Array, " columns"], int]:
    """What is usual of each response, and how many samples that rests on."""
    control = (x == 0).all(axis=1)
    typical = np.median(n_treated[n_treated > 0]) if n_treated.any() else 1
    few_controls = control.sum() < _FEW_CONTROLS * typical
    large_pool = np.count_nonzero(n_treated) >= _LARGE_POOL
    if not control.any() or (few_controls and large_pool):
        return np.median(y, axis=0), len(y)
    return y[control].mean(axis=0), int(control.sum())


def _slopes(
    x: Float[Array, "samples inputs"], y: Float[Array, "samples columns"]
) -> Float[Array, "inputs columns"]:
    """Coefficients of a regression on all inputs, in standard errors."""
    x = x - x.mean(axis=0)
    y = y - y.mean(axis=0)
    rank = int(np.linalg.matrix_rank(x))
    if len(x) < 2 + rank or rank == len(x) - 1:
        return _marginal_slopes(x, y)
    inverse = np.linalg.pinv(x)
    slope = inverse @ y
    residual = y - x @ slope
    spread = np.sqrt((residual**2).sum(axis=0) / (len(x) - 1 - rank))
    spread = np.maximum(spread, _PERFECT_FIT * np.abs(y).max(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = slope / (np.linalg.norm(inverse, axis=1)[:, None] * spread)
    effects[~_resolved(inverse @ x)] = np.nan
    return effects


def _resolved(resolution: Float[Array, "inputs inputs"]) -> Bool[Array, " inputs"]:
    # The pseudo-inverse resolves an input that no combination of others equals: its row is that of
    # the identity.
    return np.isclose(np.diag(resolution), 1.0, atol=1e-6)


def _marginal_slopes(
    x: Float[Array, "samples inputs"], y: Float[Array, "samples columns"]
) -> Float[Array, "inputs columns"]:
    """Standardised slopes on each input by itself; x and y are centred."""
    length = np.linalg.norm(x, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (x / length).T @ (y / y.std(axis=0))
