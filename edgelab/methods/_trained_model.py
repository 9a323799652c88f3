"""A GSNN trained once for all methods that read it."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset
from edgelab.inference import MagnitudeEdgeInferer, MagnitudeEdgeRegressor
from edgelab.models import GSNN
from edgelab.ops import Batch
from edgelab.training import History, ModelSettings, fit, iterate_batches

# The batch in which gradients are read; scores do not depend on it, memory and speed do.
_SCORING_BATCH = 1024


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


def train_model(
    dataset: Dataset,
    data: HeteroData,
    settings: ModelSettings,
    seed: int,
    checkpoint_dir: Path | None = None,
) -> TrainedModel:
    """Train a GSNN on samples in the order given, and read its activations and gradients."""
    task = settings.make_task(dataset, data)
    training = settings.training_on(dataset.n_samples, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = settings.make_model(task)
        regressor = MagnitudeEdgeRegressor(model, task.data)
    history = fit(
        model,
        task.x,
        task.y,
        training,
        corruption=task.corruption,
        callbacks=[regressor.callback()],
        checkpoint_dir=checkpoint_dir,
        resume=checkpoint_dir is not None,
    )
    samples = task.batch(seed)
    batches = tuple(iterate_batches(samples.x, samples.y, _SCORING_BATCH, weight=samples.weight))
    inferer = MagnitudeEdgeInferer(model, task.data)
    inferer.fit(batches, progress=training.progress)
    return TrainedModel(
        model=model, history=history, inferer=inferer, regressor=regressor, batches=batches
    )
