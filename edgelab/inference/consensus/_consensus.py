"""One ranking from all evidence: learnt from the known edges, or by rank where they are few."""

from functools import cached_property

import numpy as np

from edgelab.inference.features import PairFeatures
from edgelab.inference.table import PairSpace, RawScores
from edgelab.naming import natural_order
from edgelab.typing import Array, Bool, Float, Int

from ._fusion import fuse_ranks
from ._stack import stack

# Known edges from which on a forest learns more than it is misled. With part of a DREAM4 network
# known, a forest and a vote have an MRR of .51 and .63 (22 edges), .65 and .64 (43), .67 and .64
# (64).
FEWEST_EDGES = 30

# Pairs, likeliest first, whose score is divided among the groups of evidence.
_MOST_EXPLAINED = 20_000

Matrix = Float[Array, "nodes nodes"]


class ConsensusScorer:
    """Scores i -> j by all evidence about it, weighted as known edges teach.

    With 30 known edges or more, a forest learns to tell them from other pairs and the score is the
    share of its trees that take the pair for an edge, asked of trees that did not learn from this
    pair: a probability of being *known* to be an edge. With fewer, groups of evidence vote by rank
    and the score is the sum of their votes; NaN if there is no evidence at all. No p-value: neither
    has a null distribution.

    Extras: `sign`, whether the target goes up or down with the source, where the features know it;
    `why_<group>`, what each group of evidence adds: votes, or log-odds for the 20,000 likeliest
    pairs.

    Args:
        features: Evidence about every pair, as if it were not known to be an edge.
        seed: Decides the trees.
        n_jobs: Processes for the trees, as in scikit-learn; results do not depend on it.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.inference.features import pair_features
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = ConsensusScorer(pair_features(perturbation_task(sachs())))
        >>> scorer.learnt, list(scorer.raw_scores(slice(0, 11)).extras)
        (False, ['sign', 'why_intervention', 'why_association', 'why_topology'])
    """

    def __init__(self, features: PairFeatures, seed: int = 0, n_jobs: int | None = None) -> None:
        self._features = features
        self._seed = seed
        self._n_jobs = n_jobs

    @property
    def pairs(self) -> PairSpace:
        """The pairs that are scored."""
        return self._features.pairs

    @property
    def learnt(self) -> bool:
        """Whether weights are learnt from known edges: needs enough of them, and other pairs."""
        n_edges = int(self._is_edge.sum())
        n_pairs = self.pairs.n_targets * (self.pairs.n_targets - 1)
        return bool(self._features.groups) and FEWEST_EDGES <= n_edges < n_pairs

    def raw_scores(self, targets: slice) -> RawScores:
        """Scores of all sources for a range of targets.

        Args:
            targets: A range of target positions with a start and a stop.

        Returns:
            Scores and what each group of evidence adds to them.
        """
        score, reasons = self._scores
        extras = {
            f"why_{group.replace(' ', '_')}": matrix[:, targets]
            for group, matrix in reasons.items()
        }
        if self._features.sign is not None:
            extras = {"sign": self._features.sign[:, targets], **extras}
        return RawScores(score=score[:, targets], extras=extras)

    @cached_property
    def _scores(self) -> tuple[Matrix, dict[str, Matrix]]:
        return self._learnt_scores() if self.learnt else self._fused_scores()

    def _fused_scores(self) -> tuple[Matrix, dict[str, Matrix]]:
        votes = fuse_ranks(self._features.groups)
        if not votes:
            return np.full(self._is_edge.shape, np.nan), {}
        return np.sum(list(votes.values()), axis=0), votes

    def _learnt_scores(self) -> tuple[Matrix, dict[str, Matrix]]:
        rows, columns = self._ordered_pairs
        evidence = {
            name: np.stack([matrix[rows, columns] for matrix in group.values()], axis=1)
            for name, group in self._features.groups.items()
        }
        is_edge = self._is_edge[rows, columns]
        result = stack(
            evidence, is_edge, seed=self._seed, n_explained=_MOST_EXPLAINED, n_jobs=self._n_jobs
        )

        def matrix(values: Float[Array, " pairs"]) -> Matrix:
            filled = np.full(self._is_edge.shape, np.nan)
            filled[rows, columns] = values
            return filled

        return matrix(result.probability), {
            name: matrix(value) for name, value in result.contributions.items()
        }

    @cached_property
    def _is_edge(self) -> Bool[Array, "nodes nodes"]:
        n_nodes = self.pairs.n_targets
        return self.pairs.edge_mask(slice(0, n_nodes)) & ~np.eye(n_nodes, dtype=bool)

    @cached_property
    def _ordered_pairs(self) -> tuple[Int[Array, " pairs"], Int[Array, " pairs"]]:
        """All pairs of distinct nodes, by name: trees depend on the order of what they learn."""
        position = {name: number for number, name in enumerate(self.pairs.sources)}
        order = np.array([position[name] for name in natural_order(self.pairs.sources)])
        rows, columns = np.nonzero(~np.eye(len(order), dtype=bool))
        return order[rows], order[columns]
