"""Absolute partial correlation of the responses, given all other responses."""

import numpy as np
from sklearn.covariance import LedoitWolf

from edgelab.inference.table import PairSpace, RawScores
from edgelab.ops import rounded, unit_columns
from edgelab.screens import function_responses
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._scorer import BASELINES, BaselineScorer, fixed_scores


@BASELINES.register("partial_correlation")
def partial_correlation(task: Task) -> BaselineScorer:
    """Score i -> j by the absolute partial correlation of i and j given all other functions.

    The correlation matrix is shrunk after Ledoit and Wolf before it is inverted. No p-value:
    shrinkage has no simple null distribution. Extra `sign`: the sign of the partial correlation.
    Symmetric, as `pearson`.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; NaN where a function has no response of its own or a constant one, or with fewer
        than 3 samples.

    Source: Ledoit and Wolf (2004), Journal of Multivariate Analysis 88:365; computed by
        scikit-learn.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> partial_correlation(perturbation_task(sachs())).raw_scores(slice(0, 3)).shape
        (11, 3)
    """
    partial = partial_correlations(function_responses(task))
    raw = RawScores(score=np.abs(partial), extras={"sign": np.sign(partial)})
    return BaselineScorer(PairSpace.between(task.data), fixed_scores(raw))


def partial_correlations(values: Float[Array, "samples nodes"]) -> Float[Array, "nodes nodes"]:
    """Shrunken partial correlations of columns given all others, diagonal 1; NaN if unknown."""
    unit = unit_columns(values)
    usable = np.flatnonzero(~np.isnan(unit).any(axis=0))
    partial = np.full((values.shape[1], values.shape[1]), np.nan)
    if usable.size:
        # Unit variance, so that shrinking towards a multiple of the identity treats all functions
        # alike.
        standard = unit[:, usable] * np.sqrt(values.shape[0])
        precision = LedoitWolf(assume_centered=True).fit(standard).precision_
        scale = np.sqrt(np.diag(precision))
        known = rounded(-precision / np.outer(scale, scale))
        np.fill_diagonal(known, 1.0)
        partial[np.ix_(usable, usable)] = known
    return partial
