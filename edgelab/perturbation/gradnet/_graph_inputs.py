"""From the matrices that describe a perturbation to the parameterization that makes it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, TypeAlias

import torch

from edgelab.errors import ConfigError, GraphError
from edgelab.perturbation._matrix_inputs import (
    MatrixLike,
    check_symmetric,
    entries_at,
    marked_edges,
    read_square_matrix,
    stored_values,
)
from edgelab.typing import Float, Tensor

from ._base_plus_change import BasePlusChange
from ._dense_parameterization import DenseParameterization
from ._edge_costs import edge_costs
from ._grouped_parameterization import GroupedParameterization
from ._sparse_parameterization import SparseParameterization

# One for all edges, or one per group of edges; None does not limit.
Budget: TypeAlias = float | int | Sequence[float | int | None] | None
Parameterization: TypeAlias = (
    DenseParameterization | SparseParameterization | GroupedParameterization
)


class Place(NamedTuple):
    """Precision and device of the numbers of a graph."""

    dtype: torch.dtype
    device: torch.device


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GraphMatrices:
    """Checked matrices of one graph, each dense, or sparse and coalesced.

    Attributes:
        mask: 1 where the adjacency may change; the diagonal is empty.
        adj0: The adjacency before.
        cost_matrix: Cost of a unit of change; None: 1.
        groups: Number, from 1, of the budget that pays for a change; None: there is one budget.
    """

    mask: Tensor
    adj0: Tensor
    cost_matrix: Tensor | None
    groups: Tensor | None

    def named(self) -> Iterator[tuple[str, Tensor | None]]:
        """Give every matrix with its name."""
        yield from (
            ("mask", self.mask),
            ("adj0", self.adj0),
            ("cost_matrix", self.cost_matrix),
            ("groups", self.groups),
        )


def place_of(
    *matrices: MatrixLike | None, dtype: torch.dtype | str | None, device: torch.device | str | None
) -> Place:
    """Choose precision and device, as told or as the first matrix has them.

    Args:
        matrices: Tensors count; a floating-point one decides the precision.
        dtype: Wanted precision, perhaps as a string.
        device: Wanted device.

    Returns:
        Both.

    Raises:
        ConfigError: If the dtype is unknown or no floating-point one.

    Example:
        >>> place_of(None, torch.ones(2, 2, dtype=torch.bool), dtype="float64", device=None)
        Place(dtype=torch.float64, device=device(type='cpu'))
    """
    tensors = [matrix for matrix in matrices if isinstance(matrix, Tensor)]
    if isinstance(dtype, str):
        dtype = getattr(torch, dtype.removeprefix("torch."), dtype)
    if dtype is None:
        dtype = next(
            (tensor.dtype for tensor in tensors if tensor.is_floating_point()),
            torch.get_default_dtype(),
        )
    if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise ConfigError(
            f"dtype must be a floating-point type of torch, got {dtype!r}; for example 'float64'"
        )
    if device is None:
        device = tensors[0].device if tensors else torch.get_default_device()
    return Place(dtype, torch.device(device))


def read_matrices(
    mask: MatrixLike | None,
    adj0: MatrixLike | None,
    cost_matrix: MatrixLike | None,
    groups: MatrixLike | None = None,
    *,
    num_nodes: int,
    directed: bool,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
) -> GraphMatrices:
    """Check the matrices of a graph against each other.

    Args:
        mask: 0 or 1; None allows all but the diagonal.
        adj0: None: no edges.
        cost_matrix: None: cost 1.
        groups: None: one budget.
        num_nodes: Rows and columns of each.
        directed: False demands symmetry.
        dtype: As in `place_of`.
        device: As in `place_of`.

    Returns:
        The matrices. An absent `adj0` is sparse where the mask is.

    Raises:
        GraphError: If one breaks a rule.

    Example:
        >>> read_matrices(None, None, None, num_nodes=2, directed=False).mask.tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    place = place_of(adj0, mask, cost_matrix, dtype=dtype, device=device)
    given = {"mask": mask, "adj0": adj0, "cost_matrix": cost_matrix, "groups": groups}
    read = {
        name: read_square_matrix(name, matrix, num_nodes, dtype=place.dtype, device=place.device)
        for name, matrix in given.items()
        if matrix is not None
    }
    if not directed:
        for name, matrix in read.items():
            check_symmetric(name, matrix)
    ones = (
        torch.ones(num_nodes, num_nodes, dtype=place.dtype, device=place.device)
        if mask is None
        else read["mask"]
    )
    allowed = _without_diagonal(ones)
    return GraphMatrices(
        mask=allowed,
        adj0=read.get("adj0", _empty_like(allowed)),
        cost_matrix=read.get("cost_matrix"),
        groups=read.get("groups"),
    )


