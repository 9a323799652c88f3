"""From a data set to a refined network: which edges the data do not support, and which they ask
for.
"""

from dataclasses import replace

import numpy as np

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError, close_names
from edgelab.methods import METHODS, Evidence
from edgelab.models import GSNN
from edgelab.refinement import (
    GROWTHS,
    GraphSparsity,
    Growth,
    Pairs,
    Refinement,
    RefineSettings,
    Situation,
)
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings, TrainingConfig
from edgelab.typing import Array, Float


def refinement_model() -> ModelSettings:
    """Return how models are built and trained for refinement: on responses to interventions, to the
    end.

    Example:
        >>> refinement_model().task
        'perturbation'
    """
    training = TrainingConfig(epochs=30, batch_size=128, lr=1e-2, schedule="cosine")
    return ModelSettings(task="perturbation", channels=4, layers=4, training=training)


def refine_edges(
    dataset: Dataset,
    *,
    growth: str | Growth = "gradient",
    candidates: Pairs | None = None,
    settings: ModelSettings | None = None,
    refining: RefineSettings | None = None,
    seed: int = 0,
) -> Refinement:
    """Take out edges of the prior network that the data do not support, and put in edges that they
    ask for.

    The perturbation task, the default, tells who acts on whom from who responds to which input.
    Edges among functions that all inputs reach alike cannot be told apart by it; of two graphs that
    predict equally well, the one found first stays.

    Args:
        dataset: Prior network, interventions and responses.
        growth: What candidates are grown by: a name in `edgelab.refinement.GROWTHS`, or one in
            `METHODS`, whose own model, if it has one, is then trained in every round; or a
            `Growth`.
        candidates: Edges that may be added; None for every pair of different functions.
        settings: How models are built and trained.
        refining: How the network is refined.
        seed: Of initial weights, order of samples and the split. Equal seeds: equal results on a
            CPU.

    Returns:
        The refined network, the changes with their reasons, and a model trained on it.

    Raises:
        ConfigError: If a name is unknown, or the settings do not fit.
        GraphError: If a candidate names no function.

    Example:
        >>> from edgelab.datasets import convergence
        >>> data = convergence(4, n_train=200, n_test=10).train
        >>> settings = replace(refinement_model(), training=TrainingConfig(epochs=2, device="cpu", progress=False))
        >>> result = refine_edges(data, settings=settings, refining=RefineSettings(rounds=1, round_epochs=1))
        >>> set(result.changes["change"]) <= {"kept", "added", "removed", "tried"}
        True
    """
    settings = settings or refinement_model()
    graph = graph_of(dataset)
    return GraphSparsity(
        graph,
        lambda data: settings.make_task(dataset, data),
        lambda data: GSNN.from_data(
            data,
            channels=settings.channels,
            layers=settings.layers,
            norm=settings.norm,
            dropout=settings.dropout,
            share_layers=True,
        ),
        training=settings.training,
        settings=refining,
        growth=growth if isinstance(growth, Growth) else growth_by(growth, dataset, settings),
        candidates=candidates,
        seed=seed,
    ).fit()


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
        >>> growth_by("pearson", sachs(), refinement_model()).reason
        'Pearson score {score:.3g}'
    """
    if name in GROWTHS:
        return GROWTHS[name]
    if name not in METHODS:
        choices = [*GROWTHS, *METHODS]
        raise ConfigError(
            f"unknown growth {name!r} ({close_names(name, choices)}); choose one of {choices}"
        )
    method, short = METHODS[name], ModelSettings()
    training = replace(
        short.training, device=settings.training.device, progress=settings.training.progress
    )
    own = replace(settings, training=training)

    def score(situation: Situation) -> Float[Array, "nodes nodes"]:
        evidence = Evidence(dataset, situation.graph, own, situation.seed)
        table = method.table(evidence, None)
        n_functions = situation.graph["function"].num_nodes
        matrix: Float[Array, "nodes nodes"] = np.full((n_functions, n_functions), np.nan)
        matrix[table["src_idx"].to_numpy(), table["dst_idx"].to_numpy()] = table["score"].to_numpy(
            np.float64
        )
        return matrix

    return Growth(score=score, reason=f"{method.label} score {{score:.3g}}")
