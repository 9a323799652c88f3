"""A layer that knows its sizes and neighbours, and remembers what passes while it is asked to."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Tensor

# Neighbours are not parts of a module, and updates are not yet: none of these may enter
# parameters() or state_dict(). The same holds for scalings, even if someone wants to learn one.
_NOT_PARTS = frozenset({
    "previous_module",
    "next_module",
    "optimal_delta_layer",
    "extended_input_layer",
    "extended_output_layer",
    "optimal_delta_scaling",
    "input_extension_scaling",
    "output_extension_scaling",
    "scaling_factor",
})  # fmt: skip
_UPDATES = ("optimal_delta_layer", "extended_input_layer", "extended_output_layer")


Growable = nn.Linear | nn.Conv2d
"""Layers that can grow."""


class LayerPart(nn.Module, ABC):
    """Sizes, weights, neighbours and stored tensors of a growing layer; see `GrowingModule`."""

    layer: Growable
    previous_module: Any
    next_module: Any
    optimal_delta_layer: Growable | None
    extended_input_layer: Growable | None
    extended_output_layer: Growable | None

    def __init__(
        self,
        layer: Growable,
        post_layer_function: nn.Module | None = None,
        extended_post_layer_function: nn.Module | None = None,
        previous_module: nn.Module | None = None,
        next_module: nn.Module | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__()
        self.layer = layer
        self.post_layer_function = (
            post_layer_function if post_layer_function is not None else nn.Identity()
        )
        self.extended_post_layer_function = extended_post_layer_function
        self.name = name or type(self).__name__
        self.previous_module = previous_module
        self.next_module = next_module
        for update in _UPDATES:
            setattr(self, update, None)
        self._recording: set[str] = set()
        self._input: Tensor | None = None
        self._pre_activity: Tensor | None = None
        self._input_size: tuple[int, ...] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _NOT_PARTS:
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        for update in _UPDATES:  # they follow .to() and .double() though they are not parts
            if (layer := getattr(self, update)) is not None:
                layer._apply(fn)
        return super()._apply(fn, recurse)

    @property
    def weight(self) -> Tensor:
        """Weight of the layer."""
        return self.layer.weight

    @property
    def bias(self) -> Tensor | None:
        """Bias of the layer, None without one."""
        return self.layer.bias

    @property
    def use_bias(self) -> bool:
        """Whether the layer has a bias."""
        return self.layer.bias is not None

    @property
    @abstractmethod
    def in_features(self) -> int:
        """Fan-in: numbers that one output reads."""

    @property
    @abstractmethod
    def out_features(self) -> int:
        """Outputs per position."""

    @property
    @abstractmethod
    def in_neurons(self) -> int:
        """Neurons, or channels, that come in."""

    @property
    @abstractmethod
    def input_volume(self) -> int:
        """Numbers per sample that come in."""

    @property
    @abstractmethod
    def output_volume(self) -> int:
        """Numbers per sample that go out."""

    @abstractmethod
    def get_fan_in_from_layer(
        self, layer: Growable | None = None, num_neurons: int | None = None
    ) -> int:
        """Return the fan-in of a layer of this kind (this one by default), or of one with so many
        input neurons.
        """

    @abstractmethod
    def layer_of_tensor(
        self, weight: Tensor, bias: Tensor | None = None, force_bias: bool = True
    ) -> Growable:
        """Return a layer like this one, apart from its size, with the given weight and bias.

        With `force_bias` it has a bias (of zeros if none is given) whenever this layer has one.
        """

    @abstractmethod
    def _note_sizes(self) -> None:
        """Let the layer's own attributes agree with the shape of its weight."""

    @abstractmethod
    def rows_of(self, x: Tensor) -> Tensor:
        """Return inputs as a matrix with `in_features` columns, one row per position that the layer
        reads.
        """

    @property
    def input_size(self) -> tuple[int, ...]:
        """Shape of the input without batch and channels.

        Raises:
            GrowthError: If no input has been seen and none was set.
        """
        size = (
            self._input_size
            if self._input_size is not None
            else self.update_input_size(compute_from_previous=True)
        )
        if size is None:
            raise GrowthError(
                f"the input size of {self.name} is unknown; call update_input_size(input_size=...)"
            )
        return size

    def update_input_size(
        self,
        input_size: tuple[int, ...] | None = None,
        compute_from_previous: bool = False,
        force_update: bool = True,
    ) -> tuple[int, ...] | None:
        """Note the shape of the input without batch and channels.

        Args:
            input_size: The shape; otherwise it is read off the stored input.
            compute_from_previous: Takes that of the previous layer's output where there is no
                stored input.
            force_update: Replaces a shape that is known already.

        Returns:
            The shape, or None if it is unknown.
        """
        if self._input_size is None or force_update:
            found = (
                input_size
                if input_size is not None
                else self._observed_input_size(compute_from_previous)
            )
            self._input_size = found if found is not None else self._input_size
        return self._input_size

    def _observed_input_size(self, compute_from_previous: bool) -> tuple[int, ...] | None:
        return ()  # layers without spatial axes

    def _new_inputs(self) -> Growable:
        if self.extended_input_layer is None:
            raise GrowthError(
                f"{self.name} has no new neurons before it; find or create some first"
            )
        return self.extended_input_layer

    @property
    def store_input(self) -> bool:
        """Whether inputs are kept at present."""
        return bool(self._recording)

    @property
    def store_pre_activity(self) -> bool:
        """Whether pre-activities are kept at present."""
        return "own" in self._recording

    @property
    def input(self) -> Tensor:
        """The last input that was kept.

        Raises:
            GrowthError: If none is.
        """
        if self._input is None:
            raise GrowthError(
                f"{self.name} keeps no input; call init_computation() before the forward pass"
            )
        return self._input

    @property
    def input_extended(self) -> Tensor:
        """The kept input as a matrix, followed by ones if the layer has a bias."""
        rows = self.rows_of(self.input)
        return torch.cat([rows, rows.new_ones(len(rows), 1)], dim=1) if self.use_bias else rows

    @property
    def pre_activity(self) -> Tensor:
        """The last pre-activity that was kept; its `grad` is the gradient.

        Raises:
            GrowthError: If none is.
        """
        if self._pre_activity is None:
            raise GrowthError(
                f"{self.name} keeps no pre-activity; call init_computation() before the forward pass, and leave "
                "gradients enabled"
            )
        return self._pre_activity

    @property
    def pre_activity_gradient(self) -> Tensor:
        """Gradient of the loss at the kept pre-activity.

        Raises:
            GrowthError: If nothing was kept or no gradient has come back.
        """
        gradient = self.pre_activity.grad
        if gradient is None:
            raise GrowthError(
                f"no gradient has reached {self.name}; call loss.backward() before update_computation()"
            )
        return gradient

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer and what follows it; keep the input and the pre-activity while asked to.

        Args:
            x: Samples.

        Returns:
            Activations.
        """
        pre_activity = self.layer(x)
        if self._recording and torch.is_grad_enabled():
            self._keep(x, pre_activity)
        return self.post_layer_function(self._protected(pre_activity))

    def _keep(self, x: Tensor, pre_activity: Tensor) -> None:
        self._input = x.detach()
        if self.store_pre_activity and pre_activity.requires_grad:
            pre_activity.retain_grad()
            self._pre_activity = pre_activity

    def _protected(self, pre_activity: Tensor) -> Tensor:
        # A function that works in place would change what was kept.
        in_place = any(
            getattr(part, "inplace", False) for part in self.post_layer_function.modules()
        )
        return pre_activity.clone() if in_place and self._recording else pre_activity

    def _forget(self) -> None:
        self._input = None
        self._pre_activity = None

    def number_of_parameters(self) -> int:
        """Return how many numbers the layer learns."""
        return sum(parameter.numel() for parameter in self.layer.parameters())

    def weights_statistics(self) -> dict[str, dict[str, float]]:
        """Return minimum, maximum, mean and standard deviation of the weight and the bias."""
        return {
            name: {
                "min": float(values.min()),
                "max": float(values.max()),
                "mean": float(values.mean()),
                "std": float(values.std()) if values.numel() > 1 else 0.0,
            }
            for name, values in (
                (name, parameter.detach()) for name, parameter in self.layer.named_parameters()
            )
            if values.numel()
        }
