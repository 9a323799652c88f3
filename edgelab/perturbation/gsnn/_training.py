"""Models to perturb: trained on the prior network, with candidate edges opened beside it."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import nn
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset, in_sample_order
from edgelab.errors import ConfigError, shorten
from edgelab.graphs import function_adjacency, function_names, prior_pairs
from edgelab.models import GSNN, take_weights, with_function_edges
from edgelab.seeds import seed_for
from edgelab.tasks import Task, graph_of
from edgelab.training import History, ModelSettings, fit
from edgelab.typing import Array, Bool, Tensor

from ._edges import Pair


def train_for_edges(
    dataset: Dataset, candidates: list[Pair], settings: ModelSettings, seed: int
) -> tuple[GSNN, History]:
    """Train a model on the prior network, then weights for candidates with all else as it is.

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
    graph = graph_of(dataset)
    training = settings.training_on(dataset.n_samples, seed)
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
    hooks = [
        parameter.register_hook(_masked(fresh[name]))
        for name, parameter in opened.named_parameters()
    ]
    fit(opened, wider.x, wider.y, training, corruption=wider.corruption)
    for hook in hooks:
        hook.remove()
    return opened, history


def train_models(
    dataset: Dataset, candidates: list[Pair], settings: ModelSettings, count: int, seed: int
) -> tuple[tuple[GSNN, ...], History]:
    """Train several models that differ in their initial weights and their order of samples.

    Args:
        dataset: Prior network, interventions and responses.
        candidates: Edges to open.
        settings: How models are built and trained.
        count: How many models.
        seed: Each model has a seed of its own, derived from it.

    Returns:
        The models, and the course of the first one's training on the prior network.
    """
    seeds = [seed_for(seed, f"model {member}") for member in range(count)]
    trained = [train_for_edges(dataset, candidates, settings, own_seed) for own_seed in seeds]
    return tuple(model for model, _ in trained), trained[0][1]


def check_same_edges(model: GSNN, graph: HeteroData, candidates: list[Pair]) -> None:
    """Refuse a model that was trained on another network or with other candidates.

    Args:
        model: A model that `train_for_edges` returned.
        graph: The prior network.
        candidates: Edges to open.

    Raises:
        ConfigError: If they differ in an edge between two functions.
    """
    names = model.graph.edge_names()
    n_functions = len(model.graph.functions)
    inside = (model.graph.source < n_functions) & (model.graph.target < n_functions)
    edges = {names[place] for place in inside.nonzero().flatten().tolist()}
    different = edges ^ (prior_pairs(graph) | set(candidates))
    different = {pair for pair in different if pair[0] != pair[1]}
    if different:
        raise ConfigError(
            f"the models of `trained` and this call differ in {len(different)} edges, such as "
            f"{shorten(sorted(different), 2)}. Pass a result of the same network and candidates, "
            "or none."
        )


def fresh_entries(new: GSNN, old: GSNN) -> dict[str, Bool[Tensor, "*shape"]]:
    """Mark the entries of the new model's parameters that belong to edges which the old lacks."""
    ones = deepcopy(new)
    zeros = deepcopy(old)
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
    for source, target in candidates:
        edges[place[source], place[target]] = True
    return edges
