"""Measurements hidden at random, so that each must be predicted from the others."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch

from edgelab.checks import check_share
from edgelab.errors import ConfigError
from edgelab.ops import Batch
from edgelab.typing import Bool, Float, Tensor


@runtime_checkable
class Corruption(Protocol):
    """What turns clean samples into a prediction problem, with fresh randomness at every call.

    It is called on a whole data set, once per epoch, and the result is then cut into mini-batches.
    What a sample looks like thus depends on the seed and on its row only, never on the batch size
    or on the order of the batches.
    """

    def __call__(
        self,
        x: Float[Tensor, "samples inputs"],
        y: Float[Tensor, "samples outputs"],
        generator: torch.Generator,
    ) -> Batch:
        """Return corrupted inputs, the responses and which of them count.

        Args:
            x: Inputs of every sample; not changed.
            y: Responses of every sample; not changed.
            generator: Source of the randomness.

        Returns:
            A batch of all samples, in their order, with `weight` set.
        """
        ...


@dataclass(frozen=True, slots=True)
class HideMeasurements:
    """Show a random part of the responses to the input nodes, and ask for the rest.

    Every response is hidden with probability `hidden_fraction`, independently. A visible response
    is written to its input column and has weight 0; a hidden one leaves 0 there, the mean of a
    standardised response, and has weight 1. A sample in which nothing is hidden has no weight at
    all.

    Attributes:
        hidden_fraction: Expected fraction of hidden responses, in (0, 1).
        input_columns: For each output, in order, the column of x that takes its measurement.

    Raises:
        ConfigError: If `hidden_fraction` lies outside (0, 1), or `input_columns` is empty, negative
            or has a repeat.

    Example:
        >>> hide = HideMeasurements(0.5, input_columns=(1, 2))
        >>> x, y = torch.tensor([[7.0, 0.0, 0.0]]), torch.tensor([[0.1, 0.2]])
        >>> hide(x, y, torch.Generator().manual_seed(0))
        Batch(x=tensor([[7.0000, 0.0000, 0.2000]]), y=tensor([[0.1000, 0.2000]]),
        weight=tensor([[1., 0.]]))
    """

    hidden_fraction: float
    input_columns: tuple[int, ...]

    def __post_init__(self) -> None:
        check_share("hidden_fraction", self.hidden_fraction)
        columns = self.input_columns
        if not (columns and min(columns) >= 0 and len(set(columns)) == len(columns)):
            raise ConfigError(
                "input_columns must be distinct column numbers, one for each output; got "
                f"{columns!r}."
            )

    def __call__(
        self,
        x: Float[Tensor, "samples inputs"],
        y: Float[Tensor, "samples outputs"],
        generator: torch.Generator,
    ) -> Batch:
        """Hide measurements of every sample.

        Args:
            x: Inputs; whatever the measurement columns hold is overwritten in the copy that is
                returned.
            y: Responses.
            generator: Decides what is hidden; better one on the CPU, whatever the device of the
                data: the same seed then hides the same on every device, and a row's fate does not
                depend on the rows after it.

        Returns:
            New inputs, the responses and weights of 0 and 1.

        Raises:
            ConfigError: If there are not as many responses as `input_columns`, or x lacks one of
                these columns.
        """
        if not (y.shape[1] == len(self.input_columns) and max(self.input_columns) < x.shape[1]):
            raise ConfigError(
                f"{len(self.input_columns)} responses go to columns up to "
                f"{max(self.input_columns)} of x, but y has {y.shape[1]} columns and x "
                f"{x.shape[1]}. Use the x and y of the same task."
            )
        draw = torch.rand(y.shape, generator=generator, device=generator.device)
        return hide(x, y, (draw < self.hidden_fraction).to(y.device), self.input_columns)


def hide(
    x: Float[Tensor, "samples inputs"],
    y: Float[Tensor, "samples outputs"],
    hidden: Bool[Tensor, "samples outputs"],
    input_columns: tuple[int, ...],
) -> Batch:
    """Write the visible responses to their input columns and weigh the hidden ones.

    Args:
        x: Inputs.
        y: Responses.
        hidden: Which responses are to be predicted.
        input_columns: For each output, the column of x that takes its measurement.

    Returns:
        New inputs with 0 in place of what is hidden, the responses, and 1 for hidden ones as
        weight.

    Example:
        >>> x, y = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
        >>> hide(x, y, torch.tensor([[True, False]]), (0, 1)).x
        tensor([[0., 4.]])
    """
    shown = x.clone()
    # masked_fill, not a product with 0: a hidden infinity times 0 would be NaN, and thus leak.
    shown[:, list(input_columns)] = y.masked_fill(hidden, 0.0).to(x.dtype)
    return Batch(shown, y, hidden.to(y.dtype))
