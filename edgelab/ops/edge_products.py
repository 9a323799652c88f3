"""The two differentiable products of a GSNN block: edges → channels of functions, channels → edges.

Gradients are written by hand from the three products in `grouped`, because autograd would replay every gather as a
scatter-add: the backward of a permutation is the inverse permutation, again a gather of contiguous rows. Functions
come in the order of their inward rank (`EdgeWiring.inward.node_of_rank`) on both sides. Differentiable once.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from edgelab.ops.grouped import contract, expand, outer
from edgelab.ops.wiring import EdgeWiring
from edgelab.typing import Float, Tensor


def edges_to_nodes(
    state: Float[Tensor, "rows batch"],
    weight: Float[Tensor, "into_edges channels"],
    bias: Float[Tensor, "nodes channels"] | None,
    wiring: EdgeWiring,
) -> tuple[Float[Tensor, "nodes channels batch"], Float[Tensor, "rows batch"]]:
    """Sum what the edges bring into each function: z[n, c] = bias[n, c] + Σ_{e → n} weight[e, c] · state[e].

    Args:
        state: Edge state, in the rows of `wiring`.
        weight: One row per edge into a function, in the order of `wiring.into_function`.
        bias: One row per function, or None.
        wiring: The graph.

    Returns:
        The channels of every function, by inward rank, and the state again. Use the returned state from here on:
        its gradient and that of the product are then added in one pass.

    Example:
        >>> from edgelab.ops import EdgeWiring
        >>> wiring = EdgeWiring(torch.tensor([2, 0]), torch.tensor([0, 1]), n_functions=2)
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
    """Send channels along the edges: new[e] = bias[e] + Σ_c weight[e, c] · hidden[source(e), c] + scale · state[e].

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
        >>> wiring = EdgeWiring(torch.tensor([2, 0]), torch.tensor([0, 1]), n_functions=2)
        >>> hidden, weight = torch.tensor([[[4.0]], [[7.0]]]), torch.tensor([[0.5]])
        >>> nodes_to_edges(hidden, weight, None, None, None, wiring).flatten().tolist()
        [0.0, 2.0]
    """
    hidden, weight, bias, state, scale = _one_dtype(hidden, weight, bias, state, scale)
    return _NodesToEdges.apply(hidden, weight, bias, state, scale, wiring)


def _one_dtype(first: Tensor, *others: Tensor | None) -> tuple[Any, ...]:
    """Make contiguous, in the dtype of autocast where it is on (float64 stays, as in torch), else in the first's."""
    device = first.device.type
    autocast = torch.is_autocast_enabled(device) and first.dtype != torch.float64
    dtype = torch.get_autocast_dtype(device) if autocast else first.dtype
    return tuple(None if tensor is None else tensor.to(dtype).contiguous() for tensor in (first, *others))


class _EdgesToNodes(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, state: Tensor, weight: Tensor, bias: Tensor | None, wiring: EdgeWiring
    ) -> tuple[Tensor, Tensor]:
        layout = wiring.inward
        slots = layout.scatter_edges(weight)
        z = contract(slots, state[: layout.n_slots], layout, None if bias is None else bias[layout.node_of_rank])
        ctx.wiring, ctx.has_bias = wiring, bias is not None
        ctx.save_for_backward(state, slots)
        return z, state.view_as(state)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_z: Tensor, grad_state: Tensor) -> tuple[Tensor | None, ...]:
        state, slots = ctx.saved_tensors
        layout, (need_state, need_weight, need_bias, _) = ctx.wiring.inward, ctx.needs_input_grad
        n, grad_z = layout.n_slots, grad_z.contiguous()
        grad_in = grad_weight = grad_bias = None
        if need_state:
            grad_in = torch.empty_like(grad_state)
            expand(slots, grad_z, layout, out=grad_in[:n], add_to=grad_state[:n])
            grad_in[n:] = grad_state[n:]
        if need_weight:
            grad_weight = outer(state[:n], grad_z, layout).index_select(0, layout.slot_of_edge)
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
        layout = wiring.outward
        slots = layout.scatter_edges(weight)
        ranked = hidden.index_select(0, wiring.outward_from_inward)
        messages = _messages(slots, ranked, bias, wiring)
        new_state = messages.index_select(0, wiring.message_of_row)
        if state is not None and scale is not None:
            torch.addcmul(new_state, state, scale, out=new_state)
        ctx.wiring, ctx.has_state = wiring, state is not None and scale is not None
        ctx.save_for_backward(ranked, slots, *((state, scale) if ctx.has_state else ()))
        return new_state

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        ranked, slots, *residual = ctx.saved_tensors
        wiring, (need_hidden, need_weight, need_bias, need_state, need_scale, _) = ctx.wiring, ctx.needs_input_grad
        layout, grad = wiring.outward, grad.contiguous()
        n = layout.n_slots
        grad_messages = grad.index_select(0, wiring.row_of_message)
        grad_hidden = grad_weight = grad_bias = grad_state = grad_scale = None
        if need_hidden:
            grad_hidden = contract(slots, grad_messages[:n], layout).index_select(0, wiring.inward_from_outward)
        if need_weight:
            grad_weight = outer(grad_messages[:n], ranked, layout).index_select(0, layout.slot_of_edge)
        if need_bias:
            grad_bias = grad.sum(-1).index_select(0, wiring.row_of_edge)
        if ctx.has_state and need_state:
            grad_state = grad * residual[1]
        if ctx.has_state and need_scale:
            grad_scale = torch.dot(grad.flatten(), residual[0].flatten())  # padding rows have no gradient
        return grad_hidden, grad_weight, grad_bias, grad_state, grad_scale, None


def _messages(slots: Tensor, ranked: Tensor, bias: Tensor | None, wiring: EdgeWiring) -> Tensor:
    """What every edge receives: first those that leave functions, by outward slot, then those that leave inputs."""
    layout, batch = wiring.outward, ranked.shape[2]
    messages = ranked.new_empty(len(wiring.row_of_message), batch)
    if bias is None:
        expand(slots, ranked, layout, out=messages[: layout.n_slots])
        messages[layout.n_slots :] = 0
    else:
        column = layout.scatter_edges(bias[wiring.out_of_function].unsqueeze(1))
        expand(slots, ranked, layout, out=messages[: layout.n_slots], add_to=column)
        messages[layout.n_slots :] = bias[wiring.out_of_input].unsqueeze(1)
    return messages
