"""Functions of a graph in groups of equal shape, so that a group is one batched product."""

from dataclasses import dataclass

import torch

from edgelab.models import GSNN
from edgelab.typing import Int, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class FunctionGroup:
    """Functions with equally many edges in, and equally many edges out."""

    functions: Int[Tensor, " functions"]
    into: Int[Tensor, "functions into"]  # edges in, as rows of the weight of an inward layer
    out_of: Int[Tensor, "functions out_of"]  # edges out, as rows of that of an outward layer
    into_rows: Int[Tensor, "functions into"]  # edges in, as rows of the edge state
    out_rows: Int[Tensor, "functions out_of"]  # edges out, as rows of the edge state


def function_groups(model: GSNN) -> tuple[FunctionGroup, ...]:
    """Group the functions of a model by their numbers of edges in and out.

    A function without an edge in or without an edge out is in no group: no channel of it could do
    anything.
    """
    wiring = model.wiring
    source = model.graph.source.repeat_interleave(model.edge_channels)
    target = model.graph.target.repeat_interleave(model.edge_channels)
    into = wiring.into_function.cpu()
    out_of = wiring.out_of_function.cpu()
    enters = target[into]
    leaves = source[out_of]
    n_in = torch.bincount(enters, minlength=wiring.n_functions)
    n_out = torch.bincount(leaves, minlength=wiring.n_functions)
    shapes = torch.stack([n_in, n_out], dim=1)
    row_of_edge = wiring.row_of_edge.cpu()
    groups = []
    for shape in torch.unique(shapes, dim=0):
        if not shape.all():
            continue
        functions = (shapes == shape).all(1).nonzero().squeeze(1)
        entering = _edges_at(functions, enters, int(shape[0]))
        leaving = _edges_at(functions, leaves, int(shape[1]))
        rows = row_of_edge[into[entering]], row_of_edge[out_of[leaving]]
        parts = [
            part.to(wiring.row_of_edge.device) for part in (functions, entering, leaving, *rows)
        ]
        groups.append(FunctionGroup(*parts))
    return tuple(groups)


def _edges_at(
    functions: Int[Tensor, " functions"], function_of_edge: Int[Tensor, " edges"], degree: int
) -> Int[Tensor, "functions degree"]:
    """Positions of the edges of each function."""
    order = torch.argsort(function_of_edge, stable=True)
    start = torch.searchsorted(function_of_edge[order], functions)
    return order[start.unsqueeze(1) + torch.arange(degree)]
