"""Masks of nodes and edges, brought into the layout of the edge state."""

from edgelab.errors import DataError
from edgelab.ops import EdgeWiring
from edgelab.typing import Float, Tensor


def node_mask_rows(mask: Tensor, x: Tensor, wiring: EdgeWiring) -> Float[Tensor, "nodes 1 #batch"]:
    """A mask of functions by inward rank, with the batch last.

    Args:
        mask: `[functions]` or `[batch, functions]`.
        x: The batch that it belongs to; gives dtype and device.
        wiring: The graph.

    Returns:
        The mask.

    Raises:
        DataError: If the shape is another one.
    """
    mask = _batch_last(mask, x, wiring.n_functions, "node_mask", "functions")
    return mask.index_select(0, wiring.inward.node_of_rank).unsqueeze(1)


def edge_mask_rows(
    mask: Tensor, x: Tensor, wiring: EdgeWiring, edge_channels: int
) -> Float[Tensor, "rows #batch"]:
    """A mask of edges in the rows of the edge state, with the batch last.

    Args:
        mask: `[edges]` or `[batch, edges]`.
        x: The batch that it belongs to; gives dtype and device.
        wiring: The graph.
        edge_channels: How often each edge is repeated in the wiring.

    Returns:
        The mask.

    Raises:
        DataError: If the shape is another one.
    """
    mask = _batch_last(mask, x, wiring.n_edges // edge_channels, "edge_mask", "edges")
    return mask.repeat_interleave(edge_channels, 0).index_select(0, wiring.edge_of_row.clamp(min=0))


def check_mask(mask: Tensor, n_samples: int, size: int, argument: str, axis: str) -> None:
    """Refuse a mask that does not fit the batch.

    Args:
        mask: Of functions or of edges.
        n_samples: Samples of the batch.
        size: Functions or edges of the graph.
        argument: What the mask is called.
        axis: What it masks.

    Raises:
        DataError: If the shape is neither `[size]` nor `[batch, size]`.
    """
    if tuple(mask.shape) not in {(size,), (n_samples, size), (1, size)}:
        raise DataError(
            f"{argument} must be [{axis}] or [batch, {axis}] with {size} {axis} and batch {n_samples}, "
            f"got {tuple(mask.shape)}"
        )


def _batch_last(mask: Tensor, x: Tensor, size: int, argument: str, axis: str) -> Tensor:
    check_mask(mask, len(x), size, argument, axis)
    return (mask.unsqueeze(0) if mask.dim() == 1 else mask).to(x).t()
