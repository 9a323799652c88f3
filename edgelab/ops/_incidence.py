"""Sums over the edges of every node and over the channels of every edge's node.

Each is one pass of `embedding_bag`. An edge lies in a row of the edge state; a node has channels.
With `w[e, c]` the weights of a set of edges, the two products are transposes of each other, so that
each is the gradient of the other:

    to_nodes   z[n, c, b] = Σ_{e at n} w[e, c] · x[row(e), b]
    to_rows    y[r, b]    = Σ_c w[e(r), c] · h[n(e(r)), c, b]      (0 in a row without an edge of
    the set)

The batch lies innermost, so a row is contiguous; `embedding_bag` adds weighted rows of a table,
chosen by index, in registers, and reads nothing but the rows it needs: no gathered copy, no
padding. On a CPU this takes half the time of one batched matrix product per group of nodes, whose
matrices are too small (5 × 8) for a GEMM to run at speed.
"""

import torch
from torch.nn.functional import embedding_bag

from edgelab.typing import Float, Int, Tensor


class Incidence(torch.nn.Module):
    """Which rows belong to which node, for one set of edges.

    A module without parameters, so that it follows the model to its device.

    Args:
        row_of_edge: Row of every edge of the set, in the order of its weights; no row twice.
        node_of_edge: Node of every edge of the set.
        n_rows: Number of rows.
        n_nodes: Number of nodes.
        channels: Channels of a node.

    Example:
        >>> row_of_edge, node_of_edge = torch.tensor([2, 0]), torch.tensor([0, 0])
        >>> incidence = Incidence(row_of_edge, node_of_edge, n_rows=3, n_nodes=1, channels=1)
        >>> weight, x = torch.tensor([[10.0], [1.0]]), torch.tensor([[3.0], [4.0], [5.0]])
        >>> incidence.to_nodes(x, weight).tolist()
        [[[53.0]]]
        >>> incidence.to_rows(torch.tensor([[[2.0]]]), weight).tolist()
        [[2.0], [0.0], [20.0]]
    """

    _rows: Tensor
    _row_weights: Tensor
    _row_starts: Tensor
    _lanes: Tensor
    _lane_edges: Tensor
    _lane_starts: Tensor

    def __init__(
        self,
        row_of_edge: Int[Tensor, " edges"],
        node_of_edge: Int[Tensor, " edges"],
        n_rows: int,
        n_nodes: int,
        channels: int,
    ) -> None:
        super().__init__()
        self.shape = (n_nodes, channels)
        lane = torch.arange(channels)

        # to_nodes: one bag per (node, channel): the node's rows, with the weights of that channel.
        by_node = torch.argsort(node_of_edge, stable=True)
        degree = torch.bincount(node_of_edge, minlength=n_nodes)
        position = _each_repeated(degree, channels)
        edges = by_node[position]
        lanes = _lane_of_bag_entry(degree, lane)
        row_starts = torch.cat([degree.new_zeros(1), degree.repeat_interleave(channels).cumsum(0)])

        # to_rows: one bag per row: the channels of its edge's node.
        by_row = torch.argsort(row_of_edge)
        lane_starts = torch.zeros(n_rows + 1, dtype=torch.long)
        lane_starts[row_of_edge + 1] = channels

        index = {
            "_rows": row_of_edge[edges],
            "_row_starts": row_starts,
            "_lanes": (node_of_edge[by_row].unsqueeze(1) * channels + lane).flatten(),
            "_lane_starts": lane_starts.cumsum(0),
        }
        largest = max(n_rows, n_nodes * channels, len(edges))
        small = torch.int32 if largest < 2**31 else torch.int64
        for name, tensor in index.items():
            self.register_buffer(name, tensor.to(small), persistent=False)
        self.register_buffer("_row_weights", edges * channels + lanes, persistent=False)
        self.register_buffer("_lane_edges", by_row, persistent=False)

    def to_nodes(
        self, x: Float[Tensor, "rows batch"], weight: Float[Tensor, "edges channels"]
    ) -> Float[Tensor, "nodes channels batch"]:
        """Weighted sum of the rows of each node's edges; no gradient flows through.

        Args:
            x: One value per row and sample.
            weight: One number per edge of the set and channel.

        Returns:
            Zero for a node without edges.
        """
        weights = weight.flatten().index_select(0, self._row_weights)
        return _bags(x, self._rows, self._row_starts, weights).view(*self.shape, x.shape[1])

    def to_rows(
        self, h: Float[Tensor, "nodes channels batch"], weight: Float[Tensor, "edges channels"]
    ) -> Float[Tensor, "rows batch"]:
        """Weighted sum of the channels of the node of each row's edge; no gradient flows through.

        Args:
            h: One value per node, channel and sample.
            weight: One number per edge of the set and channel.

        Returns:
            Zero in a row without an edge of the set.
        """
        weights = weight.index_select(0, self._lane_edges).flatten()
        return _bags(h.flatten(0, 1), self._lanes, self._lane_starts, weights)


def _each_repeated(degree: Tensor, channels: int) -> Tensor:
    """Positions 0 … n − 1 of edges sorted by node, each node's run repeated once per channel."""
    start = degree.cumsum(0) - degree
    run_start = start.repeat_interleave(channels).repeat_interleave(
        degree.repeat_interleave(channels)
    )
    return run_start + _position_in_run(degree.repeat_interleave(channels))


def _lane_of_bag_entry(degree: Tensor, lane: Tensor) -> Tensor:
    return lane.repeat(len(degree)).repeat_interleave(degree.repeat_interleave(len(lane)))


def _position_in_run(lengths: Tensor) -> Tensor:
    total = int(lengths.sum())
    return torch.arange(total) - (lengths.cumsum(0) - lengths).repeat_interleave(lengths)


def _bags(table: Tensor, index: Tensor, starts: Tensor, weights: Tensor) -> Tensor:
    """For every bag the weighted sum of the rows of a table; all zero for an empty bag."""
    if not (index.numel() and table.numel()):
        return table.new_zeros(len(starts) - 1, table.shape[1])
    # Detached: with a gradient to come, embedding_bag would also prepare indices for a backward
    # pass of its own.
    return embedding_bag(
        index,
        table.detach(),
        starts,
        mode="sum",
        per_sample_weights=weights.detach(),
        include_last_offset=True,
    )
