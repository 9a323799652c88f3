"""A regulatory graph as the matrices of a perturbation, so that nobody has to write matrices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.errors import ConfigError, GraphError, close_names, shorten
from edgelab.graphs import EDGE_TYPES, NODE_TYPES, EdgeType
from edgelab.perturbation._costs import cost_numbers
from edgelab.typing import Tensor

# Which edges may change: "existing", "candidates", a 0/1 matrix [sources, targets], or a table of
# names.
Allowed: TypeAlias = str | Tensor | pd.DataFrame
# What a unit of change costs: a number, one number per edge that may change, or a table of names
# with a column `cost`.
Cost: TypeAlias = float | int | Tensor | pd.DataFrame
# One for all edges, or one per type of edge.
TypeBudgets: TypeAlias = float | int | Mapping[EdgeType, float | int | None] | None


def graph_arguments(
    data: HeteroData,
    budget: TypeBudgets,
    *,
    edge_types: EdgeType | Sequence[EdgeType],
    allow: Allowed | Mapping[EdgeType, Allowed] = "existing",
    cost: Cost | Mapping[EdgeType, Cost] = 1.0,
    dtype: torch.dtype | None = None,
) -> dict[str, Any]:
    """Turn edges of a graph into the arguments of a `GradNet`; see `GradNet.from_graph`."""
    dtype = torch.get_default_dtype() if dtype is None else dtype
    edge_types = _listed(edge_types)
    nodes = _Nodes.of(data, edge_types)
    parts = {
        kind: _read_type(data, kind, _choice(allow, kind), _choice(cost, kind), dtype)
        for kind in edge_types
    }
    existing = [(kind, part.edges, part.weight) for kind, part in parts.items()]
    allowed = [(kind, part.allowed, torch.ones_like(part.cost)) for kind, part in parts.items()]
    costs = [(kind, part.allowed, part.cost) for kind, part in parts.items()]
    groups = [
        (kind, part.allowed, torch.full_like(part.cost, group))
        for group, (kind, part) in enumerate(parts.items(), start=1)
    ]
    return {
        "num_nodes": len(nodes.names),
        "names": nodes.names,
        "budget": _budgets(budget, edge_types),
        "mask": nodes.matrix(allowed),
        "adj0": nodes.matrix(existing),
        "cost_matrix": nodes.matrix(costs),
        "groups": nodes.matrix(groups) if isinstance(budget, Mapping) else None,
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _TypePart:
    """Edges of one type, by the ids of their own kinds of nodes."""

    edges: Tensor
    weight: Tensor
    allowed: Tensor
    cost: Tensor


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes of an adjacency, and where those of each kind begin."""

    names: list[str]
    first: Mapping[str, int]

    @classmethod
    def of(cls, data: HeteroData, edge_types: Sequence[EdgeType]) -> "_Nodes":
        unknown = [kind for kind in edge_types if kind not in EDGE_TYPES]
        if unknown or not edge_types or len(set(edge_types)) < len(edge_types):
            raise ConfigError(
                f"edge_type must be one or several different of {list(EDGE_TYPES)}, "
                f"got {edge_types}"
            )
        joined = {node for source, _, target in edge_types for node in (source, target)}
        kinds = [kind for kind in NODE_TYPES if kind in joined]
        names = [(kind, name) for kind in kinds for name in data[kind].node_names]
        counts = np.cumsum([0, *(data[kind].num_nodes for kind in kinds)])
        plain = [name if len(kinds) == 1 else f"{kind} {name}" for kind, name in names]
        return cls(plain, dict(zip(kinds, counts.tolist(), strict=False)))

    def matrix(self, blocks: Sequence[tuple[EdgeType, Tensor, Tensor]]) -> Tensor:
        shifted = []
        for (source, _, target), index, _values in blocks:
            shifted.append(index + torch.tensor([[self.first[source]], [self.first[target]]]))
        values = torch.cat([values for _, _, values in blocks])
        size = (len(self.names), len(self.names))
        with torch.sparse.check_sparse_tensor_invariants():
            return torch.sparse_coo_tensor(torch.cat(shifted, 1), values, size).coalesce()


def _read_type(
    data: HeteroData, kind: EdgeType, allow: Allowed, cost: Cost, dtype: torch.dtype
) -> _TypePart:
    store = data[kind]
    edges = store.edge_index.cpu()
    unweighted = torch.ones(edges.shape[1], dtype=dtype)
    weight = store.weight.cpu().to(dtype) if "weight" in store else unweighted
    allowed = _allowed(data, kind, edges, allow)
    costs = _costs(data, kind, allowed, cost).to(dtype)
    return _TypePart(edges=edges, weight=weight, allowed=allowed, cost=costs)


