"""Which ordered pairs of nodes a scorer ranks, and which of them are edges already."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from torch_geometric.data import HeteroData

from edgelab.errors import GraphError, shorten
from edgelab.typing import Array, Bool, Int


@dataclass(frozen=True, slots=True, eq=False)
class PairSpace:
    """Source nodes, target nodes and the edges between them that the model's graph holds.

    Attributes:
        sources: Names of the nodes that an edge may start from, in the order of the rows of a score
            matrix.
        targets: Names of the nodes that an edge may end in, in the order of its columns.
        edge_index: The edges that exist, `[2, edges]`: row 0 indexes `sources`, row 1 `targets`.
        same_nodes: True when sources and targets are the same nodes, so that pair (i, i) is a node
            with itself.

    Raises:
        GraphError: If a name is listed twice or an edge points outside the names.

    Example:
        >>> pairs = PairSpace(("raf", "mek"), ("raf", "mek"), np.array([[0], [1]]), same_nodes=True)
        >>> pairs.n_sources, pairs.edge_mask(slice(0, 2)).tolist()
        (2, [[False, True], [False, False]])
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    edge_index: Int[Array, "2 edges"]
    same_nodes: bool

    def __post_init__(self) -> None:
        for kind, names in (("sources", self.sources), ("targets", self.targets)):
            if len(set(names)) != len(names):
                repeated = [name for name, count in Counter(names).items() if count > 1]
                raise GraphError(
                    f"`{kind}` names nodes twice: {shorten(repeated)}; names must be unique"
                )
        if self.same_nodes and self.sources != self.targets:
            raise GraphError(
                "`same_nodes` needs equal `sources` and `targets`; pass same_nodes=False"
            )
        limits = np.array([[self.n_sources], [self.n_targets]])
        if ((self.edge_index < 0) | (self.edge_index >= limits)).any():
            raise GraphError(
                "`edge_index` points outside the names; row 0 indexes `sources` and row 1 `targets`"
            )

    @classmethod
    def between(
        cls, data: HeteroData, source: str = "function", target: str = "function"
    ) -> "PairSpace":
        """Pairs between two node types of a graph.

        Args:
            data: A validated graph, as `edgelab.graphs.build_graph` returns it.
            source: Node type of the sources: `"input"` or `"function"`.
            target: Node type of the targets: `"function"` or `"output"`.

        Returns:
            The pairs; the edges are those of `(source, "to", target)`.

        Raises:
            GraphError: If the graph has no such edge type.

        Example:
            >>> from edgelab.graphs import build_graph
            >>> rim = {"input_edges": [("drug", "raf")], "output_edges": [("mek", "level")]}
            >>> graph = build_graph([("raf", "mek")], **rim)
            >>> PairSpace.between(graph, "input").sources
            ('drug',)
            >>> PairSpace.between(graph).edge_index.tolist()
            [[0], [1]]
        """
        if (source, "to", target) not in data.edge_types:
            raise GraphError(
                f"the graph has no edges {source!r} -> {target!r}, only {data.edge_types}"
            )
        return cls(
            sources=tuple(data[source].node_names),
            targets=tuple(data[target].node_names),
            edge_index=data[source, "to", target].edge_index.cpu().numpy(),
            same_nodes=source == target,
        )

    @property
    def n_sources(self) -> int:
        """How many source nodes there are."""
        return len(self.sources)

    @property
    def n_targets(self) -> int:
        """How many target nodes there are."""
        return len(self.targets)

    def edge_mask(self, targets: slice) -> Bool[Array, "sources targets"]:
        """Which pairs of a block of targets are edges of the graph.

        Args:
            targets: A range of target positions with a start and a stop.

        Returns:
            True at the edges, `[sources, targets of the block]`.
        """
        mask = np.zeros((self.n_sources, targets.stop - targets.start), dtype=bool)
        source, target = self.edge_index
        inside = (target >= targets.start) & (target < targets.stop)
        mask[source[inside], target[inside] - targets.start] = True
        return mask

    def self_mask(self, targets: slice) -> Bool[Array, "sources targets"]:
        """Which pairs of a block of targets are a node with itself.

        Args:
            targets: A range of target positions with a start and a stop.

        Returns:
            True at such pairs, `[sources, targets of the block]`; nowhere when sources and targets
            are different nodes.
        """
        mask = np.zeros((self.n_sources, targets.stop - targets.start), dtype=bool)
        if self.same_nodes:
            block = np.arange(targets.start, targets.stop)
            mask[block, block - targets.start] = True
        return mask
