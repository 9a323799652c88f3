"""Functions of a graph in groups of equal shape, so that all of a group are treated in one batched
product.
"""

from dataclasses import dataclass

import torch

from edgelab.ops import EdgeWiring
from edgelab.typing import Int, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class NodeBlock:
    """Functions with equally many edges in, and equally many edges out.

    Attributes:
        nodes: The functions.
        into: Edges that enter each, as rows of the weight of an inward layer.
        out_of: Edges that leave each, as rows of the weight of an outward layer.
        into_rows: The same edges as `into`, as rows of the edge state.
        out_rows: The same edges as `out_of`, as rows of the edge state.
    """

    nodes: Int[Tensor, " nodes"]
    into: Int[Tensor, "nodes into"]
    out_of: Int[Tensor, "nodes out_of"]
    into_rows: Int[Tensor, "nodes into"]
    out_rows: Int[Tensor, "nodes out_of"]


def node_blocks(
    wiring: EdgeWiring, source: Int[Tensor, " edges"], target: Int[Tensor, " edges"]
) -> tuple[NodeBlock, ...]:
    """Group the functions that something enters and something leaves by their numbers of edges.

    Args:
        wiring: The graph.
        source: Source of every edge of the wiring.
        target: Target of every edge of the wiring.

    Returns:
        The groups. A function without an edge in or without an edge out is in none: no channel of
        it could do anything.

    Example:
        >>> source, target = torch.tensor([0, 2, 1]), torch.tensor([1, 0, 3])  # input 2 → 0 → 1 → output 3
        >>> wiring = EdgeWiring(source, target, n_functions=2, channels=1)
        >>> [(block.nodes.tolist(), block.into.shape[1]) for block in node_blocks(wiring, source, target)]
        [([0, 1], 1)]
    """
    into, out_of = wiring.into_function.cpu(), wiring.out_of_function.cpu()
    enters, leaves = target[into], source[out_of]
    n_in, n_out = (torch.bincount(ends, minlength=wiring.n_functions) for ends in (enters, leaves))
    shapes = torch.stack([n_in, n_out], dim=1)
    row_of_edge = wiring.row_of_edge.cpu()
    blocks = []
    for shape in torch.unique(shapes, dim=0):
        if not shape.all():
            continue
        nodes = (shapes == shape).all(1).nonzero().squeeze(1)
        ends = [_edges_at(nodes, at, int(n)) for at, n in zip((enters, leaves), shape, strict=True)]
        tensors = (nodes, *ends, row_of_edge[into[ends[0]]], row_of_edge[out_of[ends[1]]])
        blocks.append(NodeBlock(*(tensor.to(wiring.row_of_edge.device) for tensor in tensors)))
    return tuple(blocks)


def _edges_at(nodes: Tensor, node_of_edge: Tensor, degree: int) -> Tensor:
    """Positions of the edges of each node, `[nodes, degree]`."""
    order = torch.argsort(node_of_edge, stable=True)
    start = torch.searchsorted(node_of_edge[order], nodes)
    return order[start.unsqueeze(1) + torch.arange(degree)]
