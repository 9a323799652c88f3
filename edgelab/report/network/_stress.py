"""Places of the functions of a deep network: as far apart as there are edges between them."""

import math
from collections.abc import Iterable, Mapping

import networkx as nx
import numpy as np

from edgelab.naming import natural_order
from edgelab.typing import Array, Float

from ._layers import Pair, Place, layered_layout

# A candidate may be drawn longer than an edge of the prior network: it should not bend the picture
# to its will.
_CANDIDATE_LENGTH = 1.5
# Boxes that still overlap after so many rounds stay as they are.
_ROUNDS = 400
# A crowd that only shuffles about needs more room: after this many rounds everything is spread by
# this factor.
_PATIENCE = 20
_SPREAD = 1.06


def stress_layout(
    names: Iterable[str], prior: Iterable[Pair], extra: Iterable[Pair] = ()
) -> dict[str, Place]:
    """Place of every function, turned so that prior edges run down; a typical one is 1 long."""
    # Source: Kamada and Kawai (1989), Information Processing Letters 31:7; computed by networkx.
    # The places depend on names and edges, on no order of these.
    everyone = natural_order(names)
    edges = sorted({edge for edge in prior if edge[0] != edge[1]})
    more = sorted(set(extra))
    joined = {name for edge in [*edges, *more] for name in edge}
    ordered = [name for name in everyone if name in joined]
    if not edges:
        return layered_layout(everyone, edges, more)
    # The start decides which of several equally good pictures comes out; a small twist takes it off
    # straight lines.
    layered = layered_layout(ordered, edges, more)
    start = {
        name: (layered[name][0] + 0.1 * math.sin(number), layered[name][1])
        for number, name in enumerate(ordered)
    }
    placed = nx.kamada_kawai_layout(
        nx.empty_graph(ordered), dist=_distances(ordered, edges, more), pos=start
    )
    place = np.array([placed[name] for name in ordered])
    turned = _turned_down(place, edges, {name: position for position, name in enumerate(ordered)})
    places = {name: (float(x), float(y)) for name, (x, y) in zip(ordered, turned, strict=True)}
    return places | _rows_below(turned, [name for name in everyone if name not in joined])


def _rows_below(place: Float[Array, "nodes 2"], lonely: list[str]) -> dict[str, Place]:
    # Functions without any edge, in rows as wide as the rest.
    left, bottom = place.min(axis=0)
    right = place[:, 0].max()
    per_row = max(4, int(right - left) + 1)
    middle = (left + right - min(per_row, len(lonely)) + 1) / 2
    return {
        name: (float(middle + number % per_row), float(bottom - 0.8 - 0.4 * (number // per_row)))
        for number, name in enumerate(lonely)
    }


def _distances(
    names: list[str], prior: list[Pair], extra: list[Pair]
) -> dict[str, dict[str, float]]:
    graph = nx.Graph()
    graph.add_nodes_from(names)
    graph.add_edges_from(extra, length=_CANDIDATE_LENGTH)
    graph.add_edges_from(prior, length=1.0)
    known = dict(nx.all_pairs_dijkstra_path_length(graph, weight="length"))
    # Parts without a connection stand beside each other.
    longest = max(max(lengths.values()) for lengths in known.values())
    apart = 0.6 * longest + 1
    return {
        name: {other: float(known[name].get(other, apart)) for other in names} for name in names
    }


def _turned_down(
    place: Float[Array, "nodes 2"], edges: list[Pair], position: Mapping[str, int]
) -> Float[Array, "nodes 2"]:
    source = [position[source] for source, _ in edges]
    target = [position[target] for _, target in edges]
    steps = place[target] - place[source]
    x, y = steps.sum(axis=0)
    turn = -math.pi / 2 - math.atan2(y, x)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return np.asarray(place @ rotation.T / np.median(np.hypot(*steps.T)))


def push_apart(
    place: Float[Array, "nodes 2"], size: Float[Array, "nodes 2"], gap: float
) -> Float[Array, "nodes 2"]:
    """Move boxes (centres, widths and heights) until there is a gap between any two."""
    place = place.astype(float, copy=True)
    wanted = (size[:, None] + size[None, :]) / 2 + gap
    upper = np.triu(np.ones((len(place), len(place)), dtype=bool), k=1)
    for number in range(1, _ROUNDS + 1):
        step = place[None, :] - place[:, None]
        missing = wanted - np.abs(step)
        overlaps = np.argwhere(upper & (missing > 1e-9).all(axis=2))
        if not len(overlaps):
            break
        for first, second in overlaps:
            axis = int(np.argmin(missing[first, second]))
            direction = 1.0 if step[first, second, axis] >= 0 else -1.0
            push = direction * missing[first, second, axis] / 2
            place[first, axis] -= push
            place[second, axis] += push
        if number % _PATIENCE == 0:
            place = place.mean(axis=0) + _SPREAD * (place - place.mean(axis=0))
    return place
