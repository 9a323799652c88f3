"""What the known edges alone say about the missing ones; no measurement is looked at."""

import numpy as np

from edgelab.inference.table import PairSpace, RawScores
from edgelab.ops import rounded
from edgelab.tasks import Task
from edgelab.typing import Array, Float

from ._scorer import BASELINES, BaselineScorer, fixed_scores


@BASELINES.register("preferential_attachment")
def preferential_attachment(task: Task) -> BaselineScorer:
    """Score i -> j by the edges that leave i times those that enter j, each number plus one.

    The ones keep functions without a known edge in order. The edge i -> j itself does not count, so
    that edges and candidates are judged alike. No p-value.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; never NaN.

    Source: Barabasi and Albert (1999), Science 286:509; as a score of missing links, Liben-Nowell
        and Kleinberg (2007), JASIST 58:1019.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = preferential_attachment(perturbation_task(sachs()))
        >>> pka, akt = (scorer.pairs.sources.index(name) for name in ("PKA", "Akt"))
        >>> # 5 more edges leave PKA, 2 more enter Akt
        >>> scorer.raw_scores(slice(0, 11)).score[pka, akt].item()
        18.0
    """
    pairs = PairSpace.between(task.data)

    def block(targets: slice) -> RawScores:
        edge = pairs.edge_mask(targets).astype(np.float64)
        into = edge.sum(axis=0)
        out_of = np.bincount(pairs.edge_index[0], minlength=pairs.n_sources)
        return RawScores(score=(out_of[:, None] - edge + 1) * (into - edge + 1))

    return BaselineScorer(pairs, block)


@BASELINES.register("neighbourhood")
def neighbourhood(task: Task) -> BaselineScorer:
    """Score i -> j by how much i is like j's known regulators, and j like i's known targets.

    Two regulators are alike by the share of their targets that they have in common, two targets by
    that of their regulators (Jaccard indices). The score is the sum over the other regulators of j
    and the other targets of i. Meant for candidates: an edge of the graph adds to its own score. No
    p-value.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; never NaN.

    Source: neighbourhood methods of collaborative filtering; Jaccard (1901), Bull. Soc. Vaud. Sci.
        Nat. 37:547.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = neighbourhood(perturbation_task(sachs()))
        >>> pkc, erk = (scorer.pairs.sources.index(name) for name in ("PKC", "Erk"))
        >>> # much like PKA, which acts on Erk
        >>> bool(scorer.raw_scores(slice(0, 11)).score[pkc, erk] > 0.5)
        True
    """
    pairs = PairSpace.between(task.data)
    edge = pairs.edge_mask(slice(0, pairs.n_targets)).astype(np.float64)
    score = rounded(_likeness(edge) @ edge + edge @ _likeness(edge.T))
    return BaselineScorer(pairs, fixed_scores(RawScores(score=score)))


def _likeness(edge: Float[Array, "nodes neighbours"]) -> Float[Array, "nodes nodes"]:
    """Jaccard index of the neighbours of every two nodes; 0 for a node with itself."""
    shared = edge @ edge.T
    number = edge.sum(axis=1)
    likeness = shared / np.maximum(number[:, None] + number - shared, 1)
    np.fill_diagonal(likeness, 0.0)
    return likeness


@BASELINES.register("adamic_adar")
def adamic_adar(task: Task) -> BaselineScorer:
    """Score i -> j by the functions that are neighbours of both, rare ones more.

    Each counts 1 / log of the number of its neighbours. Neighbours are those along edges in either
    direction, other than i and j themselves. The score is symmetric. No p-value.

    Args:
        task: Graph and samples.

    Returns:
        A scorer; never NaN.

    Source: Adamic and Adar (2003), Social Networks 25:211.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = adamic_adar(perturbation_task(sachs()))
        >>> raf, erk = (scorer.pairs.sources.index(name) for name in ("Raf", "Erk"))
        >>> # through Mek (4 neighbours) and PKA (7)
        >>> scorer.raw_scores(slice(0, 11)).score[raf, erk].round(2).item()
        1.24
    """
    pairs = PairSpace.between(task.data)
    edge = pairs.edge_mask(slice(0, pairs.n_targets))
    neighbour = (edge | edge.T).astype(np.float64)
    # A function that joins i and j has two neighbours at least: the logarithm of one is never used.
    rarity = 1 / np.log(np.maximum(neighbour.sum(axis=0), 2))
    score = rounded((neighbour * rarity) @ neighbour.T)
    return BaselineScorer(pairs, fixed_scores(RawScores(score=score)))
