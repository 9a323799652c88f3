"""Kinds of tasks that can be made of a data set, and the graph that they are asked on."""

from dataclasses import replace

import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset
from edgelab.errors import GraphError, shorten
from edgelab.graphs import (
    INPUT_EDGES,
    OUTPUT_EDGES,
    build_graph,
    edges_in_natural_order,
)
from edgelab.naming import natural_order
from edgelab.typing import Float, Tensor

from ._clamping import DiscountClamped
from ._corruption import HideMeasurements
from ._measurements import add_measurement_inputs
from ._task import Task


def graph_of(dataset: Dataset) -> HeteroData:
    """Return the graph of a data set, with all its known edges.

    Args:
        dataset: Three edge tables and the names of all nodes.

    Returns:
        A graph with its nodes and edges in the natural order of their names (`f2` before `f10`), so
        that nothing computed on it depends on the order in which they were listed. Hide edges from
        it with `edgelab.graphs.hold_out_edges` and pass the training graph to a task.

    Example:
        >>> from edgelab.datasets import sachs
        >>> graph_of(sachs())["function", "to", "function"].edge_index.shape
        torch.Size([2, 20])
    """
    return build_graph(
        edges_in_natural_order(dataset.edges),
        input_edges=edges_in_natural_order(dataset.input_edges),
        output_edges=edges_in_natural_order(dataset.output_edges),
        functions=natural_order(dataset.functions),
        inputs=natural_order(dataset.inputs),
        outputs=natural_order(dataset.outputs),
    )


def perturbation_task(dataset: Dataset, data: HeteroData | None = None) -> Task:
    """Return the task of predicting the responses from the interventions.

    Args:
        dataset: Graph and samples.
        data: The graph that the model sees, such as one with held-out edges removed; it must have
            the inputs, functions and outputs of the data set. None means the data set's own graph.

    Returns:
        A task without corruption; columns follow the order of the graph's nodes.

    Raises:
        GraphError: If the nodes of `data` are not those of the data set.

    Example:
        >>> from edgelab.datasets import sachs
        >>> task = perturbation_task(sachs())
        >>> task.x.shape, task.y.shape, task.corruption
        (torch.Size([7466, 9]), torch.Size([7466, 11]), None)
    """
    graph = _fitting_graph(dataset, data)
    return Task(
        name=f"{dataset.name} perturbation",
        data=graph,
        x=_columns(dataset.x, graph["input"].node_names),
        y=_columns(dataset.y, graph["output"].node_names),
        condition=dataset.condition.reset_index(drop=True),
    )


def intervention_task(dataset: Dataset, data: HeteroData | None = None) -> Task:
    """Return the task of predicting responses to interventions that fix functions (knockouts).

    As `perturbation_task`, but readouts of a function on which an input acts do not count, or count
    the less (`DiscountClamped`): what a knocked-out gene shows is the knockout, not its regulators.

    Args:
        dataset: Graph and samples; inputs are doses, 1 for a function that is wholly fixed.
        data: The graph that the model sees; None means the data set's own graph.

    Returns:
        A task whose corruption only weighs responses.

    Raises:
        GraphError: If the nodes of `data` are not those of the data set.

    Example:
        >>> from edgelab.datasets import sachs
        >>> intervention_task(sachs()).batch().weight.shape
        torch.Size([7466, 11])
    """
    plain = perturbation_task(dataset, data)
    acts = plain.data[INPUT_EDGES].edge_index
    reads = plain.data[OUTPUT_EDGES].edge_index
    readouts = [
        (source, output)
        for source, hit in acts.t().tolist()
        for read, output in reads.t().tolist()
        if hit == read
    ]
    return replace(
        plain,
        name=f"{dataset.name} intervention",
        corruption=DiscountClamped(tuple(sorted(readouts))),
    )


def masked_task(
    dataset: Dataset, data: HeteroData | None = None, *, hidden_fraction: float = 0.3
) -> Task:
    """Return the task of predicting hidden measurements from the visible ones, through the graph.

    Each function that an output reads gets one more input node, which shows its measurement to it.
    In every sample a random part of the measurements is hidden: their input nodes are 0 and only
    they count in the loss. So no value ever reaches its own prediction. In `x` itself all
    measurements are hidden; the corruption shows some.

    Args:
        dataset: Graph and samples; responses should be standardised, because 0 stands for "hidden".
        data: The graph that the model sees, without measurement inputs; None means the data set's
            own graph.
        hidden_fraction: Expected fraction of hidden measurements, in (0, 1).

    Returns:
        A task whose corruption hides measurements.

    Raises:
        GraphError: If the nodes of `data` are not those of the data set, or outputs and functions
            do not match one to one.
        ConfigError: If `hidden_fraction` lies outside (0, 1).

    Example:
        >>> from edgelab.datasets import sachs
        >>> task = masked_task(sachs())
        >>> batch = task.batch(seed=0)
        >>> task.x.shape, round(batch.weight.mean().item(), 2)
        (torch.Size([7466, 20]), 0.3)
    """
    plain = perturbation_task(dataset, data)
    n_inputs = plain.x.shape[1]
    n_outputs = plain.y.shape[1]
    return Task(
        name=f"{dataset.name} masked",
        data=add_measurement_inputs(plain.data),
        x=torch.cat([plain.x, torch.zeros_like(plain.y)], dim=1),
        y=plain.y,
        condition=plain.condition,
        corruption=HideMeasurements(hidden_fraction, tuple(range(n_inputs, n_inputs + n_outputs))),
    )


def _fitting_graph(dataset: Dataset, data: HeteroData | None) -> HeteroData:
    if data is None:
        return graph_of(dataset)
    expected = {"input": dataset.inputs, "function": dataset.functions, "output": dataset.outputs}
    for kind, names in expected.items():
        missing = set(names) - set(data[kind].node_names)
        extra = set(data[kind].node_names) - set(names)
        if missing or extra:
            raise GraphError(
                f"the {kind}s of the graph are not those of data set {dataset.name!r}: it lacks "
                f"{shorten(sorted(missing)) or 'none'}, only it has "
                f"{shorten(sorted(extra)) or 'none'}. Make it from `graph_of(dataset)`."
            )
    return data


def _columns(matrix: pd.DataFrame, names: list[str]) -> Float[Tensor, "samples columns"]:
    return torch.from_numpy(matrix[names].to_numpy(dtype="float32", copy=True))
