"""A graph as the simulators see it: numbered nodes, and for every node its parents and their
effects.
"""

from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from edgelab.datasets._tables import EdgeTable, as_edge_table, edge_effects
from edgelab.errors import DataError, shorten
from edgelab.naming import natural_order

_KINDS = {
    "edges": ("function", "function"),
    "input_edges": ("input", "function"),
    "output_edges": ("function", "output"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """Nodes numbered inputs first, then functions, then outputs, with the effect of every edge.

    The numbering depends on the names only, never on the order in which edges are listed.

    Attributes:
        inputs: Input names in natural order (`in2` before `in10`).
        functions: Function names, parents before children where the graph has no cycle, otherwise
            in natural order.
        outputs: Output names in natural order.
        effects: Sign times weight of the edge from node i to node j, at [j, i].
        is_acyclic: Whether parents come before children.
    """

    inputs: tuple[str, ...]
    functions: tuple[str, ...]
    outputs: tuple[str, ...]
    effects: csr_array
    is_acyclic: bool

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of all nodes in the order of their numbers."""
        return (*self.inputs, *self.functions, *self.outputs)

    def parents(self, node: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of a node's parents and the effects of the edges from them.

        Args:
            node: The node's number.

        Returns:
            Two arrays of equal length, empty when the node has no parent.
        """
        span = slice(*self.effects.indptr[node : node + 2])
        return self.effects.indices[span], self.effects.data[span]


def wire(edges: EdgeTable, input_edges: EdgeTable, output_edges: EdgeTable) -> Wiring:
    """Number the nodes of three edge tables and gather the effects.

    Args:
        edges: Function to function edges.
        input_edges: Input to function edges.
        output_edges: Function to output edges.

    Returns:
        The wiring, with cycles allowed.

    Raises:
        DataError: If a table is malformed or there is no input, function or output.

    Example:
        >>> wiring = wire([("b", "a")], [("drug", "b")], [("a", "readout")])
        >>> wiring.nodes, wiring.is_acyclic
        (('drug', 'b', 'a', 'readout'), True)
    """
    tables = {
        role: as_edge_table(table, role)
        for role, table in (
            ("edges", edges),
            ("input_edges", input_edges),
            ("output_edges", output_edges),
        )
    }
    function_edges, into, out_of = tables.values()
    inputs, outputs = natural_order(into["source"]), natural_order(out_of["target"])
    names = natural_order(
        [*function_edges["source"], *function_edges["target"], *into["target"], *out_of["source"]]
    )
    if not (inputs and outputs):
        raise DataError(
            "a simulation needs at least one input edge and one output edge. Add them to the tables."
        )
    functions, is_acyclic = _parents_first(names, function_edges)
    effects = _effects(tables, {"input": inputs, "function": functions, "output": outputs})
    return Wiring(tuple(inputs), tuple(functions), tuple(outputs), effects, is_acyclic)


def require_acyclic(wiring: Wiring) -> None:
    """Refuse a graph that feeds back into itself.

    Args:
        wiring: The graph.

    Raises:
        DataError: If it holds a cycle; the message spells one out.

    Example:
        >>> require_acyclic(wire([("a", "b")], [("drug", "a")], [("b", "readout")]))
    """
    if not wiring.is_acyclic:
        targets, sources = wiring.effects.nonzero()
        cycle = [
            wiring.nodes[source]
            for source, _ in nx.find_cycle(nx.DiGraph(list(zip(sources, targets, strict=True))))
        ]
        raise DataError(
            f"`simulate` needs a graph without cycles, but {shorten(cycle)} feed back into {cycle[0]!r}. "
            "Drop one of these edges, or use `simulate_dynamics`."
        )


def _effects(tables: dict[str, pd.DataFrame], names: dict[str, list[str]]) -> csr_array:
    nodes = ((kind, name) for kind, members in names.items() for name in members)
    number = {node: position for position, node in enumerate(nodes)}
    sources, targets, effects = [], [], []
    for role, table in tables.items():
        source_kind, target_kind = _KINDS[role]
        sources += [number[source_kind, name] for name in table["source"]]
        targets += [number[target_kind, name] for name in table["target"]]
        effects.append(edge_effects(table, role))
    # int32, since the searches of scipy 1.12 take no int64.
    ends = np.array([targets, sources], dtype=np.int32)
    matrix = csr_array((np.concatenate(effects), tuple(ends)), shape=(len(number), len(number)))
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
