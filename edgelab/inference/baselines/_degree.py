"""How many edges a source has: what topology alone knows."""

import numpy as np

from edgelab.inference.table import PairSpace, RawScores
from edgelab.tasks import Task

from ._scorer import BASELINES, BaselineScorer


@BASELINES.register("out_degree")
def out_degree(task: Task) -> BaselineScorer:
    """Score i -> j by the number of edges that leave i in the training graph, whatever j is.

    It looks at no measurement. It ranks held-out edges well by AUC because well-studied regulators
    have many known edges, so a method that does not beat it has learnt nothing from the data. No
    p-value.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; never NaN.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = out_degree(perturbation_task(sachs()))
        >>> degrees = scorer.raw_scores(slice(0, 1)).score[:, 0]
        >>> degrees[scorer.pairs.sources.index("PKA")].item()
        6.0
    """
    pairs = PairSpace.between(task.data)
    degree = np.bincount(pairs.edge_index[0], minlength=pairs.n_sources).astype(np.float64)

    def block(targets: slice) -> RawScores:
        return RawScores(score=np.repeat(degree[:, None], targets.stop - targets.start, axis=1))

    return BaselineScorer(pairs, block)
