"""Known edges set aside, to see whether they are found again."""

import logging
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.checks import check_seed, check_share
from edgelab.errors import ConfigError, GraphError, close_names
from edgelab.typing import Array, Int

from ._edge_tables import Edges, arrows, check_edges
from ._forest import forest_from_inputs, forest_to_outputs
from ._layout import (
    EDGE_ATTRIBUTES,
    EDGE_TYPES,
    FUNCTION_EDGES,
    NODE_TYPES,
    edges_of,
    name_pairs,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class EdgeSplit:
    """A training graph and the function-to-function edges that were taken out of it.

    Attributes:
        train: The graph without any held-out or validation edge. It carries names, edges, signs and
            weights, and nothing else, since any other attribute may have been derived from the
            edges taken out.
        held_out: Edges for the final test: `source`, `target` and, where the graph has them, `sign`
            and `weight`; sorted by name.
        validation: Edges for choosing among models, in the same form; empty unless asked for.
    """

    train: HeteroData
    held_out: pd.DataFrame
    validation: pd.DataFrame

    @property
    def held_out_pairs(self) -> set[tuple[str, str]]:
        """Held-out edges as (source, target) names."""
        return name_pairs(self.held_out)

    @property
    def validation_pairs(self) -> set[tuple[str, str]]:
        """Validation edges as (source, target) names."""
        return name_pairs(self.validation)


def hold_out_edges(
    data: HeteroData,
    fraction: float = 0.2,
    seed: int = 0,
    *,
    validation_fraction: float = 0.0,
    keep_reachable: bool = True,
) -> EdgeSplit:
    """Split off a random share of the function-to-function edges.

    Edges are visited in a random order that depends on their names and the seed only, so neither
    the order of nodes nor of edges matters, and asking for validation edges does not change which
    edges are held out.

    Args:
        data: A graph as `build_graph` makes it; left as it is.
        fraction: Share of all function-to-function edges to hold out, in (0, 1). The number is
            rounded to the nearest, halves up.
        seed: Any number from 0; the same seed gives the same split.
        validation_fraction: Share of all function-to-function edges to set aside for validation, in
            [0, 1).
        keep_reachable: Skip an edge whose loss would leave a function that is reachable from an
            input without such a path, or a function that reaches an output without such a path.
            Without the first its activation is constant, without the second its gradient is zero,
            and no edge of it could be found again.

    Returns:
        The training graph, the held-out edges and the validation edges.

    Raises:
        ConfigError: If a fraction or the seed lies outside its range, or both fractions leave no
            edge for training.
        GraphError: If the fraction amounts to no edge, or if fewer edges than asked for can be
            spared.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> ends = {"input_edges": [("drug", "A")], "output_edges": [("C", "read")]}
        >>> data = build_graph([("A", "B"), ("A", "C"), ("B", "C")], **ends)
        >>> split = hold_out_edges(data, fraction=0.3)
        >>> split.held_out_pairs  # A -> B and B -> C have to stay: B needs both
        {('A', 'C')}
    """
    check_seed(seed)
    n_held_out, n_validation = _counts(data, fraction, validation_fraction)
    edges = edges_of(data)
    by_name = edges.sort_values(["source", "target"]).index.to_numpy()
    order = np.random.default_rng(seed).permutation(by_name)
    wanted = n_held_out + n_validation
    spared = _spare_edges(data, order, wanted) if keep_reachable else order[:wanted]
    if len(spared) < wanted:
        raise GraphError(
            f"{wanted} of {len(edges)} edges were to be set aside, but only {len(spared)} can be "
            "spared without cutting a function off from the inputs or the outputs. Ask for a "
            "smaller fraction, try another seed, hide none (--splits 0), or pass "
            "keep_reachable=False."
        )
    return _split(data, spared[:n_held_out], spared[n_held_out:])


def split_edges(data: HeteroData, held_out: Edges, validation: Edges = ()) -> EdgeSplit:
    """Take exactly the given function-to-function edges out of a graph.

    Args:
        data: A graph as `build_graph` makes it; left as it is.
        held_out: Pairs of names, or a table with columns `source` and `target`.
        validation: The same, for validation.

    Returns:
        The training graph, the held-out edges and the validation edges. Reachability is not looked
        at.

    Raises:
        GraphError: If a pair is no edge of the graph, or occurs twice.

    Example:
        >>> from edgelab.graphs import build_graph, prior_pairs
        >>> ends = {"input_edges": [("drug", "A")], "output_edges": [("C", "read")]}
        >>> data = build_graph([("A", "B"), ("B", "C")], **ends)
        >>> split = split_edges(data, held_out=[("B", "C")])
        >>> split.held_out_pairs, prior_pairs(split.train)
        ({('B', 'C')}, {('A', 'B')})
    """
    asked = {
        "held_out": check_edges(held_out, "held_out"),
        "validation": check_edges(validation, "validation"),
    }
    both = asked["held_out"].merge(asked["validation"], on=["source", "target"])
    if len(both):
        raise GraphError(
            f"{len(both)} edges are both held out and for validation: {arrows(both)}. Choose one."
        )
    rows = pd.MultiIndex.from_frame(edges_of(data)[["source", "target"]])
    positions = {}
    for name, pairs in asked.items():
        positions[name] = rows.get_indexer(pd.MultiIndex.from_frame(pairs[["source", "target"]]))
        _refuse_absent(data, pairs[positions[name] < 0], name)
    return _split(data, positions["held_out"], positions["validation"])


def _counts(data: HeteroData, fraction: float, validation_fraction: float) -> tuple[int, int]:
    check_share("fraction", fraction)
    if not 0 <= validation_fraction < 1:
        raise ConfigError(f"validation_fraction must lie in [0, 1), got {validation_fraction!r}")
    n_edges = data[FUNCTION_EDGES].edge_index.shape[1]
    n_held_out = math.floor(fraction * n_edges + 0.5)
    n_validation = math.floor(validation_fraction * n_edges + 0.5)
    for name, share, count in (
        ("fraction", fraction, n_held_out),
        ("validation_fraction", validation_fraction, n_validation),
    ):
        if share > 0 and count == 0:
            raise GraphError(
                f"{name} {share} of {n_edges} function-to-function edges is no edge; ask for a "
                "larger one, or hide none (--splits 0)"
            )
    if n_held_out + n_validation > n_edges:
        raise ConfigError(
            f"fraction {fraction} and validation_fraction {validation_fraction} together ask for "
            f"{n_held_out + n_validation} of {n_edges} edges; lower one of them"
        )
    return n_held_out, n_validation


def _spare_edges(
    data: HeteroData, order: Int[Array, " edges"], wanted: int
) -> Int[Array, " spared"]:
    """The first edges in `order` whose loss, one after the other, cuts no function off."""
    forests = (forest_from_inputs(data), forest_to_outputs(data))
    spared: list[int] = []
    for edge in order.tolist():
        if len(spared) == wanted:
            break
        # Once an edge is needed it stays needed, since edges only disappear: no second look.
        detours = [forest.detour(edge) for forest in forests]
        if None in detours:
            continue
        for forest, detour in zip(forests, detours, strict=True):
            forest.take_away(edge, detour or {})
        spared.append(edge)
    return np.array(spared, dtype=np.int64)


def _split(
    data: HeteroData, held_out: Int[Array, " held"], validation: Int[Array, " validation"]
) -> EdgeSplit:
    edges = edges_of(data)
    kept = np.ones(len(edges), dtype=bool)
    kept[held_out] = kept[validation] = False
    parts = [
        edges.iloc[part].sort_values(["source", "target"], ignore_index=True)
        for part in (held_out, validation)
    ]
    return EdgeSplit(_train_graph(data, torch.from_numpy(kept)), *parts)


def _train_graph(data: HeteroData, kept: torch.Tensor) -> HeteroData:
    # Built anew from what is known to be safe, rather than a copy without what is known to leak.
    train = HeteroData()
    for node_type in NODE_TYPES:
        train[node_type].node_names = list(data[node_type].node_names)
        train[node_type].num_nodes = len(data[node_type].node_names)
    for kind in EDGE_TYPES:
        edge_index = data[kind].edge_index
        keep = kept.to(edge_index.device) if kind == FUNCTION_EDGES else slice(None)
        train[kind].edge_index = edge_index[:, keep].clone()
        for name in EDGE_ATTRIBUTES:
            if name in data[kind]:
                train[kind][name] = data[kind][name][keep].clone()
    left_out = _other_attributes(data)
    if left_out:
        logger.warning(
            "attributes left out of the training graph, as held-out edges may be in them: %s",
            left_out,
        )
    return train


def _other_attributes(data: HeteroData) -> list[str]:
    known = {"node_names", "num_nodes", "edge_index", *EDGE_ATTRIBUTES}
    return sorted({str(key) for store in data.stores for key in store if key not in known})


def _refuse_absent(data: HeteroData, absent: pd.DataFrame, argument: str) -> None:
    if absent.empty:
        return
    names = data["function"].node_names
    unknown = [name for name in absent.iloc[0][["source", "target"]] if name not in names]
    reason = (
        f"{unknown[0]!r} is no function ({close_names(unknown[0], names)})"
        if unknown
        else "both are functions"
    )
    raise GraphError(
        f"{argument}: {len(absent)} pairs are no edges of the graph: {arrows(absent)}; of the "
        f"first, {reason}. Only edges that the graph has can be held out: correct or remove these "
        "pairs."
    )
