"""How the model behind a job is built and trained."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from torch_geometric.data import HeteroData

from edgelab.checks import check_integer
from edgelab.datasets import Dataset, standardise
from edgelab.errors import GraphError
from edgelab.models import GSNN, ClampedGSNN
from edgelab.registry import Registry
from edgelab.tasks import (
    DiscountClamped,
    Task,
    intervention_task,
    masked_task,
    measured_functions,
    perturbation_task,
)

from ._config import TrainingConfig

# As many samples with equal inputs tell how measurements vary together.
_REPLICATES = 20
# Batches are made smaller for few samples, but not smaller than this.
_SMALLEST_BATCH = 16

# What a model can be asked to learn, by name.
TASKS: Registry[Callable[[Dataset, HeteroData, float], Task]] = Registry("task")
TASKS.register("masked")(
    lambda dataset, data, hidden: masked_task(dataset, data, hidden_fraction=hidden)
)
TASKS.register("perturbation")(lambda dataset, data, hidden: perturbation_task(dataset, data))
TASKS.register("intervention")(lambda dataset, data, hidden: intervention_task(dataset, data))


@TASKS.register("auto")
def _fitting_task(dataset: Dataset, data: HeteroData, hidden_fraction: float) -> Task:
    """Hide measurements where there are replicates, else predict responses to interventions."""
    most = dataset.x.value_counts().max() if dataset.inputs else dataset.n_samples
    name = "masked" if most >= _REPLICATES and _has_own_readouts(data) else "intervention"
    return TASKS[name](dataset, data, hidden_fraction)


def _has_own_readouts(data: HeteroData) -> bool:
    try:
        measured_functions(data)
    except GraphError:
        return False
    return True


def _short_training() -> TrainingConfig:
    # Few steps on purpose: a model trained to the end has absorbed into its own edges the gradients
    # that point to missing ones. On Sachs (7,466 cells, 20 hold-outs) partial MEI has an MRR of .46
    # after 3 epochs and .38 after 10.
    return TrainingConfig(epochs=3, batch_size=256, lr=3e-3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Task, size and training of the GSNN whose activations and gradients are read.

    Attributes:
        task: A name in `TASKS`. `"masked"` predicts hidden measurements from the visible ones
            through the graph and needs one output per function; `"perturbation"` predicts the
            responses from the interventions; `"intervention"` likewise, but what the perturbed
            functions themselves show does not count; `"auto"` is `"masked"` where it can be and 20
            samples or more have equal inputs, `"intervention"` elsewhere.
        hidden_fraction: Share of the measurements hidden per sample in the masked task, in (0, 1).
        channels: Hidden channels of each function.
        layers: Blocks of the GSNN, at least 2.
        norm: Normalisation inside functions; `"none"` keeps magnitudes comparable between samples.
        dropout: Share of channel values set to zero in training, in [0, 1).
        training: Optimizer, epochs, batch size. Its seed is replaced by the seed of the job.
        min_steps: Optimizer steps that training has at least: where samples are few, batches become
            smaller and epochs more. With 201 samples, 3 epochs in batches of 256 would be 3 steps.

    Raises:
        ConfigError: If the task is unknown or there are fewer than 2 layers; other values are
            checked where they are used.

    Example:
        >>> ModelSettings(channels=4).training.epochs
        3
    """

    task: str = "auto"
    hidden_fraction: float = 0.3
    channels: int = 8
    layers: int = 4
    norm: str = "none"
    dropout: float = 0.0
    training: TrainingConfig = field(default_factory=_short_training)
    min_steps: int = 90

    def __post_init__(self) -> None:
        TASKS[self.task]
        check_integer("layers", self.layers, least=2, why="edges are scored between layers")

    def make_task(self, dataset: Dataset, data: HeteroData) -> Task:
        """Return what the model has to learn: responses are standardised, whatever their units.

        Args:
            dataset: The samples.
            data: The graph that the model sees.

        Returns:
            The task of the settings on that graph.

        Raises:
            DataError: If a response does not vary.
        """
        scaled = replace(dataset, y=standardise(dataset.y))
        return TASKS[self.task](scaled, data, self.hidden_fraction)

    def training_on(self, n_samples: int, seed: int) -> TrainingConfig:
        """Return how a model is trained on so many samples.

        Args:
            n_samples: Samples of the data set.
            seed: Seed of the job.

        Returns:
            The training with that seed, and with at least `min_steps` steps.

        Example:
            >>> few = ModelSettings().training_on(201, seed=0)
            >>> few.batch_size, few.epochs
            (32, 13)
        """
        training = replace(self.training, seed=seed)
        if training.epochs * math.ceil(n_samples / training.batch_size) >= self.min_steps:
            return training
        # About six batches per epoch, in powers of two.
        sixth = 2 ** int(math.log2(max(1, n_samples / 6)))
        batch_size = min(training.batch_size, max(_SMALLEST_BATCH, sixth))
        epochs = math.ceil(self.min_steps / math.ceil(n_samples / batch_size))
        return replace(training, batch_size=batch_size, epochs=max(training.epochs, epochs))

    def make_model(self, task: Task) -> GSNN:
        """Return an untrained model, whose weights torch's global generator decides.

        Args:
            task: What it has to learn.

        Returns:
            A GSNN on the task's graph; one whose inputs fix functions if the task says so.
        """
        kind = ClampedGSNN if isinstance(task.corruption, DiscountClamped) else GSNN
        return kind.from_data(
            task.data,
            channels=self.channels,
            layers=self.layers,
            norm=self.norm,
            dropout=self.dropout,
            share_layers=False,
        )
