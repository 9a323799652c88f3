"""The budget of a change: the norm that counts it, what edges cost, its rules and its report."""

import math
from collections.abc import Sequence

import pandas as pd
import torch

from edgelab.errors import ConfigError, GraphError
from edgelab.perturbation._matrix_inputs import entries_at
from edgelab.typing import Float, Int, Tensor

from ._signs import has_sign


def norm_order(value: int | float) -> int | float:
    """Read the p of a norm: a positive integer, or `inf`."""
    order = whole_order(value)
    if order < 1:
        raise ConfigError(
            f"cost_aggr_norm must be a positive integer or inf, got {value!r}; 1 adds up costs"
        )
    return order


def whole_order(value: int | float) -> int | float:
    """Read a whole number, or `inf`."""
    if value == math.inf:
        return math.inf
    if not (isinstance(value, int | float) and math.isfinite(value) and value == int(value)):
        raise ConfigError(
            f"cost_aggr_norm must be a whole number or inf, got {value!r}; 1 adds up costs"
        )
    return int(value)


def cost_norm(
    values: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], order: int | float
) -> Float[Tensor, ""]:
    """(Σ cost · |value|^p)^(1/p), or max cost · |value| for p = inf; gradient 0 at norm 0."""
    return norm_of_sizes(values.abs(), cost, order)


def norm_of_sizes(
    size: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], order: int | float
) -> Float[Tensor, ""]:
    """`cost_norm` of magnitudes; its gradient at norm 0 is 0, but the cost for p = 1."""
    if order == 1 or not len(size):
        return torch.dot(size, cost)
    if order == math.inf:
        return (size * cost).max()
    # Divided by the largest before they are raised to the power p, so that no p overflows. A
    # constant: the norm does not depend on the unit in which it is computed, nor does its gradient.
    unit = size.detach().max()
    unit = unit.masked_fill(unit == 0, 1)
    total = torch.dot((size / unit).pow(order), cost)
    is_zero = total == 0  # where the root has no finite slope
    return unit * torch.where(is_zero, total, total.masked_fill(is_zero, 1).pow(1 / order))


def edge_costs(
    cost_matrix: Float[Tensor, "nodes nodes"] | None,
    edge_index: Int[Tensor, "2 edges"],
    *,
    order: int | float,
    directed: bool,
    dtype: torch.dtype,
) -> Float[Tensor, " edges"]:
    """Costs of edges from those of matrix entries: c^p directed, c_ij^p + c_ji^p undirected."""
    if cost_matrix is None:
        n_entries = 1 if directed or math.isinf(order) else 2
        return edge_index.new_full((edge_index.shape[1],), n_entries, dtype=dtype)
    sides = [edge_index] if directed else [edge_index, edge_index.flip(0)]
    costs = torch.stack([_checked_costs(cost_matrix, side) for side in sides])
    # For p = inf the dearer of the two mirror images counts, not a sum.
    return costs.amax(0) if math.isinf(order) else costs.pow(order).sum(0)


def _checked_costs(cost_matrix: Tensor, edge_index: Tensor) -> Tensor:
    costs, is_stored = entries_at(cost_matrix, edge_index)
    wrong = ~(costs > 0)
    if wrong.any():
        source, target = edge_index[:, wrong][:, 0].tolist()
        raise GraphError(
            f"{int(wrong.sum())} edges that may change have no cost above 0 "
            f"({int((~is_stored).sum())} of them none at all), first: {source} -> {target}. "
            "Give every edge of the mask a positive cost, or take it out of the mask."
        )
    return costs


def read_budget(budget: int | float | Tensor | None) -> float | None:
    """Read a finite number or None; a negative one turns every change round, as in gradnet."""
    if budget is None:
        return None
    if isinstance(budget, Tensor) and budget.requires_grad:
        raise ConfigError(
            "the budget is a constant, but a tensor with a gradient was given; pass budget.item()"
        )
    if isinstance(budget, str) or not math.isfinite(float(budget)):
        raise ConfigError(
            f"budget must be a finite number, got {budget!r}; None stands for no budget"
        )
    return float(budget)


