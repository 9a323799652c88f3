"""Changing the weights of a growing layer, and how many there are."""

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Num, Tensor

from ._activations import widen_norms
from ._module_layer import LayerPart
from ._resize import Insertion, grow_parameter, with_zeros


class ResizePart(LayerPart):
    """Steps and growth of a growing layer's weights; see `GrowingModule`."""

    @torch.no_grad()
    def parameter_step(self, delta_weights: Tensor, delta_biases: Tensor | None = None) -> None:
        """Add to the weight, and to the bias if something is given for it.

        Args:
            delta_weights: Of the shape of the weight.
            delta_biases: Of the shape of the bias.
        """
        self.weight.add_(delta_weights)
        if delta_biases is not None and self.bias is not None:
            self.bias.add_(delta_biases)

    def layer_in_extension(
        self, weight: Num[Tensor, "..."], at: int | None = None
    ) -> list[Insertion]:
        """Give the layer more inputs; updates that are under way get zeros there.

        Args:
            weight: Weights of the new inputs, shaped like the layer's own weight but along axis 1.
            at: How many of the old inputs come first; all by default.

        Returns:
            Which parameters grew.
        """
        self._check_extension(weight, 1)
        at = self.in_neurons if at is None else at
        self._pad_updates(("optimal_delta_layer", "extended_output_layer"), 1, at, weight.shape[1])
        return self._resized([grow_parameter(self._parameter("weight"), weight, 1, at)])

    def layer_out_extension(
        self, weight: Num[Tensor, "..."], bias: Num[Tensor, " _"] | None = None
    ) -> list[Insertion]:
        """Give the layer, and the norms that follow it, more outputs; updates under way get zeros
        there.

        Args:
            weight: Weights of the new outputs, shaped like the layer's own weight but along axis 0.
            bias: Their biases; zeros by default.

        Returns:
            Which parameters grew.
        """
        self._check_extension(weight, 0)
        self._pad_updates(
            ("optimal_delta_layer", "extended_input_layer"),
            0,
            self.weight.shape[0],
            weight.shape[0],
        )
        insertions = [grow_parameter(self._parameter("weight"), weight, 0)]
        if self.use_bias:
            new_bias = weight.new_zeros(weight.shape[0]) if bias is None else bias
            insertions.append(grow_parameter(self._parameter("bias"), new_bias, 0))
        return self._resized(insertions + widen_norms(self.post_layer_function, weight.shape[0]))

    def add_parameters(
        self,
        matrix_extension: Num[Tensor, "..."] | None = None,
        bias_extension: Num[Tensor, " _"] | None = None,
        added_in_features: int = 0,
        added_out_features: int = 0,
    ) -> list[Insertion]:
        """Give the layer more inputs, or more outputs.

        Args:
            matrix_extension: Weights of what is new; zeros by default.
            bias_extension: Biases of new outputs; zeros by default.
            added_in_features: How many neurons come in anew, or
            added_out_features: How many go out anew: exactly one of both is positive.

        Returns:
            Which parameters grew.

        Raises:
            GrowthError: If both numbers are positive, or none.
        """
        if (added_in_features > 0) == (added_out_features > 0):
            raise GrowthError(
                "exactly one of added_in_features and added_out_features must be positive, got "
                f"{added_in_features} and {added_out_features}; call twice to add both"
            )
        shape = list(self.weight.shape)
        shape[1 if added_in_features else 0] = added_in_features or added_out_features
        weight = self.weight.new_zeros(shape) if matrix_extension is None else matrix_extension
        return (
            self.layer_in_extension(weight)
            if added_in_features
            else self.layer_out_extension(weight, bias_extension)
        )

    def _parameter(self, name: str) -> nn.Parameter:
        parameter = getattr(self.layer, name)
        if not isinstance(parameter, nn.Parameter):
            raise GrowthError(
                f"the {name} of {self.name} is computed, not a parameter, so it cannot grow; remove its parametrization"
            )
        return parameter

    def _pad_updates(self, names: tuple[str, ...], dim: int, at: int, count: int) -> None:
        for name in names:
            if (update := getattr(self, name)) is not None:
                weight, bias = with_zeros(update.weight, dim, at, count), update.bias
                bias = with_zeros(bias, 0, at, count) if bias is not None and dim == 0 else bias
                setattr(self, name, self.layer_of_tensor(weight, bias, force_bias=False))

    def _check_extension(self, weight: Tensor, dim: int) -> None:
        rest = [size for axis, size in enumerate(self.weight.shape) if axis != dim]
        if [
            size for axis, size in enumerate(weight.shape) if axis != dim
        ] != rest or weight.ndim != self.weight.ndim:
            raise GrowthError(
                f"{self.name} has a weight of shape {tuple(self.weight.shape)} and can only grow along axis {dim}; "
                f"got new weights of shape {tuple(weight.shape)}"
            )

    def _resized(self, insertions: list[Insertion]) -> list[Insertion]:
        self._note_sizes()
        self._forget()  # what was kept has the old size
        return insertions
