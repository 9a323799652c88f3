"""Absolute correlation of the responses of two functions."""

import numpy as np
from scipy.special import stdtr
from scipy.stats import rankdata

from edgelab.inference.table import PairSpace, RawScores, ScoreBlock
from edgelab.ops import unit_columns
from edgelab.screens import function_responses
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._scorer import BASELINES, BaselineScorer

DECIMALS = 12
"""Digits kept of a correlation. Beyond them a matrix product depends on the order of nodes and
samples, and r(i, j) and r(j, i) would differ by chance instead of being tied."""


@BASELINES.register("pearson")
def pearson(task: Task) -> BaselineScorer:
    """Score i -> j by the absolute Pearson correlation of the responses of i and j over all
    samples.

    `p_value` tests r = 0 (two-sided, Student's t with n - 2 degrees of freedom) and takes the
    samples for independent and normal. r = 0 is not "no edge": common drivers correlate too. Extra
    `sign`: the sign of r. The score is symmetric, so both directions of a pair are tied. To use
    control samples only, pass `task.samples(control_rows(task))`.

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
    return BaselineScorer(
        PairSpace.between(task.data), correlation_scores(function_responses(task))
    )


@BASELINES.register("spearman")
def spearman(task: Task) -> BaselineScorer:
    """Score i -> j by the absolute Spearman rank correlation of the responses of i and j over all
    samples.

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
    return BaselineScorer(PairSpace.between(task.data), correlation_scores(ranks))


def correlation_scores(values: Float[Array, "samples nodes"]) -> ScoreBlock:
    """Absolute correlations between all columns and a block of columns, with their p-values and
    signs.

    Args:
        values: A column with NaN, or without variation, correlates with nothing: NaN.

    Returns:
        A function from a range of columns to raw scores.

    Example:
        >>> block = correlation_scores(np.array([[1.0, 6.0], [2.0, 4.0], [3.0, 2.0]]))
        >>> block(slice(1, 2)).score.tolist(), block(slice(1, 2)).extras["sign"].tolist()
        ([[1.0], [1.0]], [[-1.0], [1.0]])
    """
    unit = unit_columns(values)
    n_samples = values.shape[0]

    def block(targets: slice) -> RawScores:
        # Rounding may carry |r| of identical columns beyond 1 by an ulp; the p-value needs |r| <=
        # 1.
        r = np.clip(np.round(unit.T @ unit[:, targets], DECIMALS), -1, 1)
        return RawScores(
            score=np.abs(r), p_value=correlation_p_values(r, n_samples), extras={"sign": signs(r)}
        )

    return block


def correlation_p_values(
    r: Float[Array, "sources targets"], n_samples: int
) -> Float[Array, "sources targets"]:
    """Two-sided p-values of correlations of independent normal samples.

    Args:
        r: Correlations in [-1, 1], or NaN.
        n_samples: At least 3.

    Returns:
        P-values of Student's t with n - 2 degrees of freedom; NaN where r is.

    Source: Fisher (1915), Biometrika 10:507.

    Example:
        >>> correlation_p_values(np.array([[0.0, 1.0]]), n_samples=5).tolist()
        [[1.0, 0.0]]
    """
    freedom = n_samples - 2
    with np.errstate(divide="ignore"):
        t = np.abs(r) * np.sqrt(freedom / (1 - r**2))
    return 2 * stdtr(freedom, -t)


def signs(values: Float[Array, "sources targets"]) -> Float[Array, "sources targets"]:
    """Sign of every entry: -1, 0 or 1, NaN where the entry is NaN.

    Args:
        values: Correlations.

    Returns:
        Their signs.

    Example:
        >>> signs(np.array([[-0.3, 0.0]])).tolist()
        [[-1.0, 0.0]]
    """
    return np.sign(values)
