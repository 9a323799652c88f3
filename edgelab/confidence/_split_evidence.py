"""Split-half evidence: one screen of interventions, and the halves of it that q-values compare."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from torch_geometric.data import HeteroData

from edgelab.graphs import FUNCTION_EDGES, INPUT_EDGES
from edgelab.methods import Evidence
from edgelab.screens import function_responses, is_split_by_dose, sample_halves
from edgelab.seeds import seed_for
from edgelab.typing import Array, Bool, Float, Int

from ._q_settings import QSettings


@dataclass(frozen=True, eq=False)
class SplitEvidence:
    """Samples, known graph, and the halves of the samples that q-values compare.

    Made once for a data set, a graph and settings; everything that is said of pairs reads it, so
    that all of it rests on the same samples in the same order, the same candidates and the same
    halves. Each part is computed when it is first read, and kept.

    Attributes:
        whole: All samples, the graph that is known, and how models are trained.
        q: How q-values are made.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import graph_of
        >>> evidence = SplitEvidence(Evidence(sachs(), graph_of(sachs())), QSettings(splits=2))
        >>> evidence.halves.shape, evidence.responses.shape, evidence.inputs.size
        ((2, 7466), (7466, 11), 6)
    """

    whole: Evidence
    q: QSettings = field(default_factory=QSettings)

    @property
    def seed(self) -> int:
        """What decides the halves: the seed of the q-values, or that of the job."""
        return self.whole.seed if self.q.seed is None else self.q.seed

    @property
    def n_functions(self) -> int:
        """Number of functions of the graph."""
        return int(self.whole.data["function"].num_nodes)

    @cached_property
    def edge_index(self) -> Int[Array, "2 edges"]:
        """Known edges between functions: sources (row 0) and targets (row 1)."""
        return self.whole.data[FUNCTION_EDGES].edge_index.cpu().numpy()

    @cached_property
    def x(self) -> Float[Array, "samples inputs"]:
        """What the inputs were set to; 0 is off."""
        return self.whole.task.x.cpu().numpy().astype(np.float64)

    @cached_property
    def responses(self) -> Float[Array, "samples functions"]:
        """Measured value of every function, in the units of the data; NaN where it is not known."""
        return function_responses(self.whole.task).astype(np.float64)

    @property
    def inputs(self) -> Int[Array, " targeted"]:
        """Inputs that act on one function only: what follows can be traced to that function."""
        return self._targeted[0]

    @property
    def sources(self) -> Int[Array, " targeted"]:
        """The function on which each of `inputs` acts."""
        return self._targeted[1]

    @cached_property
    def _targeted(self) -> tuple[Int[Array, " targeted"], Int[Array, " targeted"]]:
        source, target = self.whole.data[INPUT_EDGES].edge_index.cpu().numpy()
        alone = np.bincount(source, minlength=self.x.shape[1])[source] == 1
        order = np.argsort(source[alone], kind="stable")
        return source[alone][order], target[alone][order]

    @cached_property
    def candidates(self) -> Bool[Array, "functions functions"]:
        """Pairs `[source, target]` that are judged: two functions that no known edge joins."""
        return candidate_pairs(self.whole.data)

    @cached_property
    def halves(self) -> Bool[Array, "splits samples"]:
        """One row per split, True for the samples of its first half."""
        if is_split_by_dose(self.x):
            # All splits are alike but for a lone control, so that one is enough.
            seeds = [self.seed]
        else:
            seeds = [seed_for(self.seed, f"split {number}") for number in range(self.q.splits)]
        return np.stack([sample_halves(self.x, seed=seed) for seed in seeds])


def candidate_pairs(data: HeteroData) -> Bool[Array, "functions functions"]:
    """Pairs of two functions that no edge of the graph joins."""
    candidates = ~np.eye(int(data["function"].num_nodes), dtype=bool)
    candidates[tuple(data[FUNCTION_EDGES].edge_index.cpu().numpy())] = False
    return candidates
