"""Models to perturb: trained on the prior network, with candidate edges opened beside it."""

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from torch import nn
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset, in_sample_order
from edgelab.graphs import function_adjacency, function_names
from edgelab.models import GSNN, take_weights, with_function_edges
from edgelab.tasks import Task, graph_of
from edgelab.training import History, ModelSettings, fit
from edgelab.typing import Array, Bool, Tensor

Pair = tuple[str, str]


def train_for_edges(
    dataset: Dataset, candidates: list[Pair], settings: ModelSettings, seed: int
) -> tuple[GSNN, History]:
    """Train a model on the prior network, then weights for candidate edges with everything else as
    it is.

    A candidate starts with no effect at all: what it carries on is drawn at random, what its target
    makes of it is 0. A second training moves the weights of candidates only. With all candidates
    closed (strength 0) the model is therefore exactly the one of the prior network.

    Args:
        dataset: Prior network, interventions and responses.
        candidates: Edges to open.
        settings: How models are built and trained.
        seed: Of initial weights and order of samples.

    Returns:
        The model, with prior and candidate edges at strength 1, and the course of the first
        training.
    """
    dataset = in_sample_order(dataset)
    graph, training = graph_of(dataset), settings.training_on(dataset.n_samples, seed)
    task = settings.make_task(dataset, graph)
    model = _untrained(task, settings, seed)
    history = fit(model, task.x, task.y, training, corruption=task.corruption)
    if not candidates:
        return model, history
    wider = settings.make_task(dataset, with_function_edges(graph, _with(graph, candidates)))
    opened = _untrained(wider, settings, seed).to(next(model.parameters()).device)
    fresh = fresh_entries(opened, model)
    take_weights(opened, model, fresh_share=1.0)
    with torch.no_grad():
        for name, parameter in opened.named_parameters():
            if "lin_in" in name:
                parameter[fresh[name]] = 0
    hooks = [p.register_hook(_masked(fresh[name])) for name, p in opened.named_parameters()]
    fit(opened, wider.x, wider.y, training, corruption=wider.corruption)
    for hook in hooks:
        hook.remove()
    return opened, history


def fresh_entries(new: GSNN, old: GSNN) -> dict[str, Bool[Tensor, "*shape"]]:
    """Find the entries of parameters that belong to edges which another model lacks.

    Args:
        new: A model with more edges; left as it is.
        old: The other one.

    Returns:
        A mask for every parameter of `new`.
    """
    ones, zeros = deepcopy(new), deepcopy(old)
    for model, value in ((ones, 1.0), (zeros, 0.0)):
        for parameter in model.parameters():
            nn.init.constant_(parameter, value)
    take_weights(ones, zeros, fresh_share=1.0)
    return {name: parameter.detach() == 1 for name, parameter in ones.named_parameters()}


def _masked(mask: Tensor) -> Callable[[Tensor], Tensor]:
    # On its device at the first step: training may move the model after the hook is set.
    return lambda gradient: gradient * mask.to(gradient)


def _untrained(task: Task, settings: ModelSettings, seed: int) -> GSNN:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return settings.make_model(task)


def _with(graph: HeteroData, candidates: list[Pair]) -> Bool[Array, "nodes nodes"]:
    place = {name: position for position, name in enumerate(function_names(graph))}
    edges = function_adjacency(graph).copy()
    edges[tuple(np.array([[place[a], place[b]] for a, b in candidates]).T)] = True
    return edges
