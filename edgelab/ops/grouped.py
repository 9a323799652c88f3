"""Products between the channels of nodes and the values on their edges, as one batched GEMM per group of nodes.

Layout: the batch lies innermost, so that a row (one edge, or one channel of one node) is contiguous and every
gather copies whole rows. With `w_s` the channel weights of slot s and `S(n)` the slots of node n, there are three
products, and the gradients of each are the other two:

    contract   z[n, c, b] = Σ_{s ∈ S(n)} w[s, c] · x[s, b]
    expand     y[s, b]    = Σ_c w[s, c] · h[n(s), c, b]
    outer      g[s, c]    = Σ_b x[s, b] · h[n(s), c, b]

Nodes come in order of rank (see `SlotLayout`). Empty slots must carry zero weights and finite values. These three
know nothing of autograd; `edge_products` builds the differentiable layers from them.
"""

import torch

from edgelab.ops.slots import SlotLayout
from edgelab.typing import Float, Tensor


def contract(
    w: Float[Tensor, "slots channels"],
    x: Float[Tensor, "slots batch"],
    layout: SlotLayout,
    bias: Float[Tensor, "nodes channels"] | None = None,
) -> Float[Tensor, "nodes channels batch"]:
    """Weighted sum of the values on each node's edges: z = Σ w·x (+ bias).

    Args:
        w: Channel weights of every slot; zero in empty slots.
        x: Values on the slots, finite in empty ones.
        layout: Where the edges of each node lie.
        bias: Added to every node, in order of rank.

    Returns:
        One value per node (in order of rank), channel and sample.

    Example:
        >>> from edgelab.ops import slot_layout
        >>> layout = slot_layout(torch.tensor([0, 0]), n_nodes=1)
        >>> contract(torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [4.0]]), layout).tolist()
        [[[11.0]]]
    """
    channels, batch = w.shape[1], x.shape[1]
    z = x.new_empty(len(layout.node_of_rank), channels, batch)
    for nodes, slots, width in layout.groups:
        weights = w[slots].view(nodes.stop - nodes.start, width, channels).transpose(1, 2)
        values = x[slots].view(len(weights), width, batch)
        if bias is None:
            torch.bmm(weights, values, out=z[nodes])
        else:
            torch.baddbmm(bias[nodes].unsqueeze(-1), weights, values, out=z[nodes])
    return z


def expand(
    w: Float[Tensor, "slots channels"],
    h: Float[Tensor, "nodes channels batch"],
    layout: SlotLayout,
    out: Float[Tensor, "slots batch"],
    add_to: Float[Tensor, "slots #batch"] | None = None,
) -> Float[Tensor, "slots batch"]:
    """Value that each edge takes from its node's channels: y = Σ_c w·h (+ what stands in `add_to`).

    Args:
        w: Channel weights of every slot.
        h: Channels of every node, in order of rank.
        layout: Where the edges of each node lie.
        out: Receives the result.
        add_to: Added to the result; one column stands for the whole batch (a bias).

    Returns:
        `out`.

    Example:
        >>> from edgelab.ops import slot_layout
        >>> layout = slot_layout(torch.tensor([0, 0]), n_nodes=1)
        >>> expand(torch.tensor([[1.0], [2.0]]), torch.tensor([[[5.0]]]), layout, torch.empty(2, 1)).tolist()
        [[5.0], [10.0]]
    """
    channels, batch = w.shape[1], h.shape[2]
    added = add_to.split(layout.group_slots) if add_to is not None else None
    parts = zip(w.split(layout.group_slots), h.split(layout.group_nodes), out.split(layout.group_slots), strict=True)
    for group, (weights, hidden, result) in enumerate(parts):
        shape = (len(hidden), layout.groups[group].width)
        weights, result = weights.view(*shape, channels), result.view(*shape, batch)
        if added is None:
            torch.bmm(weights, hidden, out=result)
        else:
            torch.baddbmm(added[group].view(*shape, added[group].shape[1]), weights, hidden, out=result)
    return out


def outer(
    x: Float[Tensor, "slots batch"], h: Float[Tensor, "nodes channels batch"], layout: SlotLayout
) -> Float[Tensor, "slots channels"]:
    """Sum over samples of each edge's value times each channel of its node: the gradient of the weights.

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
    g = x.new_empty(len(x), channels)
    parts = zip(x.split(layout.group_slots), h.split(layout.group_nodes), g.split(layout.group_slots), strict=True)
    for group, (values, hidden, result) in zip(layout.groups, parts, strict=True):
        shape = (len(hidden), group.width)
        torch.bmm(values.view(*shape, batch), hidden.transpose(1, 2), out=result.view(*shape, channels))
    return g
