"""What a method may look at: the samples, the graph that is known, and, if it asks, a model trained
on them.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset, in_sample_order
from edgelab.errors import ConfigError
from edgelab.inference import MagnitudeEdgeInferer, MagnitudeEdgeRegressor
from edgelab.inference.features import model_features
from edgelab.models import GSNN
from edgelab.ops import Batch
from edgelab.tasks import Task, perturbation_task
from edgelab.training import History, ModelSettings, fit, iterate_batches
from edgelab.typing import Array, Float

# The batch in which gradients are read; scores do not depend on it, memory and speed do.
_SCORING_BATCH = 1024
# What the generators of torch take.
_SEEDS = 2**63


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedModel:
    """A GSNN after training, and what was read from it.

    Attributes:
        model: The GSNN, on the device of the training settings.
        history: Course of the training.
        inferer: Statistics of activations and gradients over all samples, after training.
        regressor: Trained beside the model, batch by batch.
        batches: All samples of the task, cut for reading gradients.
    """

    model: GSNN
    history: History
    inferer: MagnitudeEdgeInferer
    regressor: MagnitudeEdgeRegressor
    batches: tuple[Batch, ...]


class Evidence:
    """Samples and known graph; the model is trained when the first method asks for it, once.

    Args:
        dataset: The samples. Its edges are not looked at: the graph that methods know is `data`.
        data: The graph, without edges that are held out.
        settings: How a model is built and trained.
        seed: Decides initial weights, order of samples and what is hidden.
        checkpoint_dir: Where training stores checkpoints, and from where it resumes; None stores
            none.

    Raises:
        ConfigError: If the seed is out of range.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import graph_of
        >>> evidence = Evidence(sachs(), graph_of(sachs()))
        >>> evidence.task.y.shape
        torch.Size([7466, 11])
    """

    def __init__(
        self,
        dataset: Dataset,
        data: HeteroData,
        settings: ModelSettings | None = None,
        seed: int = 0,
        checkpoint_dir: Path | None = None,
    ) -> None:
        if not 0 <= seed < _SEEDS:
            raise ConfigError(f"seed must be an integer from 0 to 2**63 - 1, got {seed}")
        # Private: its edges include the held-out ones. Mini-batches follow the rows, whose order
        # must not matter.
        self._dataset = in_sample_order(dataset)
        self.data = data
        self.settings = settings or ModelSettings()
        self.seed = seed
        self.checkpoint_dir = checkpoint_dir

    @cached_property
    def task(self) -> Task:
        """Interventions, responses and conditions in the order of the graph's nodes, nothing
        hidden.
        """
        return perturbation_task(self._dataset, self.data)

    @cached_property
    def model_features(self) -> dict[str, Float[Array, "nodes nodes"]]:
        """What models that were trained without a pair say about it; see
        `edgelab.inference.features`.
        """
        return model_features(self._dataset, self.data, self.settings, self.seed)

    @cached_property
    def trained(self) -> TrainedModel:
        """The model, trained on the task of the settings."""
        settings, training = (
            self.settings,
            self.settings.training_on(self._dataset.n_samples, self.seed),
        )
        task = settings.make_task(self._dataset, self.data)
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            model = settings.make_model(task)
            regressor = MagnitudeEdgeRegressor(model, task.data)
        history = fit(
            model,
            task.x,
            task.y,
            training,
            corruption=task.corruption,
            callbacks=[regressor.callback()],
            checkpoint_dir=self.checkpoint_dir,
            resume=self.checkpoint_dir is not None,
        )
        samples = task.batch(self.seed)
        inferer = MagnitudeEdgeInferer(model, task.data)
        batches = tuple(
            iterate_batches(samples.x, samples.y, _SCORING_BATCH, weight=samples.weight)
        )
        inferer.fit(batches, progress=training.progress)
        return TrainedModel(
            model=model, history=history, inferer=inferer, regressor=regressor, batches=batches
        )
