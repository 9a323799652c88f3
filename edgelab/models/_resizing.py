"""Numbers of channels of a whole model: changed in place, and brought along when states are loaded."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from edgelab.errors import ConfigError
from edgelab.ops import EdgeWiring
from edgelab.typing import Int, Tensor

from ._norms import NORMS

if TYPE_CHECKING:
    from ._gsnn import GSNN
    from ._res_block import ResBlock


def resize(
    model: "GSNN",
    counts: Int[Tensor, "layers nodes"],
    optimizer: torch.optim.Optimizer | None = None,
) -> None:
    """Give every function of a model a number of channels in every layer; new weights are zero.

    Args:
        model: Changed in place; parameters stay the same objects.
        counts: The numbers, on the CPU; layers that share weights have the same.
        optimizer: What it remembers about the parameters changes along with them.
    """
    width, device = int(counts.max()), model.wiring.row_of_edge.device
    equal = bool((counts == width).all())
    if width != model.channels:
        source, target = (
            ends.repeat_interleave(model.edge_channels)
            for ends in (model.graph.source, model.graph.target)
        )
        model.wiring = EdgeWiring(source, target, model.n_functions, width).to(device)
    elif equal and model.unequal_counts is None:
        return
    for layer, block in enumerate(model.res_blocks()):
        if not (model.share_layers and layer):
            block.lin_in.resize(counts[layer], model.wiring, width, optimizer)
            block.lin_out.resize(counts[layer], model.wiring, width, optimizer)
        block.resize(counts[layer], width, optimizer)
    model.unequal_counts = None if equal else counts.to(device)


def make_room(model: "GSNN", state_dict: Mapping[str, Tensor], prefix: str) -> None:
    """Bring a model to the numbers of channels of a state about to be loaded, if either has unequal
    ones.

    Args:
        model: Changed in place.
        state_dict: The state; one of another graph changes nothing here and is refused later.
        prefix: In front of the names in the state.
    """
    counts, weight = (
        state_dict.get(prefix + name) for name in ("unequal_counts", "blocks.0.lin_in.weight")
    )
    if counts is not None and counts.shape == (model.layers, model.n_functions):
        resize(model, counts.cpu())
    elif counts is None and model.unequal_counts is not None and weight is not None:
        resize(model, torch.full((model.layers, model.n_functions), weight.shape[1]))


def check_can_widen(norm: str, blocks: Sequence["ResBlock"]) -> None:
    """Refuse new channels where old ones would notice them.

    Args:
        norm: Name of the norm of the model.
        blocks: Its blocks.

    Raises:
        ConfigError: If the norm mixes the channels of a function, or there is a node network or a
            gate.
    """
    if NORMS[norm].mixes_channels:
        raise ConfigError(
            f"norm {norm!r} mixes the channels of a function, so that a new one would change the others; "
            f"build the model with one of {[name for name in NORMS if not NORMS[name].mixes_channels]}"
        )
    if any(block.node_mlp is not None or block.node_gate is not None for block in blocks):
        raise ConfigError(
            "node_mlp and node_attn read a fixed number of channels of every function and cannot take in new ones; "
            "build the model without them"
        )
