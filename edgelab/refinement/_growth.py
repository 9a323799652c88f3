"""What candidate edges are grown by: their gradient, chance, a scorer of edges or a method."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError, close_names
from edgelab.inference import EdgeScorer
from edgelab.methods import METHODS, Evidence
from edgelab.models import GSNN
from edgelab.ops import Batch
from edgelab.registry import Registry
from edgelab.seeds import seed_for
from edgelab.training import ModelSettings
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
        >>> def scorer(now):
        ...     return EdgeGradient(now.model, now.data, now.batch)
        >>> growth = Growth(score=by_scorer(scorer), least=0.02)
    """

    def score(situation: Situation) -> Float[Array, "nodes nodes"]:
        scorer = make(situation)
        scores = scorer.raw_scores(slice(0, scorer.pairs.n_targets)).score
        return np.asarray(torch.as_tensor(scores).double().cpu())

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


def growth_by(name: str, dataset: Dataset, settings: ModelSettings) -> Growth:
    """Look up what candidates are grown by.

    Args:
        name: In `GROWTHS` or in `METHODS`.
        dataset: The samples that a method looks at.
        settings: Task and size of the model of a method; it is trained as `ModelSettings` does, few
            steps.

    Returns:
        The growth.

    Raises:
        ConfigError: If the name is unknown.

    Example:
        >>> from edgelab.datasets import sachs
        >>> growth_by("pearson", sachs(), ModelSettings()).reason
        'Pearson score {score:.3g}'
    """
    if name in GROWTHS:
        return GROWTHS[name]
    if name not in METHODS:
        choices = [*GROWTHS, *METHODS]
        raise ConfigError(
            f"unknown growth {name!r} ({close_names(name, choices)}); choose one of {choices}"
        )
    method = METHODS[name]
    training = replace(
        ModelSettings().training,
        device=settings.training.device,
        progress=settings.training.progress,
    )
    short = replace(settings, training=training)

    def score(situation: Situation) -> Float[Array, "nodes nodes"]:
        table = method.table(Evidence(dataset, situation.graph, short, situation.seed), None)
        sources = table["src_idx"].to_numpy()
        targets = table["dst_idx"].to_numpy()
        n_functions = situation.graph["function"].num_nodes
        matrix: Float[Array, "nodes nodes"] = np.full((n_functions, n_functions), np.nan)
        matrix[sources, targets] = table["score"].to_numpy(np.float64)
        return matrix

    return Growth(score=score, reason=f"{method.label} score {{score:.3g}}")
