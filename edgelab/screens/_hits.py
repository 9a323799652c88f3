"""Which functions an intervention acts on, and in which direction."""

import numpy as np
from torch_geometric.data import HeteroData

from edgelab.graphs import INPUT_EDGES
from edgelab.typing import Array, Bool, Float, Int


def inputs_of_functions(data: HeteroData) -> list[Int[Array, " inputs_of_function"]]:
    """Inputs that have an edge to each function.

    Args:
        data: The graph.

    Returns:
        One array of input ids per function.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> edges = [("drug", "raf"), ("dye", "raf")]
        >>> levels = [("mek", "level")]
        >>> graph = build_graph([("raf", "mek")], input_edges=edges, output_edges=levels)
        >>> [inputs.tolist() for inputs in inputs_of_functions(graph)]
        [[0, 1], []]
    """
    source, target = data[INPUT_EDGES].edge_index.cpu().numpy()
    return [source[target == function] for function in range(data["function"].num_nodes)]


def hits(data: HeteroData, x: Float[Array, "rows inputs"]) -> Bool[Array, "rows nodes"]:
    """Which settings, or samples, act on which function.

    Args:
        data: The graph.
        x: What the inputs were set to; 0 is off.

    Returns:
        True where an input that is on has an edge to the function.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> edges = [("drug", "raf"), ("dye", "mek")]
        >>> levels = [("mek", "level")]
        >>> graph = build_graph([("raf", "mek")], input_edges=edges, output_edges=levels)
        >>> graph["function"].node_names, hits(graph, np.array([[0.0, 0.0], [0.5, 0.0]])).tolist()
        (['raf', 'mek'], [[False, False], [True, False]])
    """
    on = x != 0
    return np.stack([on[:, inputs].any(axis=1) for inputs in inputs_of_functions(data)], axis=1)


def directions(data: HeteroData, x: Float[Array, "rows inputs"]) -> Float[Array, "rows nodes"]:
    """Whether inputs raise (+1) or lower (-1) each function; NaN where none acts or has a sign."""
    edges = data[INPUT_EDGES]
    source, target = edges.edge_index.cpu().numpy()
    sign = edges.sign.cpu().numpy().astype(float) if "sign" in edges else np.zeros(len(source))
    total = np.zeros((len(x), data["function"].num_nodes))
    for edge, function in enumerate(target.tolist()):
        total[:, function] += np.sign(x[:, source[edge]]) * sign[edge]
    return np.where(total != 0, np.sign(total), np.nan)
