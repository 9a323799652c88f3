"""From a data set to a refined network: edges that the data do not support, and missing ones."""

from edgelab.datasets import Dataset, threads_by_size
from edgelab.models import GSNN
from edgelab.refinement import (
    GraphSparsity,
    Growth,
    Pairs,
    Refinement,
    RefineSettings,
    growth_by,
    refinement_model,
)
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings


@threads_by_size
def refine_edges(
    dataset: Dataset,
    *,
    growth: str | Growth = "gradient",
    candidates: Pairs | None = None,
    settings: ModelSettings | None = None,
    refining: RefineSettings | None = None,
    seed: int = 0,
) -> Refinement:
    """Take out edges of the prior network without support in the data, and put in missing ones.

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
        >>> from dataclasses import replace
        >>> from edgelab.datasets import convergence
        >>> from edgelab.training import TrainingConfig
        >>> data = convergence(4, n_train=200, n_test=10).train
        >>> training = TrainingConfig(epochs=2, device="cpu", progress=False)
        >>> settings = replace(refinement_model(), training=training)
        >>> refining = RefineSettings(rounds=1, round_epochs=1)
        >>> result = refine_edges(data, settings=settings, refining=refining)
        >>> set(result.changes["change"]) <= {"kept", "added", "removed", "tried"}
        True
    """
    settings = settings or refinement_model()
    if isinstance(growth, str):
        growth = growth_by(growth, dataset, settings)
    return GraphSparsity(
        graph_of(dataset),
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
        growth=growth,
        candidates=candidates,
        seed=seed,
    ).fit()
