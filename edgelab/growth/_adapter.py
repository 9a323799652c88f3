"""What growth asks of a layer of any kind: sizes, rows, moments, layers like it, resizing."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Float, Num, Tensor

from ._outlet import Outlet
from ._resize import Growable, Insertion, grow_parameter
from ._solve import projected_target


@dataclass(frozen=True, slots=True)
class LayerAdapter(ABC):
    """A layer as growth sees it: weights [outputs, input neurons, *kernel] over rows of numbers."""

    layer: Growable
    name: str  # of the growing module, for messages

    spatial_axes: ClassVar[int] = 0

    @property
    def has_bias(self) -> bool:
        return self.layer.bias is not None

    @property
    def in_features(self) -> int:
        """Fan-in: numbers that one output reads."""
        return self.layer.weight.shape[1:].numel()

    @property
    def out_features(self) -> int:
        """Outputs per position."""
        return self.layer.weight.shape[0]

    @property
    def in_neurons(self) -> int:
        """Neurons, or channels, that come in."""
        return self.layer.weight.shape[1]

    def fan_in(self, n_neurons: int) -> int:
        """Fan-in of the same layer with so many input neurons."""
        return n_neurons * self.layer.weight.shape[2:].numel()

    @abstractmethod
    def size_after(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """Spatial size of the output, given that of the input."""

    @abstractmethod
    def count_of(self, x: Tensor) -> int:
        """How many samples an input holds: rows for a linear layer, images for a convolution."""

    @abstractmethod
    def rows_of(self, x: Tensor) -> Float[Tensor, "positions in_features"]:
        """Inputs as a matrix, one row per position that the layer reads."""

    @abstractmethod
    def output_rows_of(self, values: Tensor) -> Float[Tensor, "positions out_features"]:
        """Pre-activations, or their gradients, as a matrix."""

    def windows_of(self, x: Tensor) -> Float[Tensor, "batch in_features height width"] | None:
        """What every position reads, kept as images; None where a layer has no positions."""
        return None

    @abstractmethod
    def goal_products(self, before: Outlet, x: Tensor, goal: Tensor) -> Tensor:
        """Σ X goalᵀ with X what new neurons would read: `[readings, outputs * taps]`."""

    @abstractmethod
    def input_products(self, before: Outlet, x: Tensor) -> Tensor:
        """Σ X Bᵀ with the layer's own inputs B, ones last if it has a bias."""

    def target(self, goal_moment: Tensor, cross_covariance: Tensor, delta: Tensor) -> Tensor:
        """N = −M_X + P δᵀ, shaped like M_X."""
        return projected_target(goal_moment, cross_covariance, delta)

    def fisher_of_target(self, fisher: Tensor) -> Tensor:
        """E[dA dAᵀ] in the columns of the target."""
        return fisher

    def split_rows(self, rows: Float[Tensor, "outputs features"]) -> tuple[Tensor, Tensor | None]:
        """Rows of a matrix as a weight and a bias; the bias is the last column, if there is one."""
        weight = rows[:, : self.in_features].reshape(len(rows), *self.layer.weight.shape[1:])
        return weight, rows[:, -1] if self.has_bias else None

    def weight_of_new_inputs(self, omega: Float[Tensor, "outputs_and_taps neurons"]) -> Tensor:
        """Columns for new neurons, shaped like the layer's weight along axis 1."""
        n_outputs, _, *kernel = self.layer.weight.shape
        return omega.T.reshape(omega.shape[1], n_outputs, *kernel).transpose(0, 1).contiguous()

    def layer_of_tensor(
        self,
        weight: Num[Tensor, "..."],
        bias: Num[Tensor, " _"] | None = None,
        force_bias: bool = True,
    ) -> Growable:
        """A layer like this one that nothing trains, but with this weight and bias.

        With `force_bias` it has a bias (zeros if none is given) whenever this layer has one.
        """
        has_bias = bias is not None or (force_bias and self.has_bias)
        layer = self._allocated(weight.shape[0], weight.shape[1], has_bias)
        layer.weight = nn.Parameter(weight.detach(), requires_grad=False)
        if has_bias:
            values = weight.new_zeros(weight.shape[0]) if bias is None else bias.detach()
            layer.bias = nn.Parameter(values, requires_grad=False)
        return layer

    @abstractmethod
    def _allocated(self, n_outputs: int, n_inputs: int, has_bias: bool) -> Growable:
        """A layer of this kind and other size, its values not set."""

    def grow_inputs(self, weight: Num[Tensor, "..."], at: int) -> list[Insertion]:
        """Insert input neurons after the first `at` ones."""
        self._check_growth(weight, 1)
        insertions = [grow_parameter(self._parameter("weight"), weight, 1, at)]
        self._note_sizes()
        return insertions

    def grow_outputs(
        self, weight: Num[Tensor, "..."], bias: Num[Tensor, " _"] | None
    ) -> list[Insertion]:
        """Append outputs; biases of zeros if the layer has a bias and none is given."""
        self._check_growth(weight, 0)
        insertions = [grow_parameter(self._parameter("weight"), weight, 0)]
        if self.has_bias:
            new_bias = weight.new_zeros(weight.shape[0]) if bias is None else bias
            insertions.append(grow_parameter(self._parameter("bias"), new_bias, 0))
        self._note_sizes()
        return insertions

    @abstractmethod
    def _note_sizes(self) -> None:
        """Let the layer's own attributes agree with the shape of its weight."""

    def _check_growth(self, weight: Tensor, dim: int) -> None:
        own = self.layer.weight
        if weight.ndim != own.ndim or _without(weight.shape, dim) != _without(own.shape, dim):
            raise GrowthError(
                f"{self.name} has a weight of shape {tuple(own.shape)} and can only grow along "
                f"axis {dim}; got new weights of shape {tuple(weight.shape)}"
            )

    def _parameter(self, name: str) -> nn.Parameter:
        parameter = getattr(self.layer, name)
        if not isinstance(parameter, nn.Parameter):
            raise GrowthError(
                f"the {name} of {self.name} is computed, not a parameter, so it cannot grow; "
                "remove its parametrization"
            )
        return parameter


def with_ones(values: Float[Tensor, "rows columns ..."]) -> Float[Tensor, "rows more ..."]:
    """Ones appended along axis 1."""
    return torch.cat([values, torch.ones_like(values[:, :1])], dim=1)


def _without(shape: Sequence[int], dim: int) -> list[int]:
    return [size for axis, size in enumerate(shape) if axis != dim]
