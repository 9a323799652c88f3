"""Places of the functions of a wide network: in layers, regulators above their targets."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from edgelab.naming import natural_key, natural_order

Pair = tuple[str, str]
Place = tuple[float, float]

# Downwards and upwards in turn; the tidiest order of all is kept.
_SWEEPS = 24


def layered_layout(
    names: Iterable[str], prior: Iterable[Pair], extra: Iterable[Pair] = ()
) -> dict[str, Place]:
    """Column (whole or half steps around 0) and row (0, -1, …) of every function."""
    # Prior edges run downwards, as far as there are no cycles; the extra ones only count for the
    # order within a layer, in which functions stand near what they are connected to. The places
    # depend on names and edges, on no order of these.
    ordered = natural_order(names)
    prior_edges = sorted({edge for edge in prior if edge[0] != edge[1]})
    layers = _layers(ordered, prior_edges)
    neighbours: dict[str, list[str]] = defaultdict(list)
    for source, target in [*prior_edges, *sorted(set(extra))]:
        neighbours[source].append(target)
        neighbours[target].append(source)
    rows: dict[int, list[str]] = defaultdict(list)
    for name in ordered:
        rows[layers[name]].append(name)
    column = _columns([rows[layer] for layer in sorted(rows)], neighbours)
    return {name: (column[name], float(-layers[name])) for name in ordered}


def _layers(names: list[str], edges: list[Pair]) -> dict[str, int]:
    forward = _without_cycles(names, edges)
    parents: dict[str, list[str]] = defaultdict(list)
    children: dict[str, list[str]] = defaultdict(list)
    for source, target in forward:
        parents[target].append(source)
        children[source].append(target)
    layer: dict[str, int] = {}
    for name in _topological(names, parents, children):
        layer[name] = max((layer[parent] + 1 for parent in parents[name]), default=0)
    for name in names:
        if children[name] and not parents[name]:
            # A start of the network stands right above its nearest target.
            layer[name] = min(layer[child] for child in children[name]) - 1
    lonely = [name for name in names if not parents[name] and not children[name]]
    last = max((layer[name] for name in names if name not in set(lonely)), default=-1)
    return layer | dict.fromkeys(lonely, last + 1)


def _without_cycles(names: list[str], edges: list[Pair]) -> list[Pair]:
    # Eades, Lin and Smyth (1993): take sinks to the end, sources to the front, else the node with
    # most outgoing edges.
    left: list[str] = []
    right: list[str] = []
    rest = set(names)
    while rest:
        inside = [(source, target) for source, target in edges if source in rest and target in rest]
        n_out = Counter(source for source, _ in inside)
        n_in = Counter(target for _, target in inside)
        free = [name for name in names if name in rest]
        sinks = [name for name in free if not n_out[name]]
        sources = [name for name in free if not n_in[name] and n_out[name]]
        if sinks:
            right = sinks + right
            rest -= set(sinks)
        elif sources:
            left += sources
            rest -= set(sources)
        else:
            best = max(free, key=lambda name: (n_out[name] - n_in[name], -names.index(name)))
            left.append(best)
            rest.remove(best)
    position = {name: place for place, name in enumerate(left + right)}
    return [edge for edge in edges if position[edge[0]] < position[edge[1]]]


def _topological(
    names: list[str], parents: Mapping[str, list[str]], children: Mapping[str, list[str]]
) -> list[str]:
    waiting = {name: len(parents.get(name, [])) for name in names}
    ready = [name for name in names if not waiting[name]]
    for name in ready:  # grows while it is read
        for child in children.get(name, []):
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return ready


def _columns(rows: list[list[str]], neighbours: Mapping[str, list[str]]) -> dict[str, float]:
    # Barycentre sweeps (Sugiyama et al. 1981): each row is sorted by the mean column of its
    # functions' neighbours.
    column: dict[str, float] = {}
    for row in rows:
        column |= _spaced(row)
    best = dict(column)
    shortest = _width(column, neighbours)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for row in rows if downwards else rows[::-1]:
            wanted = {name: _mean_column(name, column, neighbours) for name in row}
            row.sort(key=lambda name: (round(wanted[name], 9), natural_key(name)))
            column |= _spaced(row)
        width = _width(column, neighbours)
        if width < shortest - 1e-9:
            best = dict(column)
            shortest = width
    return best


def _spaced(row: list[str]) -> dict[str, float]:
    return {name: place - (len(row) - 1) / 2 for place, name in enumerate(row)}


def _mean_column(
    name: str, column: Mapping[str, float], neighbours: Mapping[str, list[str]]
) -> float:
    """Of a function's neighbours; its own without any."""
    columns = [column[other] for other in neighbours.get(name, [])]
    return sum(columns) / len(columns) if columns else column[name]


def _width(column: Mapping[str, float], neighbours: Mapping[str, list[str]]) -> float:
    return math.fsum(
        (column[name] - column[other]) ** 2
        for name, others in sorted(neighbours.items())
        for other in others
    )
