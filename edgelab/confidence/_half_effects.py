"""What one half of the samples says of every pair: a signed strength per input and function."""

import numpy as np

from edgelab.methods import METHODS
from edgelab.screens import intervention_effects
from edgelab.typing import Array, Float, Int

from ._pair_matrix import pair_matrix
from ._split_evidence import SplitEvidence


def total_effects(
    evidence: SplitEvidence, rows: Int[Array, " rows"]
) -> Float[Array, "targeted functions"]:
    """Effects of the targeted inputs along whatever path, in standard errors."""
    effects = intervention_effects(evidence.x[rows], evidence.responses[rows])
    return effects[evidence.inputs]


def direct_effects(
    evidence: SplitEvidence, rows: Int[Array, " rows"]
) -> Float[Array, "targeted functions"]:
    """Effects on what the known parents of a function leave unexplained, in standard errors."""
    residual = unexplained(evidence.responses[rows], evidence.edge_index)
    return intervention_effects(evidence.x[rows], residual)[evidence.inputs]


def ranked_effects(
    evidence: SplitEvidence, rows: Int[Array, " rows"], method: str
) -> Float[Array, "targeted functions"]:
    """Sizes by the rank that a method, refitted on the half, gives a pair; signs of the effects."""
    table = METHODS[method].table(evidence.whole.samples(rows), None)
    candidates = table[~table["has_edge"]]
    rank = candidates["score"].rank(ascending=False, method="average")
    # The logarithm of a rank is a scale that two halves have in common; a score need not be.
    sizes = candidates.assign(size=-np.log(rank / (len(rank) + 1)))
    size_of_pair = pair_matrix(sizes, "size", evidence.n_functions)
    return np.sign(total_effects(evidence, rows)) * size_of_pair[evidence.sources]


def unexplained(
    responses: Float[Array, "samples functions"], edge_index: Int[Array, "2 edges"]
) -> Float[Array, "samples functions"]:
    """Residuals of a linear regression of every function on its measured parents.

    Functions without measured parents keep their responses. NaN where there are not more samples
    than coefficients, for nothing is left then.
    """
    residual = responses.copy()
    measured = ~np.isnan(responses).any(axis=0)
    source, target = edge_index
    for function in np.unique(target):
        parents = source[(target == function) & measured[source] & (source != function)]
        if parents.size and measured[function]:
            design = np.column_stack([np.ones(len(responses)), responses[:, parents]])
            weights, *_ = np.linalg.lstsq(design, responses[:, function], rcond=None)
            enough = len(responses) > parents.size + 1
            fitted = design @ weights
            residual[:, function] = responses[:, function] - fitted if enough else np.nan
    return residual
