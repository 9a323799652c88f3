"""What a change of each edge costs, from the costs of matrix entries."""

import math

import torch

from edgelab.errors import GraphError
from edgelab.perturbation._matrix_inputs import entries_at
from edgelab.typing import Float, Int, Tensor


def edge_costs(
    cost_matrix: Float[Tensor, "nodes nodes"] | None,
    edge_index: Int[Tensor, "2 edges"],
    *,
    cost_aggr_norm: int | float,
    directed: bool,
    dtype: torch.dtype,
) -> Float[Tensor, " edges"]:
    """Sum the costs, to the power p, of the matrix entries that belong to each edge.

    Args:
        cost_matrix: Above 0 at every edge; dense, or sparse and coalesced. None costs 1 everywhere.
        edge_index: Edges.
        cost_aggr_norm: p; `inf` takes the larger cost instead.
        directed: False counts both mirror images of an edge.
        dtype: Of the result without a matrix.

    Returns:
        One number per edge: `c^p` of a directed edge, `c_ij^p + c_ji^p` of an undirected one.

    Raises:
        GraphError: If an edge has no cost, or none above 0.

    Example:
        >>> cost = torch.tensor([[0.0, 3.0], [3.0, 0.0]])
        >>> edge = torch.tensor([[0], [1]])
        >>> edge_costs(cost, edge, cost_aggr_norm=2, directed=False, dtype=cost.dtype)
        tensor([18.])
    """
    sides = [edge_index] if directed else [edge_index, edge_index.flip(0)]
    if cost_matrix is None:
        count = 1 if directed or math.isinf(cost_aggr_norm) else 2
        return torch.full(
            (edge_index.shape[1],), float(count), dtype=dtype, device=edge_index.device
        )
    costs = torch.stack([_checked_costs(cost_matrix, side) for side in sides])
    return costs.amax(0) if math.isinf(cost_aggr_norm) else costs.pow(cost_aggr_norm).sum(0)


def _checked_costs(cost_matrix: Tensor, edge_index: Tensor) -> Tensor:
    costs, known = entries_at(cost_matrix, edge_index)
    bad = ~(costs > 0)
    if bad.any():
        source, target = edge_index[:, bad][:, 0].tolist()
        raise GraphError(
            f"{int(bad.sum())} edges that may change have no cost above 0 ({int((~known).sum())} of them none at all), "
            f"first: {source} -> {target}. Give every edge of the mask a positive cost, or take it out of the mask."
        )
    return costs
