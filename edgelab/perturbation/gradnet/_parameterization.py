"""From the matrices of a graph to the parameterization of its change."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import torch

from edgelab.errors import ConfigError, GraphError
from edgelab.perturbation._matrix_inputs import entries_at, marked_edges
from edgelab.typing import Tensor

from ._budget import edge_costs
from ._dense_parameterization import DenseParameterization
from ._graph_matrices import GraphMatrices
from ._grouped_parameterization import GroupedParameterization
from ._sparse_parameterization import SparseParameterization

# One for all edges, or one per group of edges; None does not limit.
Budget: TypeAlias = float | int | Sequence[float | int | None] | None
Parameterization: TypeAlias = (
    DenseParameterization | SparseParameterization | GroupedParameterization
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterOptions:
    """What both parameterizations understand; see `GradNet`."""

    budget: Budget
    delta_sign: str
    directed: bool
    strict_budget: bool
    cost_aggr_norm: int | float
    rand_init_weights: bool | float
    projection: str = "rescale"
    max_edges: int | None = None


def make_parameterization(matrices: GraphMatrices, options: ParameterOptions) -> Parameterization:
    """A sparse parameterization for a sparse mask, grouped if there are groups, or a dense one."""
    if not matrices.mask.is_sparse:
        return _make_dense(matrices, options)
    mask = matrices.mask
    edge_index = marked_edges(mask, directed=options.directed)
    costs = edge_costs(
        matrices.cost_matrix,
        edge_index,
        order=options.cost_aggr_norm,
        directed=options.directed,
        dtype=mask.dtype,
    )

    def make(edges: Tensor, budget: float | None) -> SparseParameterization:
        given = {**asdict(options), "budget": budget, "num_nodes": len(mask), "dtype": mask.dtype}
        return SparseParameterization(
            edge_index=edge_index[:, edges], cost_p_sum=costs[edges], **given
        )

    if matrices.groups is None and not isinstance(options.budget, Sequence):
        return make(torch.arange(len(costs), device=mask.device), options.budget)
    edges_of_group = _edges_by_group(matrices.groups, edge_index, options.budget)
    budgets = options.budget if isinstance(options.budget, Sequence) else ()
    members = [make(edges, budget) for edges, budget in zip(edges_of_group, budgets, strict=True)]
    return GroupedParameterization(members, edges_of_group)


def _make_dense(matrices: GraphMatrices, options: ParameterOptions) -> DenseParameterization:
    if options.projection != "rescale" or options.max_edges is not None:
        raise ConfigError(
            f"projection={options.projection!r} and max_edges={options.max_edges} need a sparse "
            "mask, got a dense one. Use mask.to_sparse()."
        )
    if matrices.groups is not None or isinstance(options.budget, Sequence):
        raise ConfigError(
            "several budgets need a sparse mask, got a dense one. Use mask.to_sparse()."
        )
    mask = matrices.mask
    cost = matrices.cost_matrix
    return DenseParameterization(
        len(mask),
        options.budget,
        mask,
        torch.ones_like(mask) if cost is None else cost,
        delta_sign=options.delta_sign,
        directed=options.directed,
        strict_budget=options.strict_budget,
        cost_aggr_norm=options.cost_aggr_norm,
        rand_init_weights=options.rand_init_weights,
    )


def _edges_by_group(groups: Tensor | None, edge_index: Tensor, budget: Budget) -> list[Tensor]:
    if groups is None or not isinstance(budget, Sequence):
        raise ConfigError(
            "several budgets need groups, and groups need a list of budgets: "
            "give both, or neither and one number"
        )
    group_of_edge = entries_at(groups, edge_index)[0]
    numbers = torch.arange(
        1, len(budget) + 1, dtype=group_of_edge.dtype, device=group_of_edge.device
    )
    wrong = ~torch.isin(group_of_edge, numbers)
    if wrong.any():
        source, target = edge_index[:, wrong][:, 0].tolist()
        raise GraphError(
            f"{int(wrong.sum())} edges that may change belong to none of the {len(budget)} groups, "
            f"first: {source} -> {target}. Number the groups from 1, in the order of their budgets."
        )
    return [(group_of_edge == number).nonzero().squeeze(1) for number in numbers]
