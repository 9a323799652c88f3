"""Where the edges of every node lie in memory: contiguous, grouped by degree, little padded."""

from typing import NamedTuple

import numpy as np
import torch

from edgelab.typing import Int, Tensor

# Starting one more batched product costs about as much as multiplying this many more rows of 64
# samples and 8 channels. Measured on two CPU cores: 100 pads less but calls more often, and was no
# faster.
ROWS_PER_CALL = 200


class NodeGroup(NamedTuple):
    """Nodes of similar degree, each given the same number of slots.

    Attributes:
        nodes: The nodes' ranks.
        slots: The rows of the slots, `width` consecutive ones for each node.
        width: Slots per node; at least the largest degree in the group.
    """

    nodes: slice
    slots: slice
    width: int


class SlotLayout(torch.nn.Module):
    """A place (slot) for every edge of every node, such that a group of nodes is one dense block.

    Nodes are ranked by degree. Node by node in that order, each edge of the node gets a slot; a
    node whose degree is below its group's width leaves its last slots empty. A module without
    parameters, so that the index tensors follow the model to its device; none of them enters a
    state dict. Made by `slot_layout`.

    Attributes:
        groups: The groups, by increasing width; their slices tile all ranks and all slots.
        group_nodes: Number of nodes in each group.
        group_slots: Number of slots of each group.
        node_of_rank: `[nodes]`, which node has a rank.
        rank_of_node: `[nodes]`, the inverse.
        slot_of_edge: `[edges]`, the row in which an edge lies.
        edge_of_slot: `[slots]`, which edge lies in a row; −1 for an empty slot.
    """

    node_of_rank: Tensor
    rank_of_node: Tensor
    slot_of_edge: Tensor
    edge_of_slot: Tensor

    def __init__(self, groups: tuple[NodeGroup, ...], **index: Tensor) -> None:
        super().__init__()
        self.groups = groups
        self.group_nodes = [group.nodes.stop - group.nodes.start for group in groups]
        self.group_slots = [group.slots.stop - group.slots.start for group in groups]
        for name, tensor in index.items():
            self.register_buffer(name, tensor, persistent=False)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_of_rank)

    @property
    def n_slots(self) -> int:
        """Number of slots, empty ones included."""
        return len(self.edge_of_slot)

    @property
    def padding(self) -> float:
        """Share of the slots that are empty, in [0, 1)."""
        return float((self.edge_of_slot < 0).float().mean()) if self.n_slots else 0.0


def slot_layout(
    node_of_edge: Int[Tensor, " edges"], n_nodes: int, rows_per_call: int = ROWS_PER_CALL
) -> SlotLayout:
    """Lay out the edges by the node they belong to, in groups of similar degree.

    Built in O(edges + nodes · log nodes + distinct degrees²), by array operations.

    Args:
        node_of_edge: The node to which each edge belongs: its target or its source, in [0,
            n_nodes).
        n_nodes: Number of nodes, those without an edge included.
        rows_per_call: What one more group costs, in rows: larger values give fewer groups and more
            padding.

    Returns:
        The layout, on the CPU.

    Example:
        >>> layout = slot_layout(torch.tensor([2, 0, 2]), n_nodes=3, rows_per_call=0)
        >>> [(group.width, layout.node_of_rank[group.nodes].tolist()) for group in layout.groups]
        [(0, [1]), (1, [0]), (2, [2])]
        >>> layout.edge_of_slot.tolist()
        [1, 0, 2]
    """
    owner = node_of_edge.cpu().numpy()
    degree = np.bincount(owner, minlength=n_nodes)
    node_of_rank = np.argsort(degree, kind="stable")
    rank_of_node = np.empty_like(node_of_rank)
    rank_of_node[node_of_rank] = np.arange(n_nodes)

    groups = _groups(degree[node_of_rank], rows_per_call)
    width_of_rank = np.repeat(
        [g.width for g in groups], [g.nodes.stop - g.nodes.start for g in groups]
    ).astype(np.int64)
    first_slot_of_rank = np.cumsum(width_of_rank) - width_of_rank
    by_owner = np.argsort(owner, kind="stable")
    position_at_owner = np.arange(len(owner)) - np.repeat(np.cumsum(degree) - degree, degree)
    slot_of_edge = np.empty(len(owner), dtype=np.int64)
    slot_of_edge[by_owner] = first_slot_of_rank[rank_of_node[owner[by_owner]]] + position_at_owner
    edge_of_slot = np.full(groups[-1].slots.stop if groups else 0, -1, dtype=np.int64)
    edge_of_slot[slot_of_edge] = np.arange(len(owner))
    index = {
        "node_of_rank": node_of_rank,
        "rank_of_node": rank_of_node,
        "slot_of_edge": slot_of_edge,
        "edge_of_slot": edge_of_slot,
    }
    return SlotLayout(groups, **{name: torch.from_numpy(array) for name, array in index.items()})


def _groups(sorted_degree: np.ndarray, rows_per_call: int) -> tuple[NodeGroup, ...]:
    """Split nodes sorted by degree into groups of equal width."""
    widths, first = np.unique(sorted_degree, return_index=True)
    stops = np.append(first[1:], len(sorted_degree))
    groups = []
    rank = 0
    slot = 0
    for last in _cheapest_cuts(widths, stops - first, rows_per_call):
        width = int(widths[last])
        stop = int(stops[last])
        end = slot + (stop - rank) * width
        groups.append(NodeGroup(slice(rank, stop), slice(slot, end), width))
        rank = stop
        slot = end
    return tuple(groups)


def _cheapest_cuts(widths: np.ndarray, counts: np.ndarray, rows_per_call: int) -> list[int]:
    """Last distinct width of every group: the fewest padded rows + rows_per_call · groups."""
    # Dynamic programme over the distinct widths in increasing order: the best split of the first k
    # widths ends with a group of widths [i, k), which costs width[k-1] times the nodes it holds.
    nodes_before = np.concatenate([[0], np.cumsum(counts)])
    cost = np.zeros(len(widths) + 1)
    cut = np.zeros(len(widths) + 1, dtype=np.int64)
    for k in range(1, len(widths) + 1):
        options = cost[:k] + rows_per_call + widths[k - 1] * (nodes_before[k] - nodes_before[:k])
        cut[k] = np.argmin(options)
        cost[k] = options[cut[k]]
    ends = []
    k = len(widths)
    while k > 0:
        ends.append(k - 1)
        k = int(cut[k])
    return ends[::-1]
