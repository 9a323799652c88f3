"""A graph as a GSNN numbers it: functions first, then inputs, then outputs."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from edgelab.errors import GraphError
from edgelab.graphs import FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES, EdgeType
from edgelab.ops import EdgeWiring
from edgelab.typing import Int, Tensor

# The order in which a model lists its edges; self edges follow.
_EDGE_ORDER: tuple[EdgeType, ...] = (FUNCTION_EDGES, INPUT_EDGES, OUTPUT_EDGES)


@dataclass(frozen=True, slots=True, eq=False)
class NumberedGraph:
    """Names of all nodes, and the edges between their numbers, on the CPU."""

    functions: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    # function→function, input→function, function→output, then self edges
    source: Int[Tensor, " edges"]
    target: Int[Tensor, " edges"]

    def edge_names(self) -> list[tuple[str, str]]:
        """Return the names of the ends of every edge."""
        names = self.functions + self.inputs + self.outputs
        return [
            (names[s], names[t])
            for s, t in zip(self.source.tolist(), self.target.tolist(), strict=True)
        ]

    def end_rows(
        self, wiring: EdgeWiring, source: Int[Tensor, " edges"], target: Int[Tensor, " edges"]
    ) -> dict[str, Tensor]:
        """Index tensors, by name, that put inputs on their edges and read outputs from theirs."""
        to_output = (target >= len(self.functions)).nonzero().squeeze(1)
        output = target[to_output] - len(self.functions) - len(self.inputs)
        degree = torch.bincount(output, minlength=len(self.outputs)).clamp(min=1)
        return {
            "_input_rows": wiring.row_of_edge[wiring.out_of_input],
            "_input_of_row": source[wiring.out_of_input] - len(self.functions),
            "_output_of_row": output,
            "_output_scale": degree.to(torch.get_default_dtype()).rsqrt(),
        }


def number_graph(
    edge_index_dict: Mapping[tuple[str, str, str], Tensor],
    node_names_dict: Mapping[str, list[str]],
    self_edges: bool,
) -> NumberedGraph:
    """Number nodes and edges of a graph, checked; with `self_edges` one more per function."""
    missing = {"input", "function", "output"} - set(node_names_dict)
    if missing:
        raise GraphError(
            f"node_names_dict lacks {sorted(missing)}; give a list of names, empty if there are "
            "none"
        )
    if set(edge_index_dict) != set(_EDGE_ORDER):
        raise GraphError(
            f"a GSNN needs exactly the edge types {list(_EDGE_ORDER)}, got "
            f"{list(edge_index_dict)}; make the graph with edgelab.graphs.build_graph"
        )
    names = {kind: tuple(node_names_dict[kind]) for kind in ("function", "input", "output")}
    if not names["function"]:
        raise GraphError("the graph has no function node; add at least one to `functions`")
    size = {kind: len(listed) for kind, listed in names.items()}
    start = {"function": 0, "input": size["function"], "output": size["function"] + size["input"]}
    ends = [_shifted(edge_index_dict[kind].cpu(), kind, size, start) for kind in _EDGE_ORDER]
    if self_edges:
        ends.append(torch.arange(size["function"]).repeat(2, 1))
    source, target = torch.cat(ends, dim=1)
    return NumberedGraph(names["function"], names["input"], names["output"], source, target)


def _shifted(
    index: Tensor, kind: EdgeType, size: Mapping[str, int], start: Mapping[str, int]
) -> Tensor:
    """Edges of one type, with the numbers of the whole graph."""
    if index.dim() != 2 or len(index) != 2 or index.dtype != torch.int64:
        raise GraphError(
            f"edge_index of {kind} must be an int64 tensor [2, edges], got {index.dtype} of "
            f"shape {tuple(index.shape)}; without edges pass torch.empty(2, 0, dtype=torch.int64)"
        )
    for row, node_type in zip(index, (kind[0], kind[2]), strict=True):
        if len(row) and not (int(row.min()) >= 0 and int(row.max()) < size[node_type]):
            raise GraphError(
                f"edge type {kind} names a {node_type} outside 0 … {size[node_type] - 1}"
            )
    return torch.stack([index[0] + start[kind[0]], index[1] + start[kind[2]]])
