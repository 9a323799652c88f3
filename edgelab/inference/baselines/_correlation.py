"""Absolute correlation of the responses of two functions."""

import numpy as np
from scipy.special import stdtr
from scipy.stats import rankdata

from edgelab.inference.table import PairSpace, RawScores, ScoreBlock
from edgelab.ops import rounded, unit_columns
from edgelab.screens import function_responses
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._scorer import BASELINES, BaselineScorer


@BASELINES.register("pearson")
def pearson(task: Task) -> BaselineScorer:
    """Score i -> j by the absolute Pearson correlation of the responses of i and j.

    All samples count. `p_value` tests r = 0 (two-sided, Student's t with n - 2 degrees of freedom)
    and takes the samples for independent and normal. r = 0 is not "no edge": common drivers
    correlate too. Extra `sign`: the sign of r. The score is symmetric, so both directions of a pair
    are tied. To use control samples only, pass `task.samples(control_rows(task))`.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; NaN where a function has no response of its own or a constant one, or with fewer
        than 3 samples.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.inference import edge_table
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = pearson(perturbation_task(sachs()))
        >>> table = edge_table(scorer.raw_scores, scorer.pairs)
        >>> table.loc[~table["has_edge"], "src_func"].iloc[0]
        'Mek'
    """
    pairs = PairSpace.between(task.data)
    return BaselineScorer(pairs, correlation_block(function_responses(task)))


@BASELINES.register("spearman")
def spearman(task: Task) -> BaselineScorer:
    """Score i -> j by the absolute Spearman rank correlation of the responses of i and j.

    Ties get their mean rank. `p_value` tests "no monotone association" (two-sided, Student's t
    approximation with n - 2 degrees of freedom). Extra `sign`: the sign of the correlation.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; NaN where a function has no response of its own or a constant one, or with fewer
        than 3 samples.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> spearman(perturbation_task(sachs())).raw_scores(slice(0, 3)).shape
        (11, 3)
    """
    responses = function_responses(task)
    ranks = np.where(np.isnan(responses), np.nan, rankdata(responses, axis=0, nan_policy="omit"))
    return BaselineScorer(PairSpace.between(task.data), correlation_block(ranks))


def correlation_block(values: Float[Array, "samples nodes"]) -> ScoreBlock:
    """Absolute correlations of all columns with some, p-values and signs; NaN if one is unknown."""
    unit = unit_columns(values)
    n_samples = values.shape[0]

    def block(targets: slice) -> RawScores:
        # Rounding may carry |r| of identical columns beyond 1 by an ulp; the p-value needs |r| <=
        # 1.
        r = np.clip(rounded(unit.T @ unit[:, targets]), -1, 1)
        return RawScores(
            score=np.abs(r),
            p_value=correlation_p_values(r, n_samples),
            extras={"sign": np.sign(r)},
        )

    return block


def correlation_p_values(
    r: Float[Array, "sources targets"], n_samples: int
) -> Float[Array, "sources targets"]:
    """Two-sided p-values of correlations of at least 3 independent normal samples; NaN where r is.

    Student's t with n - 2 degrees of freedom.

    Source: Fisher (1915), Biometrika 10:507.
    """
    freedom = n_samples - 2
    with np.errstate(divide="ignore"):
        t = np.abs(r) * np.sqrt(freedom / (1 - r**2))
    return 2 * stdtr(freedom, -t)
