"""Graphs in which every measured function also has an input that shows its measurement."""

import copy

import torch
from torch_geometric.data import HeteroData

from edgelab.errors import GraphError, shorten
from edgelab.graphs import INPUT_EDGES, OUTPUT_EDGES
from edgelab.typing import Int, Tensor

_MEASURED_PREFIX = "measured:"


def add_measurement_inputs(data: HeteroData) -> HeteroData:
    """Return a graph with one more input per output, wired to the function that the output reads.

    Args:
        data: A graph in which every output reads one function and no function is read twice; it is
            not changed.

    Returns:
        A new graph. The new inputs are named `measured:` and the output's name; they follow the old
        ones, in the order of the outputs. Their edges have sign +1 and weight 1 where the graph's
        input edges have these attributes.

    Raises:
        GraphError: If outputs and functions do not match one to one, or the graph has such inputs
            already.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> ends = {"input_edges": [("drug", "a")], "output_edges": [("b", "readout")]}
        >>> graph = build_graph([("a", "b")], **ends)
        >>> add_measurement_inputs(graph)["input"].node_names
        ['drug', 'measured:readout']
    """
    old_names = data["input"].node_names
    outputs = data["output"].node_names
    taken = [name for name in old_names if name.startswith(_MEASURED_PREFIX)]
    if taken:
        raise GraphError(
            f"the graph has measurement inputs already: {shorten(taken)}. Pass the graph without "
            "them."
        )
    functions = measured_functions(data)
    extended = copy.copy(data)
    extended["input"].node_names = [*old_names, *(_MEASURED_PREFIX + name for name in outputs)]
    extended["input"].num_nodes = len(old_names) + len(outputs)
    store = extended[INPUT_EDGES]
    new_edges = torch.stack([torch.arange(len(outputs)) + len(old_names), functions])
    store.edge_index = torch.cat([store.edge_index, new_edges.to(store.edge_index.device)], dim=1)
    for attribute in {"sign", "weight"} & set(store.keys()):
        store[attribute] = torch.cat([store[attribute], store[attribute].new_ones(len(outputs))])
    return extended


def measured_functions(data: HeteroData) -> Int[Tensor, " outputs"]:
    """Return which function each output reads.

    Args:
        data: A graph.

    Returns:
        Function ids in the order of the outputs.

    Raises:
        GraphError: If an output reads no function or several, or a function is read by several
            outputs. With two readouts of one function, showing one would give the other away.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> ends = {"input_edges": [("drug", "a")], "output_edges": [("b", "readout")]}
        >>> graph = build_graph([("a", "b")], **ends)
        >>> measured_functions(graph)
        tensor([1])
    """
    sources, targets = data[OUTPUT_EDGES].edge_index.cpu()
    for ids, kind, rule in (
        (targets, "output", "read exactly one function"),
        (sources, "function", "have one output"),
    ):
        names = data[kind].node_names
        count = torch.bincount(ids, minlength=len(names))
        wrong = count != 1 if kind == "output" else count > 1
        if wrong.any():
            listed = shorten(names[position] for position in wrong.nonzero().flatten().tolist())
            raise GraphError(
                f"the masked task needs every {kind} to {rule}, but not so {listed}. "
                "Choose one output for each function, or use the perturbation task."
            )
    return sources[targets.argsort()]
