"""What candidate edges are grown by: the gradient of the hypothetical edge, chance, or any scorer
of edges.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch_geometric.data import HeteroData

from edgelab.inference import EdgeScorer
from edgelab.models import GSNN
from edgelab.ops import Batch
from edgelab.registry import Registry
from edgelab.seeds import seed_for
from edgelab.typing import Array, Float

from ._edge_gradient import EdgeGradient


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Situation:
    """What growth may look at in one round.

    Attributes:
        graph: The graph, edges pruned in this round already taken out.
        model: The model trained in this round, on the graph with these edges.
        data: The graph of the model; for some tasks it has more inputs than `graph`.
        batch: The training samples.
        position: The round, from 0.
        seed: Of the whole refinement.
    """

    graph: HeteroData
    model: GSNN
    data: HeteroData
    batch: Batch
    position: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One way to choose candidates.

    Attributes:
        score: Scores of all pairs of functions, sources in rows; larger is better, NaN never grows.
        least: Score that a pair must reach to be grown.
        reason: What the table of changes says, with the score in `{score}`.
    """

    score: Callable[[Situation], Float[Array, "nodes nodes"]]
    least: float = -np.inf
    reason: str = "score {score:.3g}"


GROWTHS: Registry[Growth] = Registry("growth")


def by_scorer(
    make: Callable[[Situation], EdgeScorer],
) -> Callable[[Situation], Float[Array, "nodes nodes"]]:
    """Let any edge scorer choose candidates.

    Args:
        make: Makes the scorer for a round, ready to score.

    Returns:
        What `Growth.score` takes.

    Example:
        >>> growth = Growth(score=by_scorer(lambda now: EdgeGradient(now.model, now.data, now.batch)), least=0.02)
    """

    def score(situation: Situation) -> Float[Array, "nodes nodes"]:
        scorer = make(situation)
        found = scorer.raw_scores(slice(0, scorer.pairs.n_targets)).score
        return np.asarray(torch.as_tensor(found).double().cpu())

    return score


def _by_chance(situation: Situation) -> Float[Array, "nodes nodes"]:
    n_functions = situation.graph["function"].num_nodes
    generator = np.random.default_rng(seed_for(situation.seed, f"growth {situation.position}"))
    return generator.random((n_functions, n_functions))


# Of pure noise in n samples a source explains about channels / n: 0.7 % is far above that in a
# thousand or more.
GROWTHS.register("gradient")(
    Growth(
        score=by_scorer(lambda now: EdgeGradient(now.model, now.data, now.batch)),
        least=0.007,
        reason="would explain {score:.0%} of the gradient at its target",
    )
)
GROWTHS.register("random")(Growth(score=_by_chance, reason="drawn at random"))
