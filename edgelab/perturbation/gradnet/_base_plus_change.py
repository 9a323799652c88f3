"""The sum of a fixed matrix and a trainable change of it, on one pattern sorted once."""

import torch
from torch import nn

from edgelab.ops import SparsePattern
from edgelab.perturbation._edge_matrix import EdgeMatrix
from edgelab.perturbation._matrix_inputs import marked_edges
from edgelab.typing import Float, Int, Tensor


class BasePlusChange(nn.Module):
    """Adds changes of some edges (i < j unless directed) to a fixed, coalesced sparse matrix."""

    # A module without parameters, so that its buffers follow its owner from device to device.

    base_values: Tensor
    place_of_edge: Tensor
    diagonal: Tensor | None

    def __init__(
        self,
        base: Float[Tensor, "nodes nodes"],
        edge_index: Int[Tensor, "2 edges"],
        *,
        directed: bool,
    ) -> None:
        super().__init__()
        n_nodes = len(base)
        base_edges = marked_edges(base, directed=directed)
        keys = torch.cat([base_edges, edge_index.to(base_edges)], 1)
        keys, place = (keys[0] * n_nodes + keys[1]).unique(return_inverse=True)
        index = base.indices()
        values = base.values()
        kept = index[0] != index[1] if directed else index[0] < index[1]
        kept &= values != 0
        base_values = values.new_zeros(len(keys)).index_copy(
            0, place[: base_edges.shape[1]], values[kept]
        )
        self.pattern = SparsePattern(
            torch.stack([keys // n_nodes, keys % n_nodes]), n_nodes, mirrored=not directed
        )
        self.register_buffer("base_values", base_values, persistent=False)
        self.register_buffer("place_of_edge", place[base_edges.shape[1] :], persistent=False)
        on_diagonal = values.new_zeros(n_nodes).index_add(
            0, index[0], values * (index[0] == index[1])
        )
        self.register_buffer(
            "diagonal", on_diagonal if on_diagonal.any() else None, persistent=False
        )

    def forward(self, change: Float[Tensor, " edges"]) -> EdgeMatrix:
        """Add a change, one number per edge in the order of `edge_index`."""
        values = self.base_values.index_add(0, self.place_of_edge, change)
        return EdgeMatrix(pattern=self.pattern, values=values, diagonal=self.diagonal)
