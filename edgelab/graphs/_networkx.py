"""Graphs from and to networkx."""

from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx
import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.errors import GraphError, close_names, shorten

from ._build import build_graph
from ._layout import (
    EDGE_ATTRIBUTES,
    EDGE_TYPES,
    FUNCTION_EDGES,
    INPUT_EDGES,
    NODE_TYPES,
    OUTPUT_EDGES,
    edges_of,
)

Node = tuple[str, str]


def to_networkx(data: HeteroData) -> nx.DiGraph:
    """Directed graph whose nodes are keyed by (node type, name).

    The key holds the type because an output and a function may share a name.

    Args:
        data: A graph as `build_graph` makes it.

    Returns:
        Nodes such as `("function", "Akt")` with attributes `node_type` and `name`, edges with
        `sign` and `weight` where the graph has them, as plain numbers; nodes and edges keep their
        order within each type.

    Example:
        >>> ends = {"input_edges": [("EGF", "Raf")], "output_edges": [("Mek", "Mek")]}
        >>> data = build_graph([("Raf", "Mek")], **ends)
        >>> sorted(to_networkx(data).edges)[0]
        (('function', 'Mek'), ('output', 'Mek'))
    """
    graph = nx.DiGraph()
    for kind in NODE_TYPES:
        graph.add_nodes_from(
            ((kind, name), {"node_type": kind, "name": name}) for name in data[kind].node_names
        )
    for edge_type in EDGE_TYPES:
        source_type, _, target_type = edge_type
        for attributes in edges_of(data, edge_type).to_dict("records"):
            source = (source_type, attributes.pop("source"))
            target = (target_type, attributes.pop("target"))
            graph.add_edges_from([(source, target, attributes)])
    return graph


def from_networkx(
    graph: nx.Graph,
    *,
    inputs: Iterable[str] | None = None,
    functions: Iterable[str] | None = None,
    outputs: Iterable[str] | None = None,
) -> HeteroData:
    """Validated graph from networkx; the inverse of `to_networkx`.

    Args:
        graph: A directed graph. Without the lists, nodes are keyed (node type, name) as
            `to_networkx` makes them. With them, nodes are plain names. Edge attributes `sign`
            (absent on some edges: 0 there) and `weight` (on all edges of a type or on none) are
            taken over; other attributes are not.
        inputs: Names that are inputs.
        functions: Names that are functions; by default all that are neither inputs nor outputs.
        outputs: Names that are outputs.

    Returns:
        The same as `build_graph`; nodes in the order of the lists, or else of the graph.

    Raises:
        GraphError: If the graph is not a simple directed one, if a node has no type or several, if
            a listed name is not in the graph, or if an edge runs where none may (from an output,
            into an input, input to output).

    Example:
        >>> plain = nx.DiGraph([("EGF", "Raf"), ("Raf", "Mek"), ("Mek", "pMek")])
        >>> data = from_networkx(plain, inputs=["EGF"], outputs=["pMek"])
        >>> data["function"].node_names
        ['Raf', 'Mek']
    """
    if not graph.is_directed() or graph.is_multigraph():
        raise GraphError(
            f"the graph must be a networkx DiGraph, got a {type(graph).__name__}. Convert it "
            "first: nx.DiGraph(graph) keeps one of parallel edges and turns an undirected edge "
            "into two."
        )
    listed = [inputs, functions, outputs]
    if all(names is None for names in listed):
        nodes = _typed_nodes(graph)
    else:
        nodes = _listed_nodes(graph, *(None if names is None else list(names) for names in listed))
    names = {
        kind: [name for node_type, name in nodes.values() if node_type == kind]
        for kind in NODE_TYPES
    }
    tables = _tables(graph, nodes)
    return build_graph(
        tables[FUNCTION_EDGES],
        input_edges=tables[INPUT_EDGES],
        output_edges=tables[OUTPUT_EDGES],
        functions=names["function"],
        inputs=names["input"],
        outputs=names["output"],
    )


def _typed_nodes(graph: nx.DiGraph) -> dict[Any, Node]:
    wrong = [
        node
        for node in graph
        if not (isinstance(node, tuple) and len(node) == 2 and node[0] in NODE_TYPES)
    ]
    if wrong:
        raise GraphError(
            f"{len(wrong)} nodes are not keyed (node type, name) with a type out of "
            f"{list(NODE_TYPES)}: {shorten(wrong)}. For a graph of plain names pass inputs=[...] "
            "and outputs=[...]."
        )
    return {node: node for node in graph}


def _listed_nodes(
    graph: nx.DiGraph,
    inputs: list[str] | None,
    functions: list[str] | None,
    outputs: list[str] | None,
) -> dict[Any, Node]:
    given = {"input": inputs or [], "function": functions or [], "output": outputs or []}
    kinds: dict[Any, Node] = {}
    for kind, names in given.items():
        for name in names:
            if name not in graph:
                raise GraphError(
                    f"{kind}s: {name!r} is no node of the graph ({close_names(name, graph)}). "
                    "Correct it, or add it with graph.add_node if it has no edges."
                )
            if name in kinds:
                raise GraphError(
                    f"{kind}s: {name!r} is listed as {kinds[name][0]} already. A graph of plain "
                    "names has one node per name; use build_graph for names shared between "
                    "inputs, functions and outputs."
                )
            kinds[name] = (kind, name)
    rest = [node for node in graph if node not in kinds]
    if functions is not None and rest:
        raise GraphError(
            f"{len(rest)} nodes of the graph are in none of the lists: {shorten(rest)}. Add them "
            "to `functions`, or remove them from the graph."
        )
    return kinds | {node: ("function", node) for node in rest}


def _tables(
    graph: nx.DiGraph, nodes: Mapping[Any, Node]
) -> dict[tuple[str, str, str], pd.DataFrame]:
    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = {
        edge_type: [] for edge_type in EDGE_TYPES
    }
    for source, target, attributes in graph.edges(data=True):
        source_type, source_name = nodes[source]
        target_type, target_name = nodes[target]
        edge_type = (source_type, "to", target_type)
        if edge_type not in rows:
            raise GraphError(
                f"edge {source_name!r} -> {target_name!r} leads from {source_type} to "
                f"{target_type}. Edges run from input to function, between functions, and from "
                "function to output: remove or turn it round."
            )
        kept = {name: attributes[name] for name in EDGE_ATTRIBUTES if name in attributes}
        rows[edge_type].append({"source": source_name, "target": target_name, **kept})
    return {
        edge_type: pd.DataFrame(edges, columns=_columns(edges)) for edge_type, edges in rows.items()
    }


def _columns(edges: list[dict[str, Any]]) -> list[str]:
    return [
        "source",
        "target",
        *(name for name in EDGE_ATTRIBUTES if any(name in edge for edge in edges)),
    ]
