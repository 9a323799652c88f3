"""What a method may look at: samples, the known graph and, if it asks, models trained on them."""

from functools import cached_property
from pathlib import Path

from torch_geometric.data import HeteroData

from edgelab.checks import check_seed
from edgelab.datasets import Dataset, in_sample_order, take_samples
from edgelab.inference.features import model_features
from edgelab.tasks import Task, perturbation_task
from edgelab.training import ModelSettings
from edgelab.typing import Array, Float, Int

from ._trained_model import TrainedModel, train_model


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
        check_seed(seed)
        # Private: its edges include the held-out ones. Mini-batches follow the rows, whose order
        # must not matter.
        self._dataset = in_sample_order(dataset)
        self.data = data
        self.settings = settings or ModelSettings()
        self.seed = seed
        self.checkpoint_dir = checkpoint_dir

    def samples(self, rows: Int[Array, " rows"]) -> "Evidence":
        """Return the same graph, settings and seed with some of the samples.

        Args:
            rows: Positions in `task`, in any order.

        Returns:
            New evidence, whose models are trained on these samples alone and store no checkpoints.
        """
        return Evidence(take_samples(self._dataset, rows), self.data, self.settings, self.seed)

    @cached_property
    def task(self) -> Task:
        """Interventions and responses in the order of the graph's nodes, nothing hidden."""
        return perturbation_task(self._dataset, self.data)

    @cached_property
    def model_features(self) -> dict[str, Float[Array, "nodes nodes"]]:
        """What models trained without a pair tell of it (`edgelab.inference.features`)."""
        return model_features(self._dataset, self.data, self.settings, self.seed)

    @cached_property
    def trained(self) -> TrainedModel:
        """The model, trained on the task of the settings."""
        return train_model(self._dataset, self.data, self.settings, self.seed, self.checkpoint_dir)
