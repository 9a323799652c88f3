"""Layers that act on every function alike: a small network over its channels, and a gate."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from edgelab.errors import ConfigError, close_names
from edgelab.linear import SHARED_OPTIONS, LinearBase, maps
from edgelab.typing import Float, Num, Tensor

OPTIONS = SHARED_OPTIONS | {"bias"}


class NodeMLP(nn.Module):
    """The same two-layer network over the channels of every function, in place of what came in (no
    residual).

    Linear → LayerNorm → nonlinearity → dropout → Linear → dropout.

    Args:
        channels: Channels of a function.
        hidden: Width between the two maps.
        nonlin: Class of the nonlinearity.
        dropout: Share of values set to zero in training, in [0, 1).
        linear: Which map both are; see `node_linear`.
        linear_options: Its options.

    Example:
        >>> import torch
        >>> layer = NodeMLP(4, 4, nn.ELU, 0.0, "OrthogonalLinear")
        >>> layer(torch.randn(5, 4, 2)).shape
        torch.Size([5, 4, 2])
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

    Args:
        channels: Channels of a function.
        hidden: Width of the hidden layer.
        dropout: Share of logits set to zero in training, in [0, 1).
        linear: Which map the first one is; see `node_linear`. The second one only reads a single
            number from the hidden layer and is always free.
        linear_options: Its options.
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
    """A linear map over the channels of a function.

    Args:
        name: Which, as in `edgelab.linear.maps`; `"Linear"` is `torch.nn.Linear` itself.
        insize: Channels that enter.
        outsize: Channels that leave.
        options: Arguments of the map beside its sizes; `bias` is true unless given.

    Returns:
        The map, freshly initialised.

    Raises:
        ConfigError: If the map or an option is unknown, or the map cannot have these sizes.

    Example:
        >>> node_linear("SymplecticLinear", 4, 4, {"bias": False})
        SymplecticLinear(insize=4, outsize=4, bias=False, n_shears=4)
        >>> node_linear("SymmetricLinear", 4, 16)
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: SymmetricLinear cannot map 4 channels to 16: Map must be square.
        ...
    """
    linear_map = maps[name]
    given = {"bias": True, **(options or {})}
    if unknown := sorted(set(given) - OPTIONS):
        raise ConfigError(
            f"no linear map takes the option {unknown[0]!r} ({close_names(unknown[0], OPTIONS)})"
        )
    if name == "Linear":
        return nn.Linear(insize, outsize, bias=given["bias"])
    try:
        return linear_map(insize, outsize, **given)
    except ConfigError as error:
        cure = (
            "The network maps `channels` to `node_mlp_hidden` and back: choose node_mlp_hidden equal to channels"
            if insize != outsize
            else "Choose another number of channels, or change linear_options"
        )
        raise ConfigError(
            f"{name} cannot map {insize} channels to {outsize}: {error}. {cure}"
        ) from error


def map_penalties(model: nn.Module) -> list[Num[Tensor, ""]]:
    """Penalties of the structured maps in all node layers of a model.

    Args:
        model: Any module that holds `NodeMLP`s or `NodeGate`s.

    Returns:
        One scalar per map; none if all are `torch.nn.Linear`.

    Example:
        >>> len(map_penalties(NodeMLP(4, 8, nn.ELU, 0.0, "LassoLinear")))
        2
    """
    stacks = [module.layers for module in model.modules() if isinstance(module, NodeMLP)]
    stacks += [module.logits for module in model.modules() if isinstance(module, NodeGate)]
    return [
        layer.reg_error() for stack in stacks for layer in stack if isinstance(layer, LinearBase)
    ]
