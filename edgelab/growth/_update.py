"""What solving found for a layer: the change of its weights and new neurons before it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn

from edgelab.typing import Float, Int, Tensor

from ._resize import Growable, Insertion, with_zeros

LayerMaker = Callable[..., Growable]
"""`layer_of_tensor` of a growing module."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Update:
    """A possible change of a layer, and what it promises for the loss per sample.

    Attributes:
        delta: δ as a layer; it is taken off.
        decrease: First-order decrease along δ.
        incoming: How new neurons act on this layer (ω), as a layer; what they read is stored at
            the outlet before.
        singular_values: How much of the target each new neuron explains; None for random ones.
        neuron_decrease: True slope as each is let in, for an activation of slope 1.
        lift: Constant that neurons which should read nothing are lifted by.
        ignores_singular_values: Whether every new neuron was made equally long.
    """

    delta: Growable | None = None
    decrease: Tensor | float = 0.0
    incoming: Growable | None = None
    singular_values: Float[Tensor, " neurons"] | None = None
    neuron_decrease: Float[Tensor, " neurons"] | None = None
    lift: Float[Tensor, ""] | None = None
    ignores_singular_values: bool = False

    @property
    def n_neurons(self) -> int:
        """How many neurons are new."""
        return 0 if self.incoming is None else self.incoming.weight.shape[1]

    def scaled(self, product: Float[Tensor, " neurons_or_1"]) -> "Update":
        """Numbers of new neurons of which both sides together were multiplied by `product`."""
        values = self.singular_values
        decrease = self.neuron_decrease
        product = product.to(torch.float64)
        # Squares of singular values are gains, unless every neuron is equally long.
        factor = product if self.ignores_singular_values else product.abs().sqrt()
        return replace(
            self,
            singular_values=None if values is None else values * factor,
            neuron_decrease=None if decrease is None else decrease * product,
        )

    def selected(self, kept: Int[Tensor, " neurons"], make: LayerMaker) -> "Update":
        """Some of the new neurons; none of their parts is left if that is none."""
        if self.incoming is None or not len(kept):
            return replace(self, incoming=None, singular_values=None, neuron_decrease=None)
        values = self.singular_values
        decrease = self.neuron_decrease
        return replace(
            self,
            incoming=make(self.incoming.weight[:, kept], force_bias=False),
            singular_values=None if values is None else values[kept],
            neuron_decrease=None if decrease is None else decrease[kept],
        )

    def silenced(self, silent: Tensor) -> "Update":
        """Numbers of new neurons some of which do nothing."""
        values = self.singular_values
        decrease = self.neuron_decrease
        return replace(
            self,
            singular_values=None if values is None else values.masked_fill(silent, 0.0),
            neuron_decrease=None if decrease is None else decrease.masked_fill(silent, 0.0),
        )

    def improvement(self, slope: Float[Tensor, ""]) -> Float[Tensor, ""]:
        """Slope of the loss per sample as everything is let in; `slope` is the activation's."""
        decrease = self._decrease_like(slope)
        if self.neuron_decrease is None:
            return decrease
        return decrease + slope.to(decrease) * self.neuron_decrease.sum()

    def improvement_after_delta(self, slope: Float[Tensor, ""]) -> Float[Tensor, ""]:
        """The same with neurons counted as they will be once δ has been absorbed."""
        decrease = self._decrease_like(slope)
        if self.singular_values is None:
            return decrease
        values = self.singular_values
        gain = values.sum() if self.ignores_singular_values else values.square().sum()
        return decrease + slope.to(decrease) * gain

    def _decrease_like(self, slope: Tensor) -> Tensor:
        return torch.as_tensor(self.decrease, dtype=torch.float64, device=slope.device)


@torch.no_grad()
def scale_in_place(layer: nn.Module, scale: float) -> None:
    """Multiply all parameters of a layer."""
    for parameter in layer.parameters():
        parameter.mul_(scale)


def padded(layer: Growable | None, insertion: Insertion, make: LayerMaker) -> Growable | None:
    """A layer under way with zeros where the weights it belongs to have grown."""
    if layer is None:
        return None
    dim = insertion.dim
    at = insertion.at
    count = insertion.count
    bias = layer.bias
    if bias is not None and dim == 0:
        bias = with_zeros(bias, 0, at, count)
    return make(with_zeros(layer.weight, dim, at, count), bias, force_bias=False)
