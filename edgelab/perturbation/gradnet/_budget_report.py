"""What was spent of a budget, and on which edges."""

import math
from collections.abc import Sequence

import pandas as pd

from edgelab.errors import ConfigError
from edgelab.typing import Float, Int, Tensor

from ._norms import cost_norm


def spending(
    values: Float[Tensor, " edges"], cost: Float[Tensor, " edges"], order: int | float
) -> Float[Tensor, " edges"]:
    """Divide the norm of a perturbation among its edges.

    Args:
        values: The perturbation.
        cost: Positive, as in `cost_norm`.
        order: The p of the norm.

    Returns:
        For finite p, each edge's share of Σ cost · |value|^p times the norm: numbers that add up to
        the norm, and for p = 1 plainly cost · |value|. For p = inf, where every edge has the budget
        for itself, cost · |value|.

    Example:
        >>> import torch
        >>> spending(torch.tensor([3.0, -4.0]), torch.ones(2), 1).tolist()
        [3.0, 4.0]
        >>> spending(torch.tensor([3.0, -4.0]), torch.ones(2), 2)  # 9/25 and 16/25 of 5
        tensor([1.8000, 3.2000])
    """
    size = values.detach().abs()
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
    """List the edges, dearest change first, with what was spent on each.

    Args:
        edge_index: Row and column of every edge.
        values: The change of every edge.
        cost: Positive, as in `cost_norm`.
        order: The p of the norm.
        budget: What may be spent, or None.
        n_nodes: Nodes of the graph.
        node_names: One name per node; their numbers by default.

    Returns:
        Columns `src_func, dst_func, src_idx, dst_idx, change, cost, spent, share`. `spent` is as in
        `spending`; `share` is the part of the budget that this is (NaN without a budget), so that
        it adds up to 1 when all is spent.

    Raises:
        ConfigError: If there is not one name per node.

    Example:
        >>> import torch
        >>> table = budget_table(
        ...     torch.tensor([[0, 0], [1, 2]]), torch.tensor([0.5, -1.0]), torch.tensor([2.0, 3.0]),
        ...     order=1, budget=8.0, n_nodes=3, node_names=["ERK", "AKT", "JNK"],
        ... )
        >>> table.drop(columns=["src_idx", "dst_idx"])
          src_func dst_func  change  cost  spent  share
        0      ERK      JNK    -1.0   3.0    3.0  0.375
        1      ERK      AKT     0.5   2.0    1.0  0.125
    """
    names = [str(node) for node in range(n_nodes)] if node_names is None else list(node_names)
    if len(names) != n_nodes:
        raise ConfigError(
            f"node_names must hold one name for each of {n_nodes} nodes, got {len(names)}"
        )
    source, target = edge_index.cpu().numpy()
    change, cost = values.detach().double().cpu(), cost.double().cpu()
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
