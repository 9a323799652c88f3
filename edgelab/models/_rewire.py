"""The same network on another graph: new function→function edges, and weights that go along."""

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch_geometric.data import HeteroData

from edgelab.graphs import (
    FUNCTION_EDGES,
    INPUT_EDGES,
    OUTPUT_EDGES,
    build_graph,
    edges_in_natural_order,
    edges_of,
)
from edgelab.naming import natural_order
from edgelab.typing import Array, Bool, Int, Tensor

from ._gsnn import GSNN

# What stands before the names of parameters with one row per edge, and what their layer calls its
# edges.
_PER_EDGE = ("lin_in.weight", "lin_out.weight", "lin_out.bias", "edge_norm.")


def in_natural_order(data: HeteroData) -> HeteroData:
    """Return the graph with nodes and edges in the natural order of their names.

    Args:
        data: A graph as `build_graph` makes it.

    Returns:
        An equal graph; edges keep their sign and weight.

    Example:
        >>> edges = {"input_edges": [("i", "f10")], "output_edges": [("f2", "o")]}
        >>> data = build_graph([("f10", "f2")], **edges)
        >>> in_natural_order(data)["function"].node_names
        ['f2', 'f10']
    """
    edges, into, out_of = (
        edges_in_natural_order(edges_of(data, kind))
        for kind in (FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES)
    )
    inputs, functions, outputs = (
        natural_order(data[kind].node_names) for kind in ("input", "function", "output")
    )
    return build_graph(
        edges,
        input_edges=into,
        output_edges=out_of,
        inputs=inputs,
        functions=functions,
        outputs=outputs,
    )


def with_function_edges(data: HeteroData, edges: Bool[Array, "nodes nodes"]) -> HeteroData:
    """Return the graph with other function→function edges.

    Args:
        data: A graph.
        edges: The new edges, sources in rows, in the order of its functions.

    Returns:
        A new graph, edges by source and target. Edges that were there keep sign and weight; new
        ones have sign 0, unknown, and weight 1, where the graph has signs and weights.

    Example:
        >>> data = build_graph([("a", "b")], input_edges=[("i", "a")], output_edges=[("b", "o")])
        >>> back = np.array([[False, False], [True, False]])
        >>> edges_of(with_function_edges(data, back)).to_dict("records")
        [{'source': 'b', 'target': 'a'}]
    """
    names = np.asarray(data["function"].node_names, dtype=object)
    source, target = np.nonzero(edges)
    table = pd.DataFrame({"source": names[source], "target": names[target]})
    old = edges_of(data)
    known = old.set_index(["source", "target"])
    for attribute, default in (("sign", 0), ("weight", 1)):
        if attribute in old:
            values = known[attribute].reindex(pd.MultiIndex.from_frame(table)).fillna(default)
            table[attribute] = values.astype(old[attribute].dtype).to_numpy()
    return build_graph(
        table,
        input_edges=edges_of(data, INPUT_EDGES),
        output_edges=edges_of(data, OUTPUT_EDGES),
        inputs=list(data["input"].node_names),
        functions=list(data["function"].node_names),
        outputs=list(data["output"].node_names),
    )


@torch.no_grad()
def take_weights(new: GSNN, old: GSNN, fresh_share: float = 0.3) -> None:
    """Give a model the weights of another one that has the same nodes and some of the same edges.

    Args:
        new: Changed in place. Edges that the old model lacks keep their fresh weights, times
            `fresh_share`.
        old: Of the same sizes and options.
        fresh_share: How loud new edges start.

    Example:
        >>> data = build_graph([("a", "b")], input_edges=[("i", "a")], output_edges=[("b", "o")])
        >>> old, new = (GSNN.from_data(data, channels=2, layers=2) for _ in range(2))
        >>> take_weights(new, old)
        >>> torch.equal(old(torch.ones(1, 1)), new(torch.ones(1, 1)))
        True
    """
    values = dict(old.named_parameters())
    modules = dict(new.named_modules())
    places = _places(new, old)
    for name, parameter in new.named_parameters():
        if not any(part in name for part in _PER_EDGE):
            parameter.copy_(values[name])
            continue
        layer = name.rpartition(".")[0]
        rows = _rows(places, modules[layer], old.get_submodule(layer), name)
        kept = rows >= 0
        if name.endswith("weight") and parameter.dim() == 2:
            parameter[~kept] *= fresh_share
        parameter[kept] = values[name][rows[kept]]


def _places(new: GSNN, old: GSNN) -> Int[Tensor, " edges"]:
    """For every edge of the new model, repeats included, its number in the old one, or -1."""
    size = int(max(new.graph.target.max(), new.graph.source.max())) + 1
    repeats = new.edge_channels
    old_keys = (old.graph.source * size + old.graph.target).tolist()
    new_keys = (new.graph.source * size + new.graph.target).tolist()
    number = {key: place for place, key in enumerate(old_keys)}
    old_edges = [number.get(key, -1) for key in new_keys]
    edges = torch.tensor(old_edges, dtype=torch.int64).repeat_interleave(repeats)
    step = torch.arange(repeats).repeat(len(old_edges))
    return torch.where(edges < 0, -1, edges * repeats + step)


def _rows(
    places: Tensor, layer: nn.Module, old_layer: nn.Module, name: str
) -> Int[Tensor, " rows"]:
    """For every row of a parameter, the row of the same edge in the old parameter, or -1."""
    edges = getattr(layer, "edges", None)
    old_edges = getattr(old_layer, "edges", None)
    if edges is None or old_edges is None or name.endswith("bias"):
        return places  # edge norms and outward biases have a row for every edge of the graph
    row_of_edge = torch.full((int(old_edges.max()) + 2,), -1)
    row_of_edge[old_edges.cpu()] = torch.arange(len(old_edges))
    wanted = places[edges.cpu()]
    return torch.where(wanted < 0, -1, row_of_edge[wanted])
