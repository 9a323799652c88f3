"""Layers that act on every function alike: a small network over its channels, and a gate."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from edgelab.errors import ConfigError, close_names
from edgelab.linear import LinearBase, maps
from edgelab.typing import Float, Num, Tensor


class NodeMLP(nn.Module):
    """The same two-layer network over the channels of every function, without a residual.

    Linear → LayerNorm → nonlinearity → dropout → Linear → dropout; `linear` names the maps.
    """

    def __init__(
        self,
        channels: int,
        hidden: int,
        nonlin: Callable[[], nn.Module],
        dropout: float,
        linear: str = "Linear",
        linear_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            node_linear(linear, channels, hidden, linear_options),
            nn.LayerNorm(hidden),
            nonlin(),
            nn.Dropout(dropout),
            node_linear(linear, hidden, channels, linear_options),
            nn.Dropout(dropout),
        )

    def forward(
        self, hidden: Float[Tensor, "nodes channels batch"]
    ) -> Float[Tensor, "nodes channels batch"]:
        """Map the channels of every function and sample."""
        return self.layers(hidden.transpose(1, 2)).transpose(1, 2)


class NodeGate(nn.Module):
    """Multiplies each function by a number in (0, 1) computed from its own channels (`node_attn`).

    Linear → ELU → LayerNorm → Linear → dropout → sigmoid; one gate per function and sample.
    """

    def __init__(
        self,
        channels: int,
        hidden: int,
        dropout: float,
        linear: str = "Linear",
        linear_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.logits = nn.Sequential(
            node_linear(linear, channels, hidden, linear_options),
            nn.ELU(),
            nn.LayerNorm(hidden),
            # It only reads a single number, so no structured map could shape it.
            nn.Linear(hidden, 1),
            nn.Dropout(dropout),
        )

    def forward(
        self, hidden: Float[Tensor, "nodes channels batch"]
    ) -> Float[Tensor, "nodes channels batch"]:
        """Gate every function and sample."""
        return hidden * self.logits(hidden.transpose(1, 2)).sigmoid().transpose(1, 2)


def node_linear(
    name: str, insize: int, outsize: int, options: Mapping[str, Any] | None = None
) -> nn.Linear | LinearBase:
    """A map by its name in `edgelab.linear.maps`, `"Linear"` being torch's; biased by default."""
    linear_map = maps[name]
    given = {"bias": True, **(options or {})}
    known = LinearBase.known_options() | {"bias"}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ConfigError(
            f"no linear map takes the option {unknown[0]!r} ({close_names(unknown[0], known)})"
        )
    if name == "Linear":
        return nn.Linear(insize, outsize, bias=given["bias"])
    try:
        return linear_map(insize, outsize, **given)
    except ConfigError as error:
        cure = "Choose another number of channels, or change linear_options"
        if insize != outsize:
            cure = (
                "The network maps `channels` to `node_mlp_hidden` and back: choose node_mlp_hidden "
                "equal to channels"
            )
        raise ConfigError(
            f"{name} cannot map {insize} channels to {outsize}: {error}. {cure}"
        ) from error


def map_penalties(model: nn.Module) -> list[Num[Tensor, ""]]:
    """Penalties of the structured maps in all node layers of a model."""
    stacks = [module.layers for module in model.modules() if isinstance(module, NodeMLP)]
    stacks += [module.logits for module in model.modules() if isinstance(module, NodeGate)]
    return [
        layer.reg_error() for stack in stacks for layer in stack if isinstance(layer, LinearBase)
    ]
