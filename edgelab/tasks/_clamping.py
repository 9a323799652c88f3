"""Interventions that fix a function: what it then shows says nothing about its regulators."""

from dataclasses import dataclass

import torch

from edgelab.errors import ConfigError
from edgelab.ops import Batch
from edgelab.typing import Float, Tensor


@dataclass(frozen=True, slots=True)
class DiscountClamped:
    """Let readouts of clamped functions count the less, the more the intervention decides them.

    An input of size d on a function fixes the part d of what it does, up to all of it at 1: a
    knockout at dose 1 leaves its regulators no say, a knockdown at .5 half of one. A readout of the
    function has weight 1 - d.

    Attributes:
        readouts: Pairs (column of x, column of y): the input acts on a function that the output
            reads.

    Raises:
        ConfigError: If a column is negative.

    Example:
        >>> discount = DiscountClamped(readouts=((0, 1),))
        >>> x, y = torch.tensor([[1.0], [0.5], [0.0]]), torch.zeros(3, 2)
        >>> discount(x, y, torch.Generator()).weight
        tensor([[1.0000, 0.0000],
                [1.0000, 0.5000],
                [1.0000, 1.0000]])
    """

    readouts: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if any(column < 0 for pair in self.readouts for column in pair):
            raise ConfigError(f"readouts must be pairs of column numbers, got {self.readouts!r}")

    def __call__(
        self,
        x: Float[Tensor, "samples inputs"],
        y: Float[Tensor, "samples outputs"],
        generator: torch.Generator,
    ) -> Batch:
        """Weigh the responses of every sample.

        Args:
            x: Doses.
            y: Responses.
            generator: Not used: nothing is random here.

        Returns:
            The same inputs and responses, and weights in [0, 1].
        """
        weight = torch.ones_like(y)
        for source, readout in self.readouts:
            left = 1 - x[:, source].abs().clamp(max=1).to(y.dtype)
            weight[:, readout] = torch.minimum(weight[:, readout], left)
        return Batch(x, y, weight)