def make_parameterization(matrices: GraphMatrices, options: ParameterOptions) -> Parameterization:
    """Parameterize the change that a mask allows.

    Args:
        matrices: Of the graph.
        options: Of the change.

    Returns:
        A sparse parameterization for a sparse mask, grouped if there are groups; a dense one
        otherwise.

    Example:
        >>> mask = torch.ones(3, 3).to_sparse()
        >>> matrices = read_matrices(mask, None, None, num_nodes=3, directed=False)
        >>> options = ParameterOptions(
        ...     budget=1.0,
        ...     delta_sign="free",
        ...     directed=False,
        ...     strict_budget=True,
        ...     cost_aggr_norm=1,
        ...     rand_init_weights=True,
        ... )
        >>> make_parameterization(matrices, options).cost_p_sum.tolist()
        [2.0, 2.0, 2.0]
    """
    mask, cost = matrices.mask, matrices.cost_matrix
    if not mask.is_sparse:
        return _make_dense(
            mask, torch.ones_like(mask) if cost is None else cost, options, matrices.groups
        )
    edge_index = marked_edges(mask, directed=options.directed)
    norm, directed = options.cost_aggr_norm, options.directed
    costs = edge_costs(cost, edge_index, cost_aggr_norm=norm, directed=directed, dtype=mask.dtype)

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


def make_sum(adj0: Float[Tensor, "nodes nodes"], param: Parameterization) -> BasePlusChange | None:
    """Prepare the sum of a sparse adjacency and a sparse change.

    Args:
        adj0: The adjacency.
        param: Of the change.

    Returns:
        What adds the change; None unless both are sparse.

    Example:
        >>> make_sum(torch.eye(2), DenseParameterization(2, 1.0, torch.ones(2, 2), torch.ones(2, 2))) is None
        True
    """
    if isinstance(param, DenseParameterization) or not adj0.is_sparse:
        return None
    return BasePlusChange(adj0, param.edge_index, directed=param.directed)


def check_names(names: Sequence[str] | None, num_nodes: int) -> list[str] | None:
    """Check the names of nodes.

    Args:
        names: None: the nodes have none.
        num_nodes: How many there must be.

    Returns:
        A fresh list, or None.

    Raises:
        ConfigError: If there is not one name of its own for every node.

    Example:
        >>> check_names("AB", 2)
        ['A', 'B']
    """
    if names is not None and not len(set(names)) == len(names) == num_nodes:
        raise ConfigError(
            f"names must hold {num_nodes} different names, one per node, got {len(set(names))}"
        )
    return None if names is None else list(names)


def _make_dense(
    mask: Tensor, cost: Tensor, options: ParameterOptions, groups: Tensor | None
) -> DenseParameterization:
    given = asdict(options)
    budget, projection, max_edges = (
        given.pop(name) for name in ("budget", "projection", "max_edges")
    )
    if projection != "rescale" or max_edges is not None:
        raise ConfigError(
            f"projection={projection!r} and max_edges={max_edges} need a sparse mask, got a dense one. "
            "Use mask.to_sparse()."
        )
    if groups is not None or isinstance(budget, Sequence):
        raise ConfigError(
            "several budgets need a sparse mask, got a dense one. Use mask.to_sparse()."
        )
    return DenseParameterization(len(mask), budget, mask, cost, **given)


def _edges_by_group(groups: Tensor | None, edge_index: Tensor, budget: Budget) -> list[Tensor]:
    if groups is None or not isinstance(budget, Sequence):
        raise ConfigError(
            "several budgets need groups, and groups need a list of budgets: give both, or neither and one number"
        )
    number = entries_at(groups, edge_index)[0]
    wrong = ~torch.isin(
        number, torch.arange(1, len(budget) + 1, dtype=number.dtype, device=number.device)
    )
    if wrong.any():
        source, target = edge_index[:, wrong][:, 0].tolist()
        raise GraphError(
            f"{int(wrong.sum())} edges that may change belong to none of the {len(budget)} groups, first: "
            f"{source} -> {target}. Number the groups from 1, in the order of their budgets."
        )
    return [(number == group).nonzero().squeeze(1) for group in range(1, len(budget) + 1)]


def _without_diagonal(mask: Tensor) -> Tensor:
    values = stored_values(mask)
    if not ((values == 0) | (values == 1)).all():
        raise GraphError(
            "mask must hold 0 and 1 only, got other values. "
            "Use (mask != 0), and cost_matrix to make some changes dearer than others."
        )
    if not mask.is_sparse:
        return mask * (1 - torch.eye(len(mask), dtype=mask.dtype, device=mask.device))
    index = marked_edges(mask, directed=True)
    ones = torch.ones_like(index[0], dtype=mask.dtype)
    with torch.sparse.check_sparse_tensor_invariants():
        return torch.sparse_coo_tensor(index, ones, mask.shape, is_coalesced=True)


def _empty_like(mask: Tensor) -> Tensor:
    if not mask.is_sparse:
        return torch.zeros_like(mask)
    index, values = mask.indices()[:, :0], mask.values()[:0]
    with torch.sparse.check_sparse_tensor_invariants():
        return torch.sparse_coo_tensor(index, values, mask.shape, is_coalesced=True)
