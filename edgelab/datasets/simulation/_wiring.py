"""A graph as the simulators see it: numbered nodes, each with its parents and their effects."""

from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from edgelab.datasets._edge_tables import EdgeTable, as_edge_table, edge_effects
from edgelab.errors import DataError, shorten
from edgelab.naming import natural_order
from edgelab.typing import Array, Float, Int

# Kinds of the two ends of the edges in each table.
_KINDS = {
    "edges": ("function", "function"),
    "input_edges": ("input", "function"),
    "output_edges": ("function", "output"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """Nodes numbered inputs first, then functions, then outputs, with the effect of every edge."""

    # The numbering depends on the names only, never on the order in which edges are listed: inputs
    # and outputs in natural order, functions parents before children where there is no cycle.
    inputs: tuple[str, ...]
    functions: tuple[str, ...]
    outputs: tuple[str, ...]
    effects: csr_array  # sign times weight of the edge from node i to node j, at [j, i]
    is_acyclic: bool  # whether parents come before children

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of all nodes in the order of their numbers."""
        return (*self.inputs, *self.functions, *self.outputs)

    def parents(self, node: int) -> tuple[Int[Array, " parents"], Float[Array, " parents"]]:
        """Numbers of a node's parents and the effects of the edges from them."""
        span = slice(*self.effects.indptr[node : node + 2])
        return self.effects.indices[span], self.effects.data[span]


def wire(edges: EdgeTable, input_edges: EdgeTable, output_edges: EdgeTable) -> Wiring:
    """Number the nodes of three edge tables and gather the effects; cycles are allowed."""
    tables = {
        "edges": as_edge_table(edges, "edges"),
        "input_edges": as_edge_table(input_edges, "input_edges"),
        "output_edges": as_edge_table(output_edges, "output_edges"),
    }
    function_edges, into, out_of = tables.values()
    inputs = natural_order(into["source"])
    outputs = natural_order(out_of["target"])
    names = natural_order(
        [*function_edges["source"], *function_edges["target"], *into["target"], *out_of["source"]]
    )
    if not (inputs and outputs):
        raise DataError(
            "a simulation needs at least one input edge and one output edge. Add them to the "
            "tables."
        )
    functions, is_acyclic = _parents_first(names, function_edges)
    effects = _effects(tables, {"input": inputs, "function": functions, "output": outputs})
    return Wiring(tuple(inputs), tuple(functions), tuple(outputs), effects, is_acyclic)


def require_acyclic(wiring: Wiring) -> None:
    """Refuse a graph that feeds back into itself, with a cycle spelled out."""
    if wiring.is_acyclic:
        return
    targets, sources = wiring.effects.nonzero()
    graph = nx.DiGraph(list(zip(sources, targets, strict=True)))
    cycle = [wiring.nodes[source] for source, _ in nx.find_cycle(graph)]
    raise DataError(
        f"`simulate` needs a graph without cycles, but {shorten(cycle)} feed back into "
        f"{cycle[0]!r}. Drop one of these edges, or use `simulate_dynamics`."
    )


def _effects(tables: dict[str, pd.DataFrame], names: dict[str, list[str]]) -> csr_array:
    nodes = [(kind, name) for kind, members in names.items() for name in members]
    number = {node: position for position, node in enumerate(nodes)}
    sources: list[int] = []
    targets: list[int] = []
    for role, table in tables.items():
        source_kind, target_kind = _KINDS[role]
        sources += [number[source_kind, name] for name in table["source"]]
        targets += [number[target_kind, name] for name in table["target"]]
    effects = np.concatenate([edge_effects(table) for table in tables.values()])
    # int32, since the searches of scipy 1.12 take no int64.
    ends = np.array([targets, sources], dtype=np.int32)
    matrix = csr_array((effects, tuple(ends)), shape=(len(nodes), len(nodes)))
    matrix.sort_indices()
    return matrix


def _parents_first(names: list[str], edges: pd.DataFrame) -> tuple[list[str], bool]:
    rank = {name: position for position, name in enumerate(names)}
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from(zip(edges["source"], edges["target"], strict=True))
    if not nx.is_directed_acyclic_graph(graph):
        return names, False
    return list(nx.lexicographical_topological_sort(graph, key=rank.__getitem__)), True
