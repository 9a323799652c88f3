"""What trained GSNNs say about every pair, none of which saw the pairs that it describes."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset
from edgelab.graphs import FUNCTION_EDGES, split_edges
from edgelab.inference.gsnn import CorrelationOptions, MagnitudeEdgeInferer
from edgelab.models import evaluation_mode
from edgelab.naming import natural_order
from edgelab.progress import tracked
from edgelab.screens import function_responses, input_values, screen_effects
from edgelab.seeds import seed_for
from edgelab.tasks import HideMeasurements, Task
from edgelab.training import (
    Callback,
    ModelSettings,
    StartInfo,
    StepInfo,
    TrainingConfig,
    fit,
    iterate_batches,
)
from edgelab.typing import Array, Float, Int

from ._effects import over_screens

# A pair is described by a model that was trained without its fold: with four fifths of the edges.
FOLDS = 5
# How often a model is read in training. Early gradients point to missing edges; late ones have been
# absorbed.
READINGS = 4
# Samples that are read at a time: a matter of memory.
_SCORING_BATCH = 1024
_POOLED = CorrelationOptions(layer_agg="pooled")
_POOLED_PARTIAL = CorrelationOptions(layer_agg="pooled", score="partial")

Matrix = Float[Array, "nodes nodes"]


def model_features(
    dataset: Dataset, data: HeteroData, settings: ModelSettings, seed: int = 0
) -> dict[str, Matrix]:
    """Read GSNNs that were trained without the pairs they are asked about.

    Every ordered pair belongs to one of five folds. For each fold a GSNN is trained on the graph
    without the fold's known edges and read at a quarter, half, three quarters and the end of its
    training, each time with other measurements hidden where the task hides any; the mean of the
    readings describes the fold's pairs. Known edges and candidates are thus described alike.

    Args:
        dataset: The samples.
        data: The graph that is known.
        settings: How the models are built and trained.
        seed: Decides folds, initial weights and order of samples.

    Returns:
        Matrices `[sources, targets]` in the order of the functions of `data`: `mei` and
        `mei_partial`, the correlations of `edgelab.inference.MagnitudeEdgeInferer` pooled over
        layers; and, in tasks that hide nothing, `edgelab.inference.features.over_screens` of what
        the model fails to predict, as `unpredicted`.
    """
    names = data["function"].node_names
    fold_of = _folds(names, seed)
    total: dict[str, Matrix] = {}
    for fold in tracked(
        range(FOLDS), "models without a part of the edges", shown=settings.training.progress
    ):
        graph = _without(data, fold_of == fold)
        readings = _readings_of(dataset, graph, settings, seed_for(seed, f"fold {fold}"))
        for name, matrix in readings.items():
            mean = total.setdefault(name, np.full(fold_of.shape, np.nan))
            mean[fold_of == fold] = matrix[fold_of == fold]
    return total


def _readings_of(
    dataset: Dataset, data: HeteroData, settings: ModelSettings, seed: int
) -> dict[str, Matrix]:
    """Train one model and average what it says on the way."""
    task = settings.make_task(dataset, data)
    training = settings.training_on(dataset.n_samples, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = settings.make_model(task)
    readings = _Readings(task, training, seed)
    fit(model, task.x, task.y, training, corruption=task.corruption, callbacks=[readings])
    return readings.mean


class _Readings(Callback):
    """Reads a model in training at equal distances, and keeps the mean."""

    def __init__(self, task: Task, training: TrainingConfig, seed: int) -> None:
        steps = training.epochs * math.ceil(len(task.x) / training.batch_size)
        self._at = {math.ceil(steps * part / READINGS) for part in range(1, READINGS + 1)}
        self._task = task
        self._seed = seed
        self._read: list[dict[str, Matrix]] = []

    @property
    def mean(self) -> dict[str, Matrix]:
        return {
            name: np.mean([reading[name] for reading in self._read], axis=0)
            for name in self._read[0]
        }

    def on_start(self, info: StartInfo) -> None:
        self._model = info.model

    def after_step(self, info: StepInfo) -> None:
        if info.step in self._at:
            seed = seed_for(self._seed, f"reading {len(self._read)}")
            self._read.append(_reading(self._model, self._task, seed))


def _reading(model: nn.Module, task: Task, seed: int) -> dict[str, Matrix]:
    samples = task.batch(seed)
    inferer = MagnitudeEdgeInferer(model, task.data)
    inferer.fit(
        iterate_batches(samples.x, samples.y, _SCORING_BATCH, weight=samples.weight), progress=False
    )
    everything = slice(0, inferer.pairs.n_targets)
    reading = {
        "mei": np.asarray(inferer.raw_scores(everything, _POOLED).score),
        "mei_partial": np.asarray(inferer.raw_scores(everything, _POOLED_PARTIAL).score),
    }
    if not isinstance(task.corruption, HideMeasurements):
        reading |= _unpredicted(model, task)
    return reading


def _unpredicted(model: nn.Module, task: Task) -> dict[str, Matrix]:
    """Effects of perturbations that the model, which knows of them, does not foresee."""
    with evaluation_mode(model), torch.no_grad():
        predicted = model(task.x.to(next(model.parameters()).device)).cpu()
    residual = function_responses(replace(task, y=task.y - predicted))
    targets = np.arange(residual.shape[1])
    screens = screen_effects(task.data, input_values(task), residual, targets)
    return over_screens([effect for effect, _ in screens], "unpredicted")


def _folds(names: Sequence[str], seed: int) -> Int[Array, "nodes nodes"]:
    """A fold for every ordered pair, which depends on the names and not on their order."""
    position = {name: number for number, name in enumerate(natural_order(names))}
    order = [position[name] for name in names]
    folds = np.random.default_rng(seed).integers(FOLDS, size=(len(names), len(names)))
    return folds[np.ix_(order, order)]


def _without(data: HeteroData, hidden: Array) -> HeteroData:
    names = data["function"].node_names
    source, target = data[FUNCTION_EDGES].edge_index.cpu().numpy()
    pairs = [(names[i], names[j]) for i, j in zip(source, target, strict=True) if hidden[i, j]]
    return split_edges(data, pairs).train
