"""Products of edges' values with the channels of their nodes: one batched GEMM per group of nodes
of similar degree.
"""

import torch

from edgelab.typing import Float, Tensor

from ._slots import SlotLayout


def outer(
    x: Float[Tensor, "slots batch"], h: Float[Tensor, "nodes channels batch"], layout: SlotLayout
) -> Float[Tensor, "slots channels"]:
    """Sum over samples of each edge's value times each channel of its node: g[s, c] = Σ_b x[s, b] ·
    h[n(s), c, b].

    This is the gradient of the weights of either product of `Incidence`.

    Args:
        x: Values on the slots.
        h: Channels of every node, in order of rank.
        layout: Where the edges of each node lie.

    Returns:
        One number per slot and channel; meaningless in empty slots.

    Example:
        >>> from edgelab.ops import slot_layout
        >>> layout = slot_layout(torch.tensor([0]), n_nodes=1)
        >>> outer(torch.tensor([[1.0, 2.0]]), torch.tensor([[[3.0, 4.0]]]), layout).tolist()
        [[11.0]]
    """
    channels, batch = h.shape[1], h.shape[2]
    if not batch:
        return x.new_zeros(len(x), channels)
    g = x.new_empty(len(x), channels)
    parts = zip(
        x.split(layout.group_slots),
        h.split(layout.group_nodes),
        g.split(layout.group_slots),
        strict=True,
    )
    for values, hidden, result in parts:
        n = len(hidden)
        torch.bmm(
            values.view(n, -1, batch), hidden.transpose(1, 2), out=result.view(n, -1, channels)
        )
    return g
