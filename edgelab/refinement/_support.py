"""How much a trained model leans on each of its edges."""

import torch

from edgelab.errors import DataError
from edgelab.models import GSNN, evaluation_mode
from edgelab.ops import Batch, threads_for_pass
from edgelab.typing import Float, Tensor


@torch.no_grad()
def edge_support(model: GSNN, batch: Batch, n_edges: int) -> Float[Tensor, " edges"]:
    """How much taking out an edge raises the loss of the output that it matters most to.

    For each edge its numbers are set to zero in every layer, all else being kept, and the squared
    error of each output is measured: support = the largest relative increase over the outputs.
    Relative and by output, so that an edge which matters to one quiet output counts as much as one
    that matters to a loud one.

    Args:
        model: A GSNN.
        batch: Samples, best those that it was not trained on.
        n_edges: How many edges to judge, the first ones of `model.edges`: the function→function
            edges come first.

    Returns:
        A number per edge: 0.1 if some output's loss rises by 10 %; negative if all fall.

    Raises:
        DataError: If no entry of the batch counts in the loss.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> data = build_graph([("a", "b")], input_edges=[("i", "a")], output_edges=[("b", "o")])
        >>> _ = torch.manual_seed(0)
        >>> model = GSNN.from_data(data, channels=2, layers=3, norm="none")
        >>> x = torch.randn(50, 1)
        >>> edge_support(model, Batch(x, model(x).detach() + 0.001 * x), 1).item() > 1
        True
    """
    weight = torch.ones_like(batch.y) if batch.weight is None else batch.weight
    counted = weight.sum(0).double()
    if not (counted > 0).any():
        raise DataError(
            "no entry of the batch counts in the loss; give samples with a weight above 0"
        )
    with evaluation_mode(model), threads_for_pass(model, len(batch.x)):
        whole = _losses(model, batch, weight, None)
        without = [_losses(model, batch, weight, edge) for edge in range(n_edges)]
    if not without:
        return torch.zeros(0, dtype=torch.float64)
    # An output that is predicted without error has no scale: any increase is then as large as can
    # be.
    floor = torch.finfo(torch.float64).tiny
    increase = (torch.stack(without) - whole) / whole.clamp(min=floor)
    return increase[:, counted > 0].max(1).values.cpu()


def _losses(
    model: GSNN, batch: Batch, weight: Tensor, left_out: int | None
) -> Float[Tensor, " outputs"]:
    mask = None
    if left_out is not None:
        mask = torch.ones(len(model.graph.source), dtype=batch.x.dtype, device=batch.x.device)
        mask[left_out] = 0
    error = (model(batch.x, edge_mask=mask) - batch.y).double().square() * weight
    return error.sum(0) / weight.sum(0).double().clamp(min=torch.finfo(torch.float64).tiny)
