"""Networks that pass every step of growth on to all layers that can grow."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from edgelab.errors import ConfigError
from edgelab.typing import Num, Tensor

from ._growing_module import GrowingModule
from ._options import UpdateOptions
from ._resize import Insertion


class GrowingContainer(nn.Module, ABC):
    """A network of growing layers; a subclass says how data pass, as it is and with updates.

    Layers find their predecessors by `previous_module`; those that have one and `allow_growing` are
    `growing_layers`. All of them may grow from one pass over the data.
    """

    @abstractmethod
    def extended_forward(self, x: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
        """Apply the network as it would be with all updates at their present scalings."""

    @property
    def growing_layers(self) -> list[GrowingModule]:
        """Layers before which neurons can be added, in the order of `modules()`."""
        return [
            module
            for module in self.modules()
            if isinstance(module, GrowingModule)
            and module.allow_growing
            and module.previous_module is not None
        ]

    def init_computation(self, options: UpdateOptions | None = None) -> None:
        """Start counting in all growing layers.

        Args:
            options: What will be wanted; by default everything but the Fisher information.
        """
        flags = (options or UpdateOptions()).counting()
        for layer in self.growing_layers:
            layer.init_computation(**flags)

    def backward(self, loss: Num[Tensor, ""]) -> None:
        """Bring gradients to where statistics need them; `grad` of parameters is left alone.

        Args:
            loss: The summed loss of what `forward` has just returned. `loss.backward()` does as
                well, with gradients of all weights on top.
        """
        at = [layer.pre_activity for layer in self.growing_layers]
        for pre_activity, gradient in zip(at, torch.autograd.grad(loss, at), strict=True):
            pre_activity.grad = gradient

    def update_computation(self, n_averaged: float = 1.0) -> None:
        """Count the batch that has just been through forward and backward.

        Args:
            n_averaged: See `GrowingModule.update_computation`.
        """
        for layer in self.growing_layers:
            layer.update_computation(n_averaged)

    def compute_optimal_updates(
        self, options: UpdateOptions | None = None, **arguments: Any
    ) -> None:
        """Find updates of all growing layers.

        Args:
            options: What to look for, the same as for `init_computation`.
            **arguments: Passed to `GrowingModule.compute_optimal_updates`.
        """
        flags: dict[str, Any] = {**(options or UpdateOptions()).solving()}
        for layer in self.growing_layers:
            layer.compute_optimal_updates(**flags, **arguments)

    def reset_computation(self) -> None:
        """Stop counting in all growing layers."""
        for layer in self.growing_layers:
            layer.reset_computation()

    def set_scaling_factor(self, factor: float) -> None:
        """Set the scaling factor of all growing layers.

        Args:
            factor: γ; changes of weights are taken γ² times, both sides of new neurons γ times.
        """
        for layer in self.growing_layers:
            layer.scaling_factor = factor

    def apply_change(
        self, scaling_factor: float | None = None, optimizer: Optimizer | None = None
    ) -> list[Insertion]:
        """Make the updates of all growing layers part of the network.

        Args:
            scaling_factor: Set before, if given.
            optimizer: Follows the growth.

        Returns:
            Which parameters grew.
        """
        if scaling_factor is not None:
            self.set_scaling_factor(scaling_factor)
        insertions = []
        for layer in self.growing_layers:
            insertions += layer.apply_change(optimizer=optimizer)
        return insertions

    def delete_update(self) -> None:
        """Forget all updates."""
        for layer in self.growing_layers:
            layer.delete_update()

    def missing_neurons(self) -> int:
        """Return how many neurons all growing layers with a target lack together."""
        return sum(
            layer.missing_neurons()
            for layer in self.growing_layers
            if layer.target_in_neurons is not None
        )

    def number_of_parameters(self) -> int:
        """Return how many numbers the network learns."""
        return sum(parameter.numel() for parameter in self.parameters())


class GrowingChain(GrowingContainer):
    """Modules one after the other; neurons can be added between two adjacent growing layers.

    Args:
        layers: Growing layers and other modules; at least one.

    Raises:
        ConfigError: If there are none.

    Example:
        >>> from edgelab.growth import LinearGrowingModule
        >>> first = LinearGrowingModule(3, 2, post_layer_function=nn.Tanh())
        >>> chain = GrowingChain([first, LinearGrowingModule(2, 1)])
        >>> len(chain.growing_layers), chain(torch.zeros(5, 3)).shape
        (1, torch.Size([5, 1]))
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        if not layers:
            raise ConfigError("a chain needs at least one layer, got none")
        self.layers = nn.ModuleList(layers)
        for before, after in pairwise(layers):
            if isinstance(before, GrowingModule) and isinstance(after, GrowingModule):
                before.next_module = after
                after.previous_module = before

    def forward(self, x: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
        """Apply all modules in order.

        Args:
            x: Samples.

        Returns:
            What the last one puts out.
        """
        for layer in self.layers:
            x = layer(x)
        return x

    def extended_forward(self, x: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
        """Apply the network as it would be with all updates at their present scalings.

        Args:
            x: Samples.

        Returns:
            What the last module would put out.
        """
        new: Tensor | None = None
        for layer in self.layers:
            if isinstance(layer, GrowingModule):
                x, new = layer.extended_forward(x, new)
            else:
                x = layer(x)
        return x
