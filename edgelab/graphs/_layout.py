"""How a graph is laid out in a `HeteroData`, and its views by name."""

import numpy as np
import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.typing import Array, Bool

EdgeType = tuple[str, str, str]

NODE_TYPES: tuple[str, str, str] = ("input", "function", "output")
INPUT_EDGES: EdgeType = ("input", "to", "function")
FUNCTION_EDGES: EdgeType = ("function", "to", "function")
OUTPUT_EDGES: EdgeType = ("function", "to", "output")
EDGE_TYPES: tuple[EdgeType, EdgeType, EdgeType] = (FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES)
EDGE_ATTRIBUTES: tuple[str, str] = ("sign", "weight")


def function_names(data: HeteroData) -> list[str]:
    """Names of the function nodes in the order of their ids.

    Args:
        data: A graph as `build_graph` makes it.

    Returns:
        A fresh list: changing it leaves the graph alone.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> ends = {"input_edges": [("drug", "A")], "output_edges": [("B", "read")]}
        >>> function_names(build_graph([("A", "B")], **ends))
        ['A', 'B']
    """
    return list(data["function"].node_names)


def edges_of(data: HeteroData, edge_type: EdgeType = FUNCTION_EDGES) -> pd.DataFrame:
    """Edges of one type as a table of names, in the order of the graph.

    Args:
        data: A graph as `build_graph` makes it.
        edge_type: `FUNCTION_EDGES`, `INPUT_EDGES` or `OUTPUT_EDGES`.

    Returns:
        Columns `source` and `target`, then `sign` and `weight` where the graph has them;
        `build_graph` accepts it.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> ends = {"input_edges": [("drug", "A")], "output_edges": [("B", "read")]}
        >>> data = build_graph([("A", "B")], **ends)
        >>> edges_of(data).to_dict("records")
        [{'source': 'A', 'target': 'B'}]
    """
    store = data[edge_type]
    source, target = store.edge_index.cpu().numpy()
    columns: dict[str, Array] = {
        "source": np.asarray(data[edge_type[0]].node_names, dtype=object)[source],
        "target": np.asarray(data[edge_type[2]].node_names, dtype=object)[target],
    }
    columns |= {name: store[name].cpu().numpy() for name in EDGE_ATTRIBUTES if name in store}
    return pd.DataFrame(columns).astype({"source": "str", "target": "str"})


def prior_pairs(data: HeteroData) -> set[tuple[str, str]]:
    """Function-to-function edges as a set of (source, target) names.

    Args:
        data: A graph as `build_graph` makes it.

    Returns:
        One pair of names per edge.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> ends = {"input_edges": [("drug", "A")], "output_edges": [("B", "read")]}
        >>> prior_pairs(build_graph([("A", "B")], **ends))
        {('A', 'B')}
    """
    return name_pairs(edges_of(data))


def name_pairs(edges: pd.DataFrame) -> set[tuple[str, str]]:
    """The (source, target) names of every row of an edge table."""
    return set(zip(edges["source"].tolist(), edges["target"].tolist(), strict=True))


def function_adjacency(data: HeteroData) -> Bool[Array, "nodes nodes"]:
    """Which function has an edge to which: true at `[source, target]`.

    Args:
        data: A graph as `build_graph` makes it.

    Returns:
        A square array of truth values, sources in rows and targets in columns, in the order of
        `function_names`.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> ends = {"input_edges": [("drug", "A")], "output_edges": [("B", "read")]}
        >>> data = build_graph([("A", "B")], **ends)
        >>> function_adjacency(data).astype(int).tolist()
        [[0, 1], [0, 0]]
    """
    n_functions = data["function"].num_nodes
    adjacency = np.zeros((n_functions, n_functions), dtype=bool)
    source, target = data[FUNCTION_EDGES].edge_index.cpu().numpy()
    adjacency[source, target] = True
    return adjacency
