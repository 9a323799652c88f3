"""How the model behind a job is built and trained."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError
from edgelab.tasks import Task, masked_task, perturbation_task
from edgelab.training import TrainingConfig

TaskName = Literal["masked", "perturbation"]


def _short_training() -> TrainingConfig:
    # Few passes on purpose: a model trained to the end has absorbed into its own edges the gradients that point to
    # missing ones. On Sachs and DREAM4, 3 to 20 epochs rank held-out edges better than 150.
    return TrainingConfig(epochs=10, batch_size=128, lr=3e-3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Task, size and training of the GSNN whose activations and gradients are read.

    Attributes:
        task: `"masked"` predicts hidden measurements from the visible ones through the graph and needs one output per
            function; `"perturbation"` predicts the responses from the interventions.
        hidden_fraction: Share of the measurements hidden per sample in the masked task, in (0, 1).
        channels: Hidden channels of each function.
        layers: Blocks of the GSNN, at least 2.
        norm: Normalisation inside functions; `"none"` keeps magnitudes comparable between samples.
        dropout: Share of channel values set to zero in training, in [0, 1).
        training: Optimizer, epochs, batch size. Its seed is replaced by the seed of the job.

    Raises:
        ConfigError: If the task is unknown or there are fewer than 2 layers; other values are checked where they are
            used.

    Example:
        >>> ModelSettings(channels=4).training.epochs
        10
    """

    task: TaskName = "masked"
    hidden_fraction: float = 0.3
    channels: int = 8
    layers: int = 4
    norm: str = "none"
    dropout: float = 0.0
    training: TrainingConfig = field(default_factory=_short_training)

    def __post_init__(self) -> None:
        if self.task not in get_args(TaskName):
            raise ConfigError(f"unknown task {self.task!r}; choose one of {list(get_args(TaskName))}")
        if not (isinstance(self.layers, int) and self.layers >= 2):
            raise ConfigError(f"layers must be an integer of at least 2 to score edges, got {self.layers!r}")

    def make_task(self, dataset: Dataset, data: HeteroData) -> Task:
        """Return what the model has to learn.

        Args:
            dataset: The samples.
            data: The graph that the model sees.

        Returns:
            The task of the settings on that graph.
        """
        make: Callable[[], Task] = {
            "masked": lambda: masked_task(dataset, data, hidden_fraction=self.hidden_fraction),
            "perturbation": lambda: perturbation_task(dataset, data),
        }[self.task]
        return make()
