"""The edges that may be changed, and what a change of each costs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.errors import GraphError, shorten
from edgelab.graphs import prior_pairs
from edgelab.naming import natural_pair_key
from edgelab.perturbation._costs import cost_numbers
from edgelab.typing import Float, Tensor

from ._limits import EdgeLimits

Pair = tuple[str, str]


def changeable_edges(graph: HeteroData, candidates: Sequence[Pair]) -> pd.DataFrame:
    """List the edges of a graph and the candidates that may be opened beside them.

    Args:
        graph: The prior network; edges from a function to itself are left out.
        candidates: Absent edges.

    Returns:
        In natural order: `source`, `target`, `kind` (`existing` or `candidate`) and the strength
        `before`: 1 for an edge, 0 for a candidate.

    Raises:
        GraphError: If there is none.
    """
    existing = [pair for pair in prior_pairs(graph) if pair[0] != pair[1]]
    kinds = {**dict.fromkeys(existing, "existing"), **dict.fromkeys(candidates, "candidate")}
    if not kinds:
        raise GraphError("the network has no edge between two functions to change; open candidates")
    pairs = sorted(kinds, key=natural_pair_key)
    table = pd.DataFrame(pairs, columns=["source", "target"])
    table["kind"] = [kinds[pair] for pair in pairs]
    table["before"] = (table["kind"] == "existing").astype(float)
    return table


def priced_edges(
    edges: pd.DataFrame, costs: pd.DataFrame | None, *, existing: float, candidate: float
) -> pd.DataFrame:
    """Give every edge its price.

    Args:
        edges: What `changeable_edges` returns.
        costs: Prices of single edges: columns `source`, `target` and `cost`; None: there are none.
        existing: Price of the other edges of the network.
        candidate: Price of the other candidates.

    Returns:
        The table with a column `cost`.

    Raises:
        GraphError: If the table of costs is none, lacks a column, prices an edge that may not
            change or one edge twice, or holds anything but positive numbers.
    """
    cost = np.where(edges["kind"] == "existing", float(existing), float(candidate))
    if costs is None:
        return edges.assign(cost=cost)
    if not isinstance(costs, pd.DataFrame):
        raise GraphError(
            f"costs must be a table with columns source, target and cost, got {costs!r}"
        )
    missing = {"source", "target", "cost"} - set(costs.columns)
    if missing:
        raise GraphError(
            f"the table of costs lacks the columns {sorted(missing)}; give source, target, cost"
        )
    row_of_pair = {pair: row for row, pair in enumerate(_pairs(edges))}
    pairs = _pairs(costs)
    unknown = [pair for pair in pairs if pair not in row_of_pair]
    repeated = [pair for pair, count in pd.Series(pairs).value_counts().items() if count > 1]
    if unknown or repeated:
        raise GraphError(
            f"the table of costs prices {shorten(unknown or repeated)}, "
            f"{'which may not change' if unknown else 'twice'}. Give one row for each edge of the "
            "network or candidate that has a price of its own."
        )
    cost[[row_of_pair[pair] for pair in pairs]] = cost_numbers(costs["cost"], pairs.__getitem__)
    return edges.assign(cost=cost)


def _pairs(table: pd.DataFrame) -> list[Pair]:
    return list(zip(table["source"].astype(str), table["target"].astype(str), strict=True))


def edge_limits(
    edges: pd.DataFrame,
    before: Float[Tensor, " edges"],
    *,
    budget: float,
    max_strength: float,
    max_edges: int | None,
) -> EdgeLimits:
    """Limit changes to strengths from 0 to the highest allowed.

    Args:
        edges: What `priced_edges` returns.
        before: Strength of every edge now.
        budget: Largest Σ cost · |change|.
        max_strength: Highest strength of an edge of the network; that of a candidate is 1.
        max_edges: How many edges may change; None: all.

    Returns:
        The limits, on the device of `before`.
    """
    highest = np.where(edges["kind"] == "existing", max_strength, 1.0)
    return EdgeLimits(
        cost=torch.tensor(edges["cost"].to_numpy(np.float64)).to(before),
        budget=budget,
        low=-before,
        high=torch.tensor(highest).to(before) - before,
        max_edges=max_edges,
    )
