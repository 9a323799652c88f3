"""Layers that act on every function alike: a small network over its channels, and a gate."""

from collections.abc import Callable

from torch import nn

from edgelab.typing import Float, Tensor


class NodeMLP(nn.Module):
    """The same two-layer network over the channels of every function, in place of what came in (no residual).

    Linear → LayerNorm → nonlinearity → dropout → Linear → dropout.

    Args:
        channels: Channels of a function.
        hidden: Width between the two maps.
        nonlin: Class of the nonlinearity.
        dropout: Share of values set to zero in training, in [0, 1).
    """

    def __init__(self, channels: int, hidden: int, nonlin: Callable[[], nn.Module], dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(channels, hidden),
            nn.LayerNorm(hidden),
            nonlin(),
            nn.Dropout(dropout),
            nn.Linear(hidden, channels),
            nn.Dropout(dropout),
        )

    def forward(self, hidden: Float[Tensor, "nodes channels batch"]) -> Float[Tensor, "nodes channels batch"]:
        """Map the channels of every function and sample."""
        return self.layers(hidden.transpose(1, 2)).transpose(1, 2)


class NodeGate(nn.Module):
    """Multiplies each function by a number in (0, 1) computed from its own channels (`node_attn`).

    Linear → ELU → LayerNorm → Linear → dropout → sigmoid; one gate per function and sample.

    Args:
        channels: Channels of a function.
        hidden: Width of the hidden layer.
        dropout: Share of logits set to zero in training, in [0, 1).
    """

    def __init__(self, channels: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.logits = nn.Sequential(
            nn.Linear(channels, hidden), nn.ELU(), nn.LayerNorm(hidden), nn.Linear(hidden, 1), nn.Dropout(dropout)
        )

    def forward(self, hidden: Float[Tensor, "nodes channels batch"]) -> Float[Tensor, "nodes channels batch"]:
        """Gate every function and sample."""
        return hidden * self.logits(hidden.transpose(1, 2)).sigmoid().transpose(1, 2)
