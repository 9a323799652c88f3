"""New channels put into a GSNN, at any scale, with nothing else changed."""

from collections.abc import Sequence

import torch

from edgelab.errors import ConfigError
from edgelab.models import GSNN, ResBlock, RunningNorm
from edgelab.typing import Float, Int, Tensor

from ._function_moments import FunctionStatistics
from ._new_channels import NewChannels

Placed = tuple[NewChannels, Int[Tensor, "_ _"]]
"""Channels, and their positions among those of each function."""


def check_can_grow(model: GSNN) -> None:
    """Refuse a model whose new channels would change its predictions."""
    # Refuses a norm, a node network or a gate that mixes channels.
    model.widen(model.channel_counts)
    for block in model.res_blocks():
        if float(block.nonlin(torch.zeros(1))) != 0.0:
            raise ConfigError(
                f"{type(block.nonlin).__name__} is not 0 at 0, so that a channel would speak "
                "before it has heard anything; build the model with nn.ELU, nn.ReLU, nn.Tanh, "
                "nn.GELU or nn.SiLU"
            )


def norm_cost(model: GSNN) -> int:
    """Parameters that the norms of a model need for a new channel."""
    # Layers that share a channel do not share the norm.
    n_norms = model.layers if model.share_layers else 1
    return model.res_blocks()[0].norm.parameters_per_channel * n_norms


def place_channels(
    model: GSNN, proposals: Sequence[NewChannels], optimizer: torch.optim.Optimizer | None = None
) -> list[Placed]:
    """Widen a model by the taken channels; predictions stay, as does the optimizer's memory."""
    counts = model.channel_counts
    placed = []
    for new in proposals:
        functions = new.group.functions.cpu()
        first = counts[new.layer, functions].to(new.taken)
        order = torch.arange(new.gain.shape[1], device=first.device)
        placed.append((new, first.unsqueeze(1) + order))
        layers = slice(None) if model.share_layers else new.layer
        counts[layers, functions] += new.taken.cpu()
    model.widen(counts, optimizer)
    return placed


@torch.no_grad()
def set_channels(
    model: GSNN, placed: Sequence[Placed], scale: float, statistics: FunctionStatistics
) -> None:
    """Give placed channels their weights: √scale · α at the edges in, √scale · ω at the edges out.

    At scale 0 they send nothing (ω = 0), but still listen (α of unit pre-activation): they can
    learn. Norms learn from the statistics what enters the channels.
    """
    numbers = {id(group): number for number, group in enumerate(statistics.groups)}
    blocks = model.res_blocks()
    for new, position in placed:
        inputs = statistics.moments[new.layer][numbers[id(new.group)]].inputs
        length: float | Tensor = scale**0.5
        if scale == 0:
            power = _power(new.alpha, inputs).unsqueeze(-1)
            length = torch.where(power > 0, power, 1.0).rsqrt()
        alpha = new.alpha * length
        _write(blocks[new.layer], new, position, alpha, new.omega * scale**0.5)
        for block in blocks if model.share_layers else [blocks[new.layer]]:
            _make_transparent(block, new, position, alpha, inputs)


def _power(
    alpha: Float[Tensor, "functions new into"], inputs: Float[Tensor, "functions into into"]
) -> Float[Tensor, "functions new"]:
    """Mean square of the pre-activations."""
    return torch.einsum("nki,nij,nkj->nk", alpha, inputs, alpha)


def _write(
    block: ResBlock, new: NewChannels, position: Tensor, alpha: Tensor, omega: Tensor
) -> None:
    function, which = new.is_taken.nonzero(as_tuple=True)
    channel = position[function, which]
    n_edges = new.group.into.shape[1]
    lin_in = block.lin_in
    lin_out = block.lin_out
    reading = alpha[function, which].to(lin_in.weight)
    sending = omega.mT[function, which].to(lin_out.weight)
    lin_in.weight[new.group.into[function], channel.unsqueeze(1)] = reading[:, :n_edges]
    if lin_in.bias is not None:
        lin_in.bias[new.group.functions[function], channel] = reading[:, n_edges]
    lin_out.weight[new.group.out_of[function], channel.unsqueeze(1)] = sending


def _make_transparent(
    block: ResBlock,
    new: NewChannels,
    position: Int[Tensor, "functions new"],
    alpha: Float[Tensor, "functions new into"],
    inputs: Float[Tensor, "functions into into"],
) -> None:
    """Let a norm per channel pass the new channels as they are, in evaluation mode."""
    norm = block.norm
    if not (isinstance(norm, RunningNorm) and norm.per_channel and norm.bias is not None):
        return
    function, which = new.is_taken.nonzero(as_tuple=True)
    flat = new.group.functions[function] * norm.shape[1] + position[function, which]
    mean = torch.zeros_like(alpha[..., 0])
    if block.lin_in.bias is not None:  # the last input is 1, so its moments are means
        mean = (alpha @ inputs[..., -1:]).squeeze(-1)
    # Rounding may leave a negative variance of a channel that never varies.
    variance = (_power(alpha, inputs) - mean.square()).clamp(min=0.0)
    norm.running_mean[flat] = mean[function, which].to(norm.running_mean)
    norm.running_var[flat] = variance[function, which].to(norm.running_var)
    norm.weight[flat] = (norm.running_var[flat] + norm.eps).sqrt().to(norm.weight)
    norm.bias[flat] = norm.running_mean[flat].to(norm.bias)
