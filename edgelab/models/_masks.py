"""Masks of nodes and edges, brought into the layout of the edge state."""

from edgelab.errors import DataError
from edgelab.ops import EdgeWiring
from edgelab.typing import Float, Tensor


def node_mask_rows(mask: Tensor, x: Tensor, wiring: EdgeWiring) -> Float[Tensor, "nodes 1 #batch"]:
    """A mask `[functions]` or `[batch, functions]` by inward rank, with the batch last."""
    mask = _batch_last(mask, x, wiring.n_functions, "node_mask", "functions")
    return mask.index_select(0, wiring.inward.node_of_rank).unsqueeze(1)


def edge_mask_rows(
    mask: Tensor, x: Tensor, wiring: EdgeWiring, edge_channels: int
) -> Float[Tensor, "rows #batch"]:
    """A mask `[edges]` or `[batch, edges]` in the rows of the edge state, with the batch last."""
    mask = _batch_last(mask, x, wiring.n_edges // edge_channels, "edge_mask", "edges")
    # The wiring repeats every edge once per number that it carries.
    return mask.repeat_interleave(edge_channels, 0).index_select(0, wiring.edge_of_row.clamp(min=0))


def check_mask(mask: Tensor, n_samples: int, size: int, argument: str, axis: str) -> None:
    """Refuse a mask that is neither `[size]` nor `[batch, size]`."""
    if tuple(mask.shape) not in {(size,), (n_samples, size), (1, size)}:
        raise DataError(
            f"{argument} must be [{axis}] or [batch, {axis}] with {size} {axis} and batch "
            f"{n_samples}, got {tuple(mask.shape)}"
        )


def _batch_last(mask: Tensor, x: Tensor, size: int, argument: str, axis: str) -> Tensor:
    check_mask(mask, len(x), size, argument, axis)
    by_sample = mask.unsqueeze(0) if mask.dim() == 1 else mask
    return by_sample.to(x).t()