def check_costs(cost: Tensor, n_edges: int, dtype: torch.dtype | None = None) -> None:
    """Refuse costs that are not one positive finite number per edge, also as `dtype` keeps them."""
    if not isinstance(cost, Tensor):
        raise ConfigError(
            f"cost_p_sum must be a tensor, got {type(cost).__name__}; try torch.tensor(cost_p_sum)"
        )
    if cost.shape != (n_edges,):
        raise ConfigError(
            f"cost_p_sum must have shape ({n_edges},), one cost per edge; got {tuple(cost.shape)}"
        )
    kept = cost if dtype is None else cost.to(dtype)
    wrong = (~(torch.isfinite(kept) & (kept > 0))).nonzero().flatten()
    if len(wrong):
        raise ConfigError(
            f"costs must be positive and finite in {kept.dtype}, but {len(wrong)} are not, first: "
            f"{float(cost[wrong[0]])} of edge {int(wrong[0])}. Leave out edges that cannot be "
            "changed; give free ones a small cost."
        )


def check_within_budget(
    values: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    *,
    budget: float | None,
    order: int | float,
    strict: bool,
    sign: str,
    max_edges: int | None,
    tolerance: float,
) -> None:
    """Refuse a change that breaks its sign, its number of edges or, beyond rounding, its budget."""
    if not has_sign(values, sign):
        raise ConfigError(
            f"changes must be {sign}, but they range from {float(values.min())} to "
            f"{float(values.max())}"
        )
    n_changed = int(values.count_nonzero())
    if max_edges is not None and n_changed > max_edges:
        raise ConfigError(
            f"at most max_edges={max_edges} edges may change, but {n_changed} do; set others to 0"
        )
    if budget is None:
        return
    spent = float(cost_norm(values, cost, order))
    slack = tolerance * abs(budget)
    if spent > budget + slack or (strict and spent < budget - slack):
        rule = "exactly" if strict else "at most"
        raise ConfigError(
            f"changes must cost {rule} {budget}, but they cost {spent}; "
            f"multiply by {budget} / {spent}"
        )


def spending(
    values: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], order: int | float
) -> Float[Tensor, " edges"]:
    """Divide the norm of a change among its edges, by their shares of Σ cost · |value|^p."""
    size = values.detach().abs()
    # For p = 1 that is cost · |value|; for p = inf every edge has the budget for itself.
    if order in {1, math.inf}:
        return size * cost
    norm = cost_norm(values.detach(), cost, order)
    unit = norm.masked_fill(norm == 0, 1)
    return norm * cost * (size / unit).pow(order)


def budget_table(
    edge_index: Int[Tensor, "two edges"],
    values: Float[Tensor, " edges"],
    cost: Float[Tensor, " edges"],
    *,
    order: int | float,
    budget: float | None,
    n_nodes: int,
    node_names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """One row per edge, dearest change first; see `SparseParameterization.report_budget`."""
    names = [str(node) for node in range(n_nodes)] if node_names is None else list(node_names)
    if len(names) != n_nodes:
        raise ConfigError(
            f"node_names must hold one name for each of {n_nodes} nodes, got {len(names)}"
        )
    source, target = edge_index.cpu().numpy()
    change = values.detach().double().cpu()
    cost = cost.double().cpu()
    spent = spending(change, cost, order).numpy()
    label = pd.Series(names, dtype=object)
    table = pd.DataFrame(
        {
            "src_func": label.take(source).to_numpy(),
            "dst_func": label.take(target).to_numpy(),
            "src_idx": source,
            "dst_idx": target,
            "change": change.numpy(),
            "cost": cost.numpy(),
            "spent": spent,
            "share": spent / budget if budget else float("nan"),
        }
    )
    return table.sort_values("spent", ascending=False, kind="stable", ignore_index=True)
