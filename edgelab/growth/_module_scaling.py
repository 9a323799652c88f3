"""How much of an update to take: scalings and normalisation."""

from typing import Any

import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Tensor

from ._module_layer import Growable
from ._module_outgoing import as_scaling
from ._module_selection import SelectionPart
from ._normalise import Spread, gradmax_factors, normalisation_factors


class ScalingPart(SelectionPart):
    """Scaling and normalisation of updates; see `GrowingModule`."""

    def __init__(self, layer: Growable, **neighbourhood: Any) -> None:
        super().__init__(layer, **neighbourhood)
        for scaling in (
            "optimal_delta_scaling",
            "input_extension_scaling",
            "output_extension_scaling",
        ):
            setattr(self, scaling, 0.0)

    @property
    def optimal_delta_scaling(self) -> Tensor:
        """Factor of the change of the layer's own weights, a tensor of one number."""
        return self._optimal_delta_scaling

    @optimal_delta_scaling.setter
    def optimal_delta_scaling(self, value: float | Tensor) -> None:
        self._optimal_delta_scaling = as_scaling(value, self.weight)

    @property
    def input_extension_scaling(self) -> Tensor:
        """Factor of what new neurons before this layer say, a tensor of one number."""
        return self._input_extension_scaling

    @input_extension_scaling.setter
    def input_extension_scaling(self, value: float | Tensor) -> None:
        self._input_extension_scaling = as_scaling(value, self.weight)

    @property
    def scaling_factor(self) -> Tensor:
        """One number γ for all: δ is taken γ² times, both sides of new neurons γ times, so all
        changes grow alike.
        """
        return self.input_extension_scaling

    @scaling_factor.setter
    def scaling_factor(self, value: float | Tensor) -> None:
        self.input_extension_scaling = value
        self.optimal_delta_scaling = self.input_extension_scaling**2
        if self.previous_module is not None:
            self.previous_module.output_extension_scaling = value

    def set_scaling_factor(self, factor: float) -> None:
        """Set `scaling_factor`.

        Args:
            factor: γ.
        """
        self.scaling_factor = factor

    @staticmethod
    @torch.no_grad()
    def scale_layer(layer: nn.Module, scale: float) -> nn.Module:
        """Multiply the weight and the bias of a layer, in place.

        Args:
            layer: Any layer.
            scale: The factor.

        Returns:
            The layer.
        """
        for parameter in layer.parameters():
            parameter.mul_(scale)
        return layer

    def scale_parameter_update(self, scale: float) -> None:
        """Multiply the change of the layer's own weights, and the decrease it promises.

        Args:
            scale: The factor.
        """
        if self.optimal_delta_layer is not None:
            self.scale_layer(self.optimal_delta_layer, scale)
            self.parameter_update_decrease = self.parameter_update_decrease * scale

    def scale_layer_extension(
        self,
        scale: float | None = None,
        scale_output: float | None = None,
        scale_input: float | None = None,
    ) -> None:
        """Multiply new neurons; singular values, whose squares count, by the square root of both
        factors.

        Args:
            scale: Factor of both sides, or
            scale_output: of what they read, and
            scale_input: of what they say.

        Raises:
            ConfigError: If both forms are given, or half of the second.
            GrowthError: If there are no new neurons.
        """
        one, both = scale is not None, (scale_output, scale_input) != (None, None)
        if one == both or (both and None in {scale_output, scale_input}):
            raise ConfigError("give either scale, or both scale_output and scale_input")
        reads = scale if scale is not None else scale_output
        says = scale if scale is not None else scale_input
        extensions = (
            [] if self.previous_module is None else self.previous_module.output_extensions()
        )
        if self.extended_input_layer is None or not extensions:
            raise GrowthError(
                f"{self.name} has no new neurons to scale; find or create some before"
            )
        for layer in extensions:
            self.scale_layer(layer, float(reads or 0.0))
        self.scale_layer(self.extended_input_layer, float(says or 0.0))
        self._scale_numbers(
            torch.tensor(
                [float(reads or 0.0) * float(says or 0.0)],
                dtype=torch.float64,
                device=self.weight.device,
            )
        )

    def _scale_numbers(self, product: Tensor) -> None:
        product = product.to(torch.float64)
        if self.eigenvalues_extension is not None:
            root = product if self._ignores_singular_values else product.abs().sqrt()
            self.eigenvalues_extension = self.eigenvalues_extension * root
        if self.neuron_decrease is not None:
            self.neuron_decrease = self.neuron_decrease * product

    def normalize_optimal_updates(
        self,
        std_target: float | None = None,
        normalization_type: str = "legacy_normalization",
        gradmax_scale: float = 1.0,
    ) -> None:
        """Bring the parts of the update to comparable lengths; see `normalisation_factors` for the
        kinds.

        Args:
            std_target: Standard deviation to reach; that of the layer's weight by default, or
                1/√fan-in of the new inputs if the layer has no weights.
            normalization_type: One of `NORMALISATIONS`.
            gradmax_scale: For `gradmax_normalization`: length of what a new neuron says, in mean
                lengths of old ones.

        Raises:
            GrowthError: If there is no previous module.
        """
        if self.previous_module is None:
            raise GrowthError(
                f"{self.name} has no previous module, so there are no extensions to normalise"
            )
        if normalization_type == "gradmax_normalization":
            self._normalise_each(gradmax_scale)
            return
        target = std_target if std_target is not None else _std(self.weight) or self._default_std()
        factors = normalisation_factors(
            normalization_type, self._spread(), target, _std(self.weight), self._previous_std()
        )
        self.scale_parameter_update(factors.delta or 1.0)
        if self.extended_input_layer is not None:
            self.scale_layer_extension(None, factors.outgoing, factors.incoming)

    def _default_std(self) -> float:
        extension = self.extended_input_layer
        fan_in = self.in_features if extension is None else self.get_fan_in_from_layer(extension)
        return 1.0 / max(fan_in, 1) ** 0.5

    def _spread(self) -> Spread:
        reads = [layer.weight.flatten() for layer in self.previous_module.output_extensions()]
        return Spread(
            None if self.optimal_delta_layer is None else _std(self.optimal_delta_layer.weight),
            None if self.extended_input_layer is None else _std(self.extended_input_layer.weight),
            _std(torch.cat(reads)) if reads else None,
        )

    def _previous_std(self) -> float | None:
        weight = getattr(self.previous_module, "weight", None)
        return None if weight is None else _std(weight)

    @torch.no_grad()
    def _normalise_each(self, scale: float) -> None:
        extension = self.extended_input_layer
        if extension is None:
            return
        factors = gradmax_factors(self.weight, extension.weight, scale)
        extension.weight *= factors.view(1, -1, *[1] * (extension.weight.ndim - 2))
        if self.eigenvalues_extension is not None and len(self.eigenvalues_extension) == len(
            factors
        ):
            self._scale_numbers(factors)


def _std(weight: Tensor) -> float | None:
    return float(weight.detach().std()) if weight.numel() > 1 else None
