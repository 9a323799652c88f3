"""Trying updates of a growing layer, and making them part of the network."""

import torch
from torch.optim import Optimizer

from edgelab.errors import GrowthError
from edgelab.typing import Num, Tensor

from ._module_scaling import ScalingPart
from ._optimizer_state import follow
from ._resize import Insertion


class ApplyPart(ScalingPart):
    """Trying and applying updates of a growing layer; see `GrowingModule`."""

    def extended_forward(
        self,
        x: Num[Tensor, "..."],
        x_ext: Num[Tensor, "..."] | None = None,
        use_optimal_delta: bool = True,
        use_extended_input: bool = True,
        use_extended_output: bool = True,
    ) -> tuple[Num[Tensor, "..."], Num[Tensor, "..."] | None]:
        """Apply the layer as it would be with the updates at their present scalings; nothing is
        kept.

        Args:
            x: Samples.
            x_ext: What new neurons before this layer say, as returned by the previous layer.
            use_optimal_delta: Takes the change of the layer's own weights.
            use_extended_input: Takes new neurons before this layer.
            use_extended_output: Computes new neurons of this layer.

        Returns:
            Activations, and those of new neurons (None if there are none).

        Raises:
            GrowthError: If there are new neurons before this layer, and nothing of them is given,
                or the reverse.
        """
        pre_activity = self.layer(x)
        if use_optimal_delta and self.optimal_delta_layer is not None:
            pre_activity = pre_activity - self.optimal_delta_scaling * self.optimal_delta_layer(x)
        if use_extended_input:
            pre_activity = self._with_new_inputs(pre_activity, x_ext)
        return self.post_layer_function(pre_activity), self._new_outputs(
            x
        ) if use_extended_output else None

    def _with_new_inputs(self, pre_activity: Tensor, x_ext: Tensor | None) -> Tensor:
        extension = self.extended_input_layer
        if (extension is None) != (x_ext is None):
            raise GrowthError(
                f"{self.name} has {'no ' if extension is None else ''}new inputs, yet x_ext is "
                f"{'missing' if x_ext is None else 'given'}; pass what the previous layer's extended_forward returned, "
                "or use_extended_input=False"
            )
        if extension is None or x_ext is None:
            return pre_activity
        pre_activity = pre_activity + self.input_extension_scaling * extension(x_ext)
        lift = self._lift_compensation()
        return pre_activity if lift is None else pre_activity - self._along_outputs(lift)

    def _along_outputs(self, values: Tensor) -> Tensor:
        return values.view(-1, *[1] * (self.weight.ndim - 2))

    def _new_outputs(self, x: Tensor) -> Tensor | None:
        extension = self.extended_output_layer
        if extension is None:
            return None
        return self.activation_of_new(
            self.output_extension_scaling * extension(x), extension.weight.shape[0]
        )

    @torch.no_grad()
    def apply_change(
        self,
        scaling_factor: float | Tensor | None = None,
        apply_previous: bool = True,
        apply_delta: bool = True,
        apply_extension: bool = True,
        extension_size: int | None = None,
        optimal_delta_scaling: float | Tensor | None = None,
        input_extension_scaling: float | Tensor | None = None,
        output_extension_scaling: float | Tensor | None = None,
        *,
        optimizer: Optimizer | None = None,
    ) -> list[Insertion]:
        """Make the updates part of the network, at their scalings; what has been applied is gone.

        Args:
            scaling_factor: Sets `scaling_factor` before.
            apply_previous: Lets the previous layer have what new neurons read.
            apply_delta: Changes the layer's own weights.
            apply_extension: Lets this layer have what new neurons say.
            extension_size: How many new neurons; all by default.
            optimal_delta_scaling: Sets it before.
            input_extension_scaling: Sets it before.
            output_extension_scaling: Sets that of the previous layer before.
            optimizer: Follows the growth, see `follow`; several may do so later with what is
                returned.

        Returns:
            Which parameters grew. They are the same objects as before.
        """
        self._set_scalings(
            scaling_factor, optimal_delta_scaling, input_extension_scaling, output_extension_scaling
        )
        if extension_size is not None:
            self._check_extension_size(extension_size)
        if apply_delta and (delta := self.optimal_delta_layer) is not None:
            scale = self.optimal_delta_scaling
            self.parameter_step(
                -scale * delta.weight, None if delta.bias is None else -scale * delta.bias
            )
            self.optimal_delta_layer = None
        insertions = self._apply_extension(apply_extension, apply_previous)
        if optimizer is not None:
            follow(optimizer, insertions)
        return insertions

    def _set_scalings(
        self, factor: float | Tensor | None, delta: float | Tensor | None, says: float | Tensor | None,
        reads: float | Tensor | None,
    ) -> None:  # fmt: skip
        if factor is not None:
            self.scaling_factor = factor
        if delta is not None:
            self.optimal_delta_scaling = delta
        if says is not None:
            self.input_extension_scaling = says
        if reads is not None and self.previous_module is not None:
            self.previous_module.output_extension_scaling = reads

    def _check_extension_size(self, size: int) -> None:
        found = (
            0 if self.extended_input_layer is None else self.extended_input_layer.weight.shape[1]
        )
        if size != found:
            if not 0 <= size < found:
                raise GrowthError(
                    f"{self.name} has {found} new neurons, not {size}; find or create more"
                )
            self._keep_first(size)

    def _keep_first(self, size: int) -> None:
        if self.eigenvalues_extension is not None:
            self.sub_select_optimal_added_parameters(keep_neurons=size)
            return
        self.extended_input_layer = self.layer_of_tensor(
            self._new_inputs().weight[:, :size], force_bias=False
        )
        self.previous_module.select_output_extension(torch.arange(size))

    def _apply_extension(self, here: bool, previous: bool) -> list[Insertion]:
        insertions = []
        if here and (extension := self.extended_input_layer) is not None:
            if (lift := self._lift_compensation()) is not None and self.bias is not None:
                self.bias.sub_(lift)
            weight = (extension.weight * self.input_extension_scaling).detach()
            self.extended_input_layer = None
            # Slots from the last to the first, so that earlier positions stay where they are.
            for at, new in reversed(self.previous_module.input_slots(weight.shape[1])):
                insertions += self.layer_in_extension(weight[:, new], at) if len(new) else []
        if previous and self.previous_module is not None:
            insertions += self.previous_module.apply_output_extension()
        return insertions