def _allowed(data: HeteroData, kind: EdgeType, edges: Tensor, allow: Allowed) -> Tensor:
    shape = (data[kind[0]].num_nodes, data[kind[2]].num_nodes)
    if isinstance(allow, pd.DataFrame):
        return _ids(data, kind, allow, "allow")
    if isinstance(allow, Tensor):
        if tuple(allow.shape) != shape:
            raise GraphError(
                f"allow must have shape {shape}, sources and targets of {kind}, "
                f"got {tuple(allow.shape)}"
            )
        return allow.cpu().to_dense().nonzero().t()
    if allow == "existing":
        return edges
    if allow == "candidates":
        absent = torch.ones(shape, dtype=torch.bool)
        absent[edges[0], edges[1]] = False
        if kind[0] == kind[2]:
            absent.fill_diagonal_(False)
        return absent.nonzero().t()
    raise ConfigError(
        f"allow must be 'existing', 'candidates', a 0/1 matrix or a table of edges, got {allow!r}"
    )


def _costs(data: HeteroData, kind: EdgeType, allowed: Tensor, cost: Cost) -> Tensor:
    if isinstance(cost, pd.DataFrame):
        return _costs_by_name(data, kind, allowed, cost)
    if isinstance(cost, Tensor):
        if tuple(cost.shape) != (allowed.shape[1],):
            raise GraphError(
                f"cost must hold one number for each of the {allowed.shape[1]} edges of {kind} "
                f"that may change, got shape {tuple(cost.shape)}"
            )
        return cost.detach().cpu()
    return torch.full((allowed.shape[1],), float(cost))


def _costs_by_name(data: HeteroData, kind: EdgeType, allowed: Tensor, cost: pd.DataFrame) -> Tensor:
    if "cost" not in cost:
        raise GraphError(f"the table of costs needs a column 'cost', got {shorten(cost.columns)}")
    width = data[kind[2]].num_nodes
    ids = _ids(data, kind, cost, "cost").numpy()
    known = pd.Series(cost["cost"].to_numpy(), index=ids[0] * width + ids[1])
    if not known.index.is_unique:
        raise GraphError("the table of costs names an edge twice. Keep one row per edge.")
    costs = known.reindex((allowed[0] * width + allowed[1]).numpy()).reset_index(drop=True)

    def pair_at(row: int) -> tuple[str, str]:
        source, target = allowed[:, row].tolist()
        return data[kind[0]].node_names[source], data[kind[2]].node_names[target]

    missing = costs.isna().to_numpy()
    if missing.any():
        raise GraphError(
            f"{int(missing.sum())} edges that may change have no cost in the table, "
            f"first: {pair_at(int(missing.argmax()))}. Add them."
        )
    return torch.from_numpy(cost_numbers(costs, pair_at))


def _ids(data: HeteroData, kind: EdgeType, table: pd.DataFrame, what: str) -> Tensor:
    """Names to ids, once; an edge table of a scorer is understood as well as one of a graph."""
    columns = ("src_func", "dst_func") if "src_func" in table else ("source", "target")
    missing = [column for column in columns if column not in table]
    if missing:
        raise GraphError(
            f"the table given as {what} needs columns 'source' and 'target', "
            f"got {shorten(table.columns)}"
        )
    ids = []
    for column, node in zip(columns, (kind[0], kind[2]), strict=True):
        names = pd.Index(data[node].node_names)
        numbers = names.get_indexer(table[column])
        unknown = table[column].to_numpy()[numbers < 0]
        if len(unknown):
            raise GraphError(
                f"the table given as {what} names {len(unknown)} nodes that the graph lacks among "
                f"its {node}s, first: {unknown[0]!r} ({close_names(unknown[0], names)})"
            )
        ids.append(numbers)
    return torch.from_numpy(np.stack(ids).astype(np.int64))


def _listed(edge_types: EdgeType | Sequence[EdgeType]) -> list[EdgeType]:
    listed: Any = [edge_types] if isinstance(next(iter(edge_types), None), str) else edge_types
    return [tuple(kind) for kind in listed]


def _choice(given: Any, kind: EdgeType) -> Any:
    if not isinstance(given, Mapping):
        return given
    if kind not in given:
        raise ConfigError(f"a choice per type of edge lacks {kind}; it has {list(given)}")
    return given[kind]


def _budgets(budget: TypeBudgets, edge_types: Sequence[EdgeType]) -> Any:
    if not isinstance(budget, Mapping):
        return budget
    if set(budget) != set(edge_types):
        raise ConfigError(
            f"budget must name every type of edge once, {list(edge_types)}, got {list(budget)}"
        )
    return [budget[kind] for kind in edge_types]
