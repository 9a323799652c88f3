"""Which edges a graph may get: those of the prior and the candidates."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.errors import ConfigError, GraphError, close_names
from edgelab.graphs import function_adjacency, function_names
from edgelab.sparsity import random_pattern, share_out
from edgelab.typing import Array, Bool

Pairs = Iterable[tuple[str, str]] | pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class AllowedEdges:
    """Function→function edges by place in a matrix, sources in rows, targets in columns.

    Attributes:
        names: Functions, in the order of rows and columns.
        prior: The edges of the prior.
        allowed: The edges of the prior and the candidates: the capacity.
    """

    names: tuple[str, ...]
    prior: Bool[Array, "nodes nodes"]
    allowed: Bool[Array, "nodes nodes"]

    @property
    def capacity(self) -> int:
        """How many edges the graph may have."""
        return int(self.allowed.sum())

    @property
    def candidates(self) -> list[tuple[str, str]]:
        """The allowed edges that the prior lacks: (source, target) names in the order of places."""
        places = np.argwhere(self.allowed & ~self.prior).tolist()
        return [(self.names[source], self.names[target]) for source, target in places]


def allowed_edges(data: HeteroData, candidates: Pairs | None = None) -> AllowedEdges:
    """Which edges the function graph may get.

    Args:
        data: The prior network.
        candidates: (source, target) names, or a table with columns `source` and `target`; those in
            the prior are allowed anyway. None allows every pair of different functions.

    Returns:
        Prior and allowed edges.

    Raises:
        GraphError: If a candidate names no function of the graph, or leads from a function to
            itself.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> data = build_graph([("a", "b")], input_edges=[("i", "a")], output_edges=[("b", "o")])
        >>> allowed_edges(data).capacity, allowed_edges(data, []).capacity
        (2, 1)
    """
    names = tuple(function_names(data))
    prior = function_adjacency(data)
    if candidates is None:
        return AllowedEdges(names, prior, ~np.eye(len(names), dtype=bool))
    if isinstance(candidates, pd.DataFrame):
        candidates = zip(
            candidates["source"].astype(str), candidates["target"].astype(str), strict=True
        )
    position = {name: place for place, name in enumerate(names)}
    allowed = prior.copy()
    for pair in candidates:
        unknown = [name for name in pair if name not in position]
        if unknown:
            raise GraphError(
                f"the candidate {pair} names {unknown[0]!r}, which is no function of the graph "
                f"({close_names(unknown[0], names)}). Correct the name, or leave the candidate out."
            )
        if pair[0] == pair[1]:
            raise GraphError(f"the candidate {pair} leads from a function to itself; leave it out")
        allowed[position[pair[0]], position[pair[1]]] = True
    return AllowedEdges(names, prior, allowed)


def erdos_renyi_edges(
    allowed: Bool[Array, "nodes nodes"], count: int, generator: torch.Generator
) -> Bool[Array, "nodes nodes"]:
    """Draw edges at random so that targets with few allowed sources get a larger share of these.

    The incoming edges of a function are its layer `(1, allowed sources)`, and densities are the
    Erdős–Rényi ones.

    Args:
        allowed: Edges that may be drawn.
        count: How many to draw.
        generator: A CPU generator.

    Returns:
        The edges.

    Raises:
        ConfigError: If fewer than `count` edges are allowed.

    Example:
        >>> allowed = ~np.eye(4, dtype=bool)
        >>> int(erdos_renyi_edges(allowed, 5, torch.Generator().manual_seed(0)).sum())
        5
    """
    total = int(allowed.sum())
    if not 0 < count <= total:
        raise ConfigError(
            f"cannot draw {count} of {total} allowed edges; "
            "lower the budget or allow more candidates"
        )
    n_sources = {str(target): int(n) for target, n in enumerate(allowed.sum(0)) if n}
    # Density (1 + n) / (1 · n) times n entries; shared out over all, since one edge per target is
    # too coarse to round.
    weight = {target: (1.0 + n) / (total + len(n_sources)) for target, n in n_sources.items()}
    counts = share_out(count, weight, n_sources)
    patterns = {
        target: random_pattern((1, n), counts[target], generator) for target, n in n_sources.items()
    }
    drawn = np.zeros_like(allowed)
    for target, pattern in patterns.items():
        sources = np.flatnonzero(allowed[:, int(target)])
        drawn[sources[pattern.flatten().numpy()], int(target)] = True
    return drawn
