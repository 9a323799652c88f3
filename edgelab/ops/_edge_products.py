"""The two differentiable products of a GSNN block: edges → channels of functions, channels → edges.

Gradients are written by hand: the two products of `Incidence` are each other's gradient, where
autograd would replay every gather as a scatter-add. Functions come in the order of their inward
rank (`EdgeWiring.inward.node_of_rank`) on both sides. Differentiable once.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from edgelab.typing import Float, Tensor

from ._slots import SlotLayout
from ._wiring import EdgeWiring


def edges_to_nodes(
    state: Float[Tensor, "rows batch"],
    weight: Float[Tensor, "into_edges channels"],
    bias: Float[Tensor, "nodes channels"] | None,
    wiring: EdgeWiring,
) -> tuple[Float[Tensor, "nodes channels batch"], Float[Tensor, "rows batch"]]:
    """Sum what the edges bring into each function.

    z[n, c] = bias[n, c] + Σ_{e → n} weight[e, c] · state[e].

    Args:
        state: Edge state, in the rows of `wiring`.
        weight: One row per edge into a function, in the order of `wiring.into_function`.
        bias: One row per function, or None.
        wiring: The graph.

    Returns:
        The channels of every function, by inward rank, and the state again. Use the returned state
        from here on: its gradient and that of the product are then added in one pass.

    Example:
        >>> from edgelab.ops import EdgeWiring
        >>> source, target = torch.tensor([2, 0]), torch.tensor([0, 1])
        >>> wiring = EdgeWiring(source, target, n_functions=2, channels=1)
        >>> state, weight = torch.tensor([[3.0], [5.0]]), torch.tensor([[2.0], [10.0]])
        >>> edges_to_nodes(state, weight, None, wiring)[0].flatten().tolist()
        [6.0, 50.0]
    """
    return _EdgesToNodes.apply(*_one_dtype(state, weight, bias), wiring)


def nodes_to_edges(
    hidden: Float[Tensor, "nodes channels batch"],
    weight: Float[Tensor, "out_edges channels"],
    bias: Float[Tensor, " edges"] | None,
    state: Float[Tensor, "rows batch"] | None,
    scale: Float[Tensor, ""] | None,
    wiring: EdgeWiring,
) -> Float[Tensor, "rows batch"]:
    """Send channels along the edges.

    new[e] = bias[e] + Σ_c weight[e, c] · hidden[source(e), c] + scale · state[e].

    Args:
        hidden: Channels of every function, by inward rank.
        weight: One row per edge out of a function, in the order of `wiring.out_of_function`.
        bias: One number per edge (those that leave an input included), or None.
        state: The edge state to add, scaled; None adds nothing.
        scale: A scalar; None stands for no residual.
        wiring: The graph.

    Returns:
        The new edge state. Padding rows hold finite numbers without meaning.

    Example:
        >>> from edgelab.ops import EdgeWiring
        >>> source, target = torch.tensor([2, 0]), torch.tensor([0, 1])
        >>> wiring = EdgeWiring(source, target, n_functions=2, channels=1)
        >>> hidden, weight = torch.tensor([[[4.0]], [[7.0]]]), torch.tensor([[0.5]])
        >>> nodes_to_edges(hidden, weight, None, None, None, wiring).flatten().tolist()
        [0.0, 2.0]
    """
    hidden, weight, bias, state, scale = _one_dtype(hidden, weight, bias, state, scale)
    return _NodesToEdges.apply(hidden, weight, bias, state, scale, wiring)


def outer(
    x: Float[Tensor, "slots batch"], h: Float[Tensor, "nodes channels batch"], layout: SlotLayout
) -> Float[Tensor, "slots channels"]:
    """Sum over samples of each edge's value times each channel of its node.

    g[s, c] = Σ_b x[s, b] · h[n(s), c, b]: the gradient of the weights of either product of
    `Incidence`, as one batched GEMM per group of nodes of similar degree.

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
    channels = h.shape[1]
    batch = h.shape[2]
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


def _one_dtype(first: Tensor, *others: Tensor | None) -> tuple[Any, ...]:
    """Make contiguous, in the dtype of autocast (float64 stays, as in torch), else the first's."""
    device = first.device.type
    autocast = torch.is_autocast_enabled(device) and first.dtype != torch.float64
    dtype = torch.get_autocast_dtype(device) if autocast else first.dtype
    return tuple(
        None if tensor is None else tensor.to(dtype).contiguous() for tensor in (first, *others)
    )


class _EdgesToNodes(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, state: Tensor, weight: Tensor, bias: Tensor | None, wiring: EdgeWiring
    ) -> tuple[Tensor, Tensor]:
        # No view any more: a nonlinearity may work in place.
        z = wiring.entering.to_nodes(state, weight).data
        if bias is not None:
            z += bias.index_select(0, wiring.inward.node_of_rank).unsqueeze(-1)
        ctx.wiring = wiring
        ctx.save_for_backward(state, weight)
        return z, state.view_as(state)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_z: Tensor, grad_state: Tensor) -> tuple[Tensor | None, ...]:
        state, weight = ctx.saved_tensors
        need_state, need_weight, need_bias, _ = ctx.needs_input_grad
        wiring = ctx.wiring
        layout = wiring.inward
        grad_z = grad_z.contiguous()
        grad_in = grad_weight = grad_bias = None
        if need_state:
            grad_in = wiring.entering.to_rows(grad_z, weight).add_(grad_state)
        if need_weight:
            grad_weight = outer(state[: layout.n_slots], grad_z, layout).index_select(
                0, layout.slot_of_edge
            )
        if need_bias:
            grad_bias = grad_z.sum(-1).index_select(0, layout.rank_of_node)
        return grad_in, grad_weight, grad_bias, None


class _NodesToEdges(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        state: Tensor | None,
        scale: Tensor | None,
        wiring: EdgeWiring,
    ) -> Tensor:
        new_state = wiring.leaving.to_rows(hidden, weight)
        if bias is not None:
            new_state += bias.index_select(0, wiring.edge_of_row.clamp(min=0)).unsqueeze(-1)
        residual = () if state is None or scale is None else (state, scale)
        if residual:
            new_state.addcmul_(*residual)
        ctx.wiring = wiring
        ctx.has_state = bool(residual)
        ctx.save_for_backward(hidden, weight, *residual)
        return new_state

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, *residual = ctx.saved_tensors
        need_hidden, need_weight, need_bias, need_state, need_scale, _ = ctx.needs_input_grad
        wiring = ctx.wiring
        layout = wiring.outward
        grad = grad.contiguous()
        grad_hidden = grad_weight = grad_bias = grad_state = grad_scale = None
        if need_hidden:
            grad_hidden = wiring.leaving.to_nodes(grad, weight)
        if need_weight:
            arrived = grad.index_select(0, wiring.row_of_slot)
            ranked = hidden.index_select(0, wiring.outward_from_inward)
            grad_weight = outer(arrived, ranked, layout).index_select(0, layout.slot_of_edge)
        if need_bias:
            grad_bias = grad.sum(-1).index_select(0, wiring.row_of_edge)
        if ctx.has_state and need_state:
            grad_state = grad * residual[1]
        if ctx.has_state and need_scale:
            # Padding rows have no gradient.
            grad_scale = torch.dot(grad.flatten(), residual[0].flatten())
        return grad_hidden, grad_weight, grad_bias, grad_state, grad_scale, None
