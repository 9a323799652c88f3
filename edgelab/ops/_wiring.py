"""How the edge state of a GSNN is stored, and what carries it from one block to the next."""

import torch

from edgelab.typing import Int, Tensor

from ._incidence import Incidence
from ._slots import slot_layout


class EdgeWiring(torch.nn.Module):
    """Index tensors of a fixed directed graph, by which a GSNN block moves no more than it must.

    Nodes are numbered functions first, then inputs, then outputs. The *state* has one row per edge,
    ordered by the function it enters (so that the gradient of the inward weights reads contiguous
    blocks), padding rows included; edges into outputs follow at the end. A module without
    parameters, so that its tensors follow the model to its device.

    Args:
        source: Source node of every edge.
        target: Target node of every edge.
        n_functions: Nodes 0 … n_functions − 1 are functions.
        channels: Hidden channels of every function.

    Attributes:
        channels: Hidden channels of every function.
        inward: Layout of the edges into functions, in `into_function` order.
        outward: Layout of the edges out of functions, in `out_of_function` order.
        into_function: `[edges]` ids of the edges that enter a function.
        out_of_function: ids of the edges that leave a function.
        out_of_input: ids of the edges that leave an input node.
        row_of_edge: `[edges]`, the row of the state that holds an edge.
        edge_of_row: `[rows]`, the edge that a row holds; −1 for padding.
        entering: Incidence of the rows and the functions that their edges enter, functions by
            inward rank.
        leaving: Incidence of the rows and the functions that their edges leave, functions by inward
            rank.
        row_of_slot: `[outward slots]`, the row of the edge in each slot of the outward layout (any,
            for padding).
        outward_from_inward: `[nodes]`, rank among the inward ranks of the node of each outward
            rank.
    """

    into_function: Tensor
    out_of_function: Tensor
    out_of_input: Tensor
    row_of_edge: Tensor
    edge_of_row: Tensor
    row_of_slot: Tensor
    outward_from_inward: Tensor

    def __init__(
        self,
        source: Int[Tensor, " edges"],
        target: Int[Tensor, " edges"],
        n_functions: int,
        channels: int,
    ) -> None:
        super().__init__()
        self.channels = channels
        n_edges = len(source)
        enters = target < n_functions
        leaves = source < n_functions
        into, out_of, from_input = (mask.nonzero().squeeze(1) for mask in (enters, leaves, ~leaves))
        self.inward = slot_layout(target[into], n_functions)
        self.outward = slot_layout(source[out_of], n_functions)
        into_output = (~enters).nonzero().squeeze(1)

        row_of_edge = source.new_empty(n_edges)
        row_of_edge[into] = self.inward.slot_of_edge
        row_of_edge[into_output] = self.inward.n_slots + torch.arange(len(into_output))
        edge_of_row = source.new_full((self.inward.n_slots + len(into_output),), -1)
        edge_of_row[row_of_edge] = torch.arange(n_edges)

        rank = self.inward.rank_of_node
        n_rows = len(edge_of_row)
        self.entering = Incidence(
            row_of_edge[into], rank[target[into]], n_rows, n_functions, channels
        )
        self.leaving = Incidence(
            row_of_edge[out_of], rank[source[out_of]], n_rows, n_functions, channels
        )
        row_of_slot = source.new_zeros(self.outward.n_slots)
        row_of_slot[self.outward.slot_of_edge] = row_of_edge[out_of]

        index = {
            "into_function": into,
            "out_of_function": out_of,
            "out_of_input": from_input,
            "row_of_edge": row_of_edge,
            "edge_of_row": edge_of_row,
            "row_of_slot": row_of_slot,
            "outward_from_inward": rank[self.outward.node_of_rank],
        }
        for name, tensor in index.items():
            self.register_buffer(name, tensor, persistent=False)

    @property
    def n_functions(self) -> int:
        """Number of function nodes."""
        return self.inward.n_nodes

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.row_of_edge)

    @property
    def n_rows(self) -> int:
        """Number of rows of the state, padding included."""
        return len(self.edge_of_row)
