"""Which of the new neurons to keep, and forgetting them."""

import torch

from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Tensor

from ._module_updates import UpdatesPart


class SelectionPart(UpdatesPart):
    """Selection among new neurons of a growing layer; see `GrowingModule`."""

    @torch.no_grad()
    def sub_select_optimal_added_parameters(
        self,
        keep_neurons: int | None = None,
        threshold: float | None = None,
        sub_select_previous: bool = True,
        zeros_if_not_enough: bool = False,
        zeros_fan_in: bool = True,
        zeros_fan_out: bool = False,
    ) -> None:
        """Keep the first new neurons.

        Args:
            keep_neurons: How many, or
            threshold: The singular value that a neuron needs: exactly one of both.
            sub_select_previous: Selects what they read, too.
            zeros_if_not_enough: Keeps all of them and sets those not selected to zero instead:
            zeros_fan_in: what they read, and
            zeros_fan_out: what they say.

        Raises:
            ConfigError: If both or none of the first two are given.
            GrowthError: If there are no new neurons.
        """
        if (keep_neurons is None) == (threshold is None):
            raise ConfigError("give exactly one of keep_neurons and threshold")
        values = self._singular_values()
        if keep_neurons is not None:
            selected = torch.arange(len(values), device=values.device) < keep_neurons
        else:
            selected = values >= float(threshold or 0.0)
        if zeros_if_not_enough:
            self._silence(~selected, sub_select_previous and zeros_fan_in, zeros_fan_out)
        else:
            self._keep_neurons(selected.nonzero().flatten(), sub_select_previous)

    def _singular_values(self) -> Tensor:
        if self.eigenvalues_extension is None or self.extended_input_layer is None:
            raise GrowthError(
                f"{self.name} has no new neurons to select from; call compute_optimal_updates() before"
            )
        return self.eigenvalues_extension

    def _silence(self, silent: Tensor, zeros_fan_in: bool, zeros_fan_out: bool) -> None:
        if zeros_fan_in:
            for layer in self.previous_module.output_extensions():
                for parameter in layer.parameters():
                    parameter[silent] = 0.0
        if zeros_fan_out:
            self._new_inputs().weight[:, silent] = 0.0
        self.eigenvalues_extension = self._singular_values().masked_fill(silent, 0.0)
        self.neuron_decrease = (
            None if self.neuron_decrease is None else self.neuron_decrease.masked_fill(silent, 0.0)
        )

    def _keep_neurons(self, kept: Tensor, sub_select_previous: bool) -> None:
        values, weight = self._singular_values(), self._new_inputs().weight[:, kept]
        self.extended_input_layer = (
            self.layer_of_tensor(weight, force_bias=False) if len(kept) else None
        )
        self.eigenvalues_extension = values[kept] if len(kept) else None
        self.neuron_decrease = (
            self.neuron_decrease[kept] if self.neuron_decrease is not None and len(kept) else None
        )
        if sub_select_previous:
            self.previous_module.select_output_extension(kept)

    def delete_update(
        self,
        include_previous: bool = True,
        delete_delta: bool = True,
        delete_input: bool = True,
        delete_output: bool = False,
    ) -> None:
        """Forget updates.

        Args:
            include_previous: Forgets what new neurons before this layer read.
            delete_delta: Forgets the change of the layer's own weights.
            delete_input: Forgets what new neurons before this layer say.
            delete_output: Forgets what new neurons of this layer read; the next layer may still
                want them.
        """
        if delete_delta:
            self.optimal_delta_layer = None
        if delete_input:
            self.extended_input_layer = None
        if delete_output:
            self.extended_output_layer = None
        if include_previous and self.previous_module is not None:
            self.previous_module.drop_output_extension()
        self._clear_numbers()
        self._forget()
