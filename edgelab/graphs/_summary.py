"""Counts of a graph, and the functions that no input reaches or that reach no output."""

from dataclasses import dataclass

from torch_geometric.data import HeteroData

from edgelab.errors import shorten

from ._forest import ReachForest, forest_from_inputs, forest_to_outputs
from ._layout import FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSummary:
    """Counts of a graph, and the functions that cannot take part.

    Attributes:
        n_inputs: Number of inputs.
        n_functions: Number of functions.
        n_outputs: Number of outputs.
        n_input_edges: Number of input-to-function edges.
        n_function_edges: Number of function-to-function edges.
        n_output_edges: Number of function-to-output edges.
        not_reached: Functions that no input reaches: their activation never changes.
        not_read: Functions that reach no output: their gradient is always zero.
    """

    n_inputs: int
    n_functions: int
    n_outputs: int
    n_input_edges: int
    n_function_edges: int
    n_output_edges: int
    not_reached: tuple[str, ...]
    not_read: tuple[str, ...]

    def __str__(self) -> str:
        """Return a few lines of text."""
        lines = [
            f"{self.n_inputs} inputs, {self.n_functions} functions, {self.n_outputs} outputs",
            f"{self.n_input_edges} input, {self.n_function_edges} function and "
            f"{self.n_output_edges} output edges",
        ]
        if self.not_reached:
            n_not_reached = len(self.not_reached)
            lines.append(
                f"{n_not_reached} functions reached by no input: {shorten(self.not_reached)}"
            )
        if self.not_read:
            lines.append(
                f"{len(self.not_read)} functions that reach no output: {shorten(self.not_read)}"
            )
        return "\n".join(lines)


def graph_summary(data: HeteroData) -> GraphSummary:
    """Counts of nodes and edges, and the functions that no input reaches or that reach no output.

    Args:
        data: A graph as `build_graph` makes it.

    Returns:
        The counts and names; printing it gives a few lines of text.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> ends = {"input_edges": [("drug", "A")], "output_edges": [("B", "read")]}
        >>> print(graph_summary(build_graph([("A", "B"), ("C", "B")], **ends)))
        1 inputs, 3 functions, 1 outputs
        1 input, 2 function and 1 output edges
        1 functions reached by no input: 'C'
    """
    names = data["function"].node_names

    def outside(forest: ReachForest) -> tuple[str, ...]:
        reached = forest.reached()
        return tuple(name for node, name in enumerate(names) if node not in reached)

    return GraphSummary(
        n_inputs=data["input"].num_nodes,
        n_functions=len(names),
        n_outputs=data["output"].num_nodes,
        n_input_edges=data[INPUT_EDGES].edge_index.shape[1],
        n_function_edges=data[FUNCTION_EDGES].edge_index.shape[1],
        n_output_edges=data[OUTPUT_EDGES].edge_index.shape[1],
        not_reached=outside(forest_from_inputs(data)),
        not_read=outside(forest_to_outputs(data)),
    )
