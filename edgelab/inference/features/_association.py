"""Evidence from samples that vary together, whatever was done to them."""

import numpy as np

from edgelab.inference.baselines import BASELINES
from edgelab.inference.table import EdgeScorer
from edgelab.ops import rounded, unit_columns
from edgelab.screens import (
    control_rows,
    distinct_settings,
    function_responses,
    function_signals,
    input_values,
)
from edgelab.tasks import Task
from edgelab.typing import Array, Float, Tensor

# A correlation of fewer replicates is noise.
_FEWEST_SAMPLES = 20

_EVERYWHERE = ("pearson", "spearman", "partial_correlation")
_IN_CONTROLS = ("pearson", "partial_correlation")


def association_features(task: Task) -> dict[str, Float[Array, "nodes nodes"]]:
    """Describe every pair by association of the two responses, with and without perturbations.

    Args:
        task: Graph and samples.

    Returns:
        Matrices `[sources, targets]` of the baselines `pearson`, `spearman` and
        `partial_correlation`, the first also for sources without a response, by what was done to
        them (`edgelab.screens.function_signals`); where 20 or more samples are controls
        (`edgelab.screens.control_rows`), of two of them there, as `control_...`; and where settings
        of the inputs have 20 or more samples each, `within_settings`, the median of |r| inside
        them, which no intervention made.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> list(association_features(perturbation_task(sachs())))[3:]
        ['control_pearson', 'control_partial_correlation', 'within_settings']
    """
    features = {name: score_matrix(BASELINES[name](task)) for name in _EVERYWHERE}
    features["pearson"] = _with_signals(features["pearson"], task)
    controls = control_rows(task)
    if controls.sum() >= _FEWEST_SAMPLES:
        unperturbed = task.samples(controls)
        features |= {
            f"control_{name}": score_matrix(BASELINES[name](unperturbed)) for name in _IN_CONTROLS
        }
    return features | _within_settings(task)


def _with_signals(pearson: Float[Array, "nodes nodes"], task: Task) -> Float[Array, "nodes nodes"]:
    """Sources without a response are compared by what was done to them, where that varies."""
    sources = unit_columns(function_signals(task))
    targets = unit_columns(function_responses(task))
    return np.where(np.isnan(pearson), np.abs(rounded(sources.T @ targets)), pearson)


def _within_settings(task: Task) -> dict[str, Float[Array, "nodes nodes"]]:
    _, setting_of = distinct_settings(input_values(task))
    replicated = np.flatnonzero(np.bincount(setting_of) >= _FEWEST_SAMPLES)
    if len(replicated) < 2:
        return {}  # one setting: its samples are the controls, or all samples
    responses = function_responses(task)
    units = (unit_columns(responses[setting_of == setting]) for setting in replicated.tolist())
    sizes = np.stack([np.abs(rounded(unit.T @ unit)) for unit in units])
    known = ~np.isnan(sizes).all(axis=0)
    # Zeros in place of pairs that are unknown everywhere, of which numpy would warn.
    median = np.nanmedian(np.where(known, sizes, 0.0), axis=0)
    return {"within_settings": np.where(known, median, np.nan)}


def score_matrix(scorer: EdgeScorer) -> Float[Array, "nodes nodes"]:
    """All scores of a scorer at once.

    Args:
        scorer: Any scorer.

    Returns:
        `[sources, targets]`, NaN where it has no score.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> score_matrix(BASELINES["out_degree"](perturbation_task(sachs()))).shape
        (11, 11)
    """
    score = scorer.raw_scores(slice(0, scorer.pairs.n_targets)).score
    on_cpu = score.cpu() if isinstance(score, Tensor) else score
    return np.asarray(on_cpu, dtype=np.float64)
