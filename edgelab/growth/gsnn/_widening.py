"""New channels put into a GSNN, at any scale, with nothing else changed."""

from collections.abc import Sequence

import torch

from edgelab.errors import ConfigError
from edgelab.models import GSNN, ResBlock, RunningNorm
from edgelab.typing import Float, Tensor

from ._node_channels import NewChannels
from ._node_statistics import NodeStatistics


def check_can_grow(model: GSNN) -> None:
    """Refuse a model whose new channels would change what it says.

    Args:
        model: A GSNN.

    Raises:
        ConfigError: If its norm, a node network or a gate mixes channels, or its nonlinearity is
            not 0 at 0.
    """
    model.widen(model.channel_counts)
    for block in model.res_blocks():
        if float(block.nonlin(torch.zeros(1))) != 0.0:
            raise ConfigError(
                f"{type(block.nonlin).__name__} is not 0 at 0, so that a channel would speak before it has heard "
                "anything; build the model with nn.ELU, nn.ReLU, nn.Tanh, nn.GELU or nn.SiLU"
            )


def norm_cost(model: GSNN) -> int:
    """Parameters that the norms of a model need for a new channel.

    Args:
        model: A GSNN.

    Returns:
        2 for a scale and a shift per channel, else 0; once per layer where layers share the
        channel, but not the norm.
    """
    n_norms = model.layers if model.share_layers else 1
    return model.res_blocks()[0].norm.parameters_per_channel * n_norms


def place_channels(
    model: GSNN, taken: Sequence[NewChannels], optimizer: torch.optim.Optimizer | None = None
) -> list[tuple[NewChannels, Tensor]]:
    """Make room for the taken channels; predictions stay as they are.

    Args:
        model: Widened in place.
        taken: Channels and how many of each function are taken.
        optimizer: Optimizer of the parameters, whose memory of them is kept.

    Returns:
        Every proposal with the positions of its channels among those of each function, `[nodes,
        new]`.
    """
    counts = model.channel_counts
    placed = []
    for new in taken:
        layers = slice(None) if model.share_layers else new.layer
        nodes = new.block.nodes.cpu()
        first = counts[new.layer, nodes].to(new.taken)
        placed.append(
            (new, first.unsqueeze(1) + torch.arange(new.gain.shape[1], device=first.device))
        )
        counts[layers, nodes] += new.taken.cpu()
    model.widen(counts, optimizer)
    return placed


@torch.no_grad()
def set_channels(
    model: GSNN,
    placed: Sequence[tuple[NewChannels, Tensor]],
    scale: float,
    statistics: NodeStatistics,
) -> None:
    """Give placed channels their weights: √scale · α at the edges in, √scale · ω at the edges out.

    At scale 0 they send nothing (ω = 0), but still listen (α of unit pre-activation): they can
    learn.

    Args:
        model: The GSNN.
        placed: What `place_channels` returned.
        scale: Common factor of all contributions, at least 0.
        statistics: What the channels were computed from; norms learn from it what enters the
            channels.
    """
    groups = {id(block): number for number, block in enumerate(statistics.blocks)}
    for new, position in placed:
        inputs = statistics.moments[new.layer][groups[id(new.block)]].inputs
        power = torch.einsum("nki,nij,nkj->nk", new.alpha, inputs, new.alpha).unsqueeze(-1)
        alpha = new.alpha * (
            scale**0.5 if scale > 0 else torch.where(power > 0, power, 1.0).rsqrt()
        )
        _write(model.res_blocks()[new.layer], new, position, alpha, new.omega * scale**0.5)
        for block in model.res_blocks() if model.share_layers else [model.res_blocks()[new.layer]]:
            _make_transparent(block, new, position, alpha, inputs)


def _write(
    block: ResBlock, new: NewChannels, position: Tensor, alpha: Tensor, omega: Tensor
) -> None:
    node, which = new.is_taken.nonzero(as_tuple=True)
    channel = position[node, which]
    n_edges, lin_in, lin_out = new.block.into.shape[1], block.lin_in, block.lin_out
    reading = alpha[node, which].to(lin_in.weight)
    lin_in.weight[new.block.into[node], channel.unsqueeze(1)] = reading[:, :n_edges]
    if lin_in.bias is not None:
        lin_in.bias[new.block.nodes[node], channel] = reading[:, n_edges]
    lin_out.weight[new.block.out_of[node], channel.unsqueeze(1)] = omega.mT[node, which].to(
        lin_out.weight
    )


def _make_transparent(
    block: ResBlock,
    new: NewChannels,
    position: Tensor,
    alpha: Tensor,
    inputs: Float[Tensor, "nodes into into"],
) -> None:
    """Let a norm per channel pass the new channels as they are, in evaluation mode."""
    norm = block.norm
    if not (isinstance(norm, RunningNorm) and norm.per_channel and norm.bias is not None):
        return
    node, which = new.is_taken.nonzero(as_tuple=True)
    flat = new.block.nodes[node] * norm.shape[1] + position[node, which]
    power = torch.einsum("nki,nij,nkj->nk", alpha, inputs, alpha)
    mean = (
        alpha @ inputs[..., -1:]
        if block.lin_in.bias is not None
        else torch.zeros_like(power).unsqueeze(-1)
    )
    variance = (power - mean.squeeze(-1).square()).clamp(
        min=0.0
    )  # rounding of a channel that never varies
    norm.running_mean[flat] = mean.squeeze(-1)[node, which].to(norm.running_mean)
    norm.running_var[flat] = variance[node, which].to(norm.running_var)
    norm.weight[flat] = (norm.running_var[flat] + norm.eps).sqrt().to(norm.weight)
    norm.bias[flat] = norm.running_mean[flat].to(norm.bias)
