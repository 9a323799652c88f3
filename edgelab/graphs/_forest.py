"""Which functions can be reached, kept up to date while edges are taken away one by one."""

from collections import deque

import numpy as np
from torch_geometric.data import HeteroData

from edgelab.typing import Array, Int, Tensor

from ._layout import FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES


# Taking an edge away is free unless the forest uses it; then only the branch below it looks for
# another way in.
class ReachForest:
    """A forest that shows how each reachable node is reached from the roots."""

    def __init__(
        self,
        n_nodes: int,
        source: Int[Array, " edges"],
        target: Int[Array, " edges"],
        roots: Int[Array, " roots"],
    ) -> None:
        self.source: list[int] = source.tolist()
        self.target: list[int] = target.tolist()
        self.edges_into = _edges_by_node(target, n_nodes)
        self.edges_out_of = _edges_by_node(source, n_nodes)
        self.roots: set[int] = set(roots.tolist())
        # The edge through which each reached node that is no root is reached.
        self.way_in: dict[int, int] = {}
        self._grow(self.way_in, self.roots, None)

    def reached(self) -> set[int]:
        """The nodes that can be reached now."""
        return self.roots | self.way_in.keys()

    def detour(self, edge: int) -> dict[int, int] | None:
        """Ways in that keep every reached node reached without `edge`; None if there are none."""
        node = self.target[edge]
        if self.way_in.get(node) != edge:
            return {}
        if len(self.edges_into[node]) == 1:
            return None
        branch = self._branch(node)
        ways = {}
        for member in branch:
            for into in self.edges_into[member]:
                origin = self.source[into]
                is_reached = origin in self.roots or origin in self.way_in
                if into != edge and is_reached and origin not in branch:
                    ways[member] = into
                    break
        self._grow(ways, set(ways), branch)
        return ways if len(ways) == len(branch) else None

    def take_away(self, edge: int, detour: dict[int, int]) -> None:
        """Remove an edge, going round it as `detour` found."""
        self.edges_into[self.target[edge]].remove(edge)
        self.edges_out_of[self.source[edge]].remove(edge)
        self.way_in.update(detour)

    def _branch(self, node: int) -> set[int]:
        """The node and all that are reached through it in the forest."""
        branch = {node}
        stack = [node]
        while stack:
            for edge in self.edges_out_of[stack.pop()]:
                below = self.target[edge]
                if self.way_in.get(below) == edge:
                    branch.add(below)
                    stack.append(below)
        return branch

    def _grow(self, ways: dict[int, int], start: set[int], within: set[int] | None) -> None:
        """Extend `ways` from `start` along the edges that are left, to new nodes only."""
        # Breadth first: a shallow forest has small branches, and a branch is what a removal costs.
        queue = deque(start)
        while queue:
            for edge in self.edges_out_of[queue.popleft()]:
                node = self.target[edge]
                is_new = (
                    node not in ways
                    and node not in self.roots
                    and (within is None or node in within)
                )
                if is_new:
                    ways[node] = edge
                    queue.append(node)


def _edges_by_node(ends: Int[Array, " edges"], n_nodes: int) -> list[list[int]]:
    order = np.argsort(ends, kind="stable")
    bounds = np.searchsorted(ends[order], np.arange(1, n_nodes))
    return [part.tolist() for part in np.split(order, bounds)]


def forest_from_inputs(data: HeteroData) -> ReachForest:
    """Functions that a signal from some input reaches; edges are numbered as in the graph."""
    source, target = data[FUNCTION_EDGES].edge_index
    return _forest(data, source, target, roots=data[INPUT_EDGES].edge_index[1])


def forest_to_outputs(data: HeteroData) -> ReachForest:
    """Functions whose signal reaches some output, found against the direction of the edges."""
    source, target = data[FUNCTION_EDGES].edge_index
    return _forest(data, target, source, roots=data[OUTPUT_EDGES].edge_index[0])


def _forest(data: HeteroData, start: Tensor, end: Tensor, *, roots: Tensor) -> ReachForest:
    n_nodes = data["function"].num_nodes
    return ReachForest(n_nodes, _array(start), _array(end), np.unique(_array(roots)))


def _array(ids: Tensor) -> Int[Array, " ids"]:
    return ids.cpu().numpy()
