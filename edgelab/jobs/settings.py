"""How the model behind a job is built and trained."""

from collections.abc import Callable
from dataclasses import dataclass, field

from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError
from edgelab.registry import Registry
from edgelab.tasks import Task, masked_task, perturbation_task
from edgelab.training import TrainingConfig

# What a model can be asked to learn, by name.
TASKS: Registry[Callable[[Dataset, HeteroData, float], Task]] = Registry("task")
TASKS.register("masked")(lambda dataset, data, hidden: masked_task(dataset, data, hidden_fraction=hidden))
TASKS.register("perturbation")(lambda dataset, data, hidden: perturbation_task(dataset, data))


def _short_training() -> TrainingConfig:
    # Few steps on purpose: a model trained to the end has absorbed into its own edges the gradients that point to
    # missing ones. On Sachs (7,466 cells, 20 hold-outs) partial MEI has an MRR of .49 after 3 epochs and .42 after 10.
    return TrainingConfig(epochs=3, batch_size=256, lr=3e-3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Task, size and training of the GSNN whose activations and gradients are read.

    Attributes:
        task: A name in `TASKS`: `"masked"` predicts hidden measurements from the visible ones through the graph and
            needs one output per function; `"perturbation"` predicts the responses from the interventions.
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
        3
    """

    task: str = "masked"
    hidden_fraction: float = 0.3
    channels: int = 8
    layers: int = 4
    norm: str = "none"
    dropout: float = 0.0
    training: TrainingConfig = field(default_factory=_short_training)

    def __post_init__(self) -> None:
        TASKS[self.task]
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
        return TASKS[self.task](dataset, data, self.hidden_fraction)
