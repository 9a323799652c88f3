"""New neurons that nobody computed: random ones, paired ones, and how many to add."""

from typing import Any

import torch

from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Num, Tensor

from ._activations import scale_norms
from ._module_apply import ApplyPart
from ._module_layer import Growable
from ._random_init import (
    INITIALISERS,
    PAIRINGS,
    RESCALINGS,
    check_choice,
    pair,
    rescaling_factors,
)
from ._resize import Insertion


class RandomPart(ApplyPart):
    """Random extensions and target sizes of a growing layer; see `GrowingModule`."""

    def __init__(
        self,
        layer: Growable,
        *,
        target_in_neurons: int | None = None,
        initial_in_neurons: int | None = None,
        **neighbourhood: Any,
    ) -> None:
        super().__init__(layer, **neighbourhood)
        self.target_in_neurons = target_in_neurons
        self.initial_in_neurons = (
            self.in_neurons if initial_in_neurons is None else initial_in_neurons
        )

    def create_layer_in_extension(self, extension_size: int) -> None:
        """Allocate what new neurons before this layer will say, without values.

        Args:
            extension_size: How many they are.
        """
        shape = (self.weight.shape[0], extension_size, *self.weight.shape[2:])
        self.extended_input_layer = self.layer_of_tensor(
            self.weight.new_empty(shape), force_bias=False
        )

    def create_layer_out_extension(self, extension_size: int) -> None:
        """Allocate what new neurons of this layer will read, without values.

        Args:
            extension_size: How many they are.
        """
        weight = self.weight.new_empty((extension_size, *self.weight.shape[1:]))
        bias = self.weight.new_empty((extension_size,)) if self.use_bias else None
        self.extended_output_layer = self.layer_of_tensor(weight, bias)

    def copy_uniform_initialization(
        self,
        tensor: Num[Tensor, "..."],
        reference_tensor: Num[Tensor, "..."] | None,
        fan_in: int,
        generator: torch.Generator | None = None,
    ) -> None:
        """Fill a tensor with U(±√3 std(reference)), or as `kaiming_initialization` if the reference
        does not vary.

        Args:
            tensor: Filled in place.
            reference_tensor: Whose standard deviation is taken.
            fan_in: Inputs of a neuron, new ones included.
            generator: Source of randomness.
        """
        INITIALISERS["copy_uniform"](tensor, reference_tensor, fan_in, generator)

    def kaiming_initialization(
        self,
        tensor: Num[Tensor, "..."],
        reference_tensor: Num[Tensor, "..."] | None,
        fan_in: int,
        generator: torch.Generator | None = None,
    ) -> None:
        """Fill a tensor with U(±√(6 / fan_in)).

        Args:
            tensor: Filled in place.
            reference_tensor: Unused.
            fan_in: Inputs of a neuron, new ones included.
            generator: Source of randomness.
        """
        INITIALISERS["kaiming"](tensor, reference_tensor, fan_in, generator)

    def _growing_previous(self) -> "RandomPart":
        if not isinstance(self._previous(), RandomPart):
            raise GrowthError(
                f"random neurons need one growing layer before {self.name}, got {type(self.previous_module).__name__}; "
                "use compute_optimal_updates, which works across merges"
            )
        return self.previous_module

    @torch.no_grad()
    def create_layer_extensions(
        self,
        extension_size: int,
        output_extension_size: int | None = None,
        input_extension_size: int | None = None,
        output_extension_init: str = "copy_uniform",
        input_extension_init: str = "copy_uniform",
        neuron_pairing: str | None = None,
        rescaling: str | None = None,
        noise_ratio: float = 0.001,
        generator: torch.Generator | None = None,
    ) -> None:
        """Create random neurons before this layer: rescale present weights, allocate, fill, pair.

        Args:
            extension_size: How many; with pairing, both partners count.
            output_extension_size: How many outputs of the previous layer, if that differs.
            input_extension_size: How many inputs of this layer, if that differs.
            output_extension_init: Law of what they read, one of `INITIALISERS`.
            input_extension_init: Law of what they say.
            neuron_pairing: One of `PAIRINGS`, see `pair`.
            rescaling: One of `RESCALINGS`, see `rescaling_factors`.
            noise_ratio: See `pair`.
            generator: Source of randomness.

        Raises:
            ConfigError: If a name is unknown, a size negative, or a size to pair odd.
        """
        previous = self._growing_previous()
        n_out = extension_size if output_extension_size is None else output_extension_size
        n_in = extension_size if input_extension_size is None else input_extension_size
        if min(n_out, n_in) < 0:
            raise ConfigError(f"sizes of extensions must not be negative, got {n_out} and {n_in}")
        pairing = check_choice("neuron pairing", neuron_pairing, PAIRINGS)
        odd = [size for size in (n_out, n_in) if size % 2]
        if pairing != "none" and odd:
            raise ConfigError(
                f"neuron_pairing={pairing!r} requires an even extension_size, got {odd[0]}; add one more"
            )
        initialise_out, initialise_in = (
            INITIALISERS[output_extension_init],
            INITIALISERS[input_extension_init],
        )
        if 0 in {n_out, n_in}:  # nothing to add is no extension at all
            self.delete_update(delete_delta=False)
            return
        self.apply_rescaling(rescaling, pairing, n_in)
        previous.create_layer_out_extension(n_out)
        self.create_layer_in_extension(n_in)
        self._clear_numbers()
        halves = 2 if pairing != "none" else 1
        reads, says = previous.output_extensions()[0], self._new_inputs()
        fan_in = previous.in_features
        initialise_out(reads.weight[: n_out // halves], previous.weight, fan_in, generator)
        if reads.bias is not None:
            initialise_out(reads.bias[: n_out // halves], previous.bias, fan_in, generator)
        new_fan_in = self.get_fan_in_from_layer(num_neurons=self.in_neurons + n_in)
        initialise_in(says.weight[:, : n_in // halves], self.weight, new_fan_in, generator)
        self.apply_neuron_pairing(pairing, noise_ratio, generator)

    @torch.no_grad()
    def apply_rescaling(
        self,
        rescaling: str | None = None,
        neuron_pairing: str | None = None,
        extension_size: int | None = None,
    ) -> None:
        """Scale present weights, biases and what batch norms remember, so that activations keep
        their variance.

        Args:
            rescaling: One of `RESCALINGS`, see `rescaling_factors`.
            neuron_pairing: Checked, and without effect: sizes include partners.
            extension_size: How many neurons are new; by default as many as the extension has.

        Raises:
            GrowthError: If there is neither a size nor an extension.
        """
        check_choice("neuron pairing", neuron_pairing, PAIRINGS)
        if check_choice("rescaling", rescaling, RESCALINGS) == "none" or self.in_neurons == 0:
            return
        if extension_size is None:
            if self.extended_input_layer is None:
                raise GrowthError("the number of new neurons is unknown; pass extension_size")
            extension_size = self.extended_input_layer.weight.shape[1]
        previous = self._growing_previous()
        new_fan_in = self.get_fan_in_from_layer(num_neurons=self.in_neurons + extension_size)
        factors = rescaling_factors(
            str(rescaling),
            previous.weight,
            self.weight,
            previous.in_features,
            self.in_features,
            new_fan_in,
        )
        for module, factor in zip((previous, self), factors, strict=True):
            self.scale_layer(module.layer, factor)
            scale_norms(module.post_layer_function, factor)

    def apply_neuron_pairing(
        self,
        neuron_pairing: str | None = None,
        noise_ratio: float = 0.001,
        generator: torch.Generator | None = None,
    ) -> None:
        """Turn the second half of new neurons into partners of the first, which undo them; see
        `pair`.

        Args:
            neuron_pairing: One of `PAIRINGS`.
            noise_ratio: See `pair`.
            generator: Source of randomness.

        Raises:
            GrowthError: If there are no new neurons.
        """
        if check_choice("neuron pairing", neuron_pairing, PAIRINGS) == "none":
            return
        reads = self._growing_previous().extended_output_layer
        if reads is None or self.extended_input_layer is None:
            raise GrowthError(f"{self.name} has no new neurons to pair; create extensions before")
        pair(list(reads.parameters()), self.extended_input_layer.weight, noise_ratio, generator)

    def missing_neurons(self) -> int:
        """Return how many input neurons the layer lacks to its target.

        Raises:
            GrowthError: If there is no target.
        """
        if self.target_in_neurons is None:
            raise GrowthError(
                "Target in neurons is not set, cannot compute missing neurons; pass target_in_neurons"
            )
        return self.target_in_neurons - self.in_neurons

    def number_of_neurons_to_add(
        self, method: str = "fixed_proportional", number_of_growth_steps: int = 1
    ) -> int:
        """Return how many neurons the next growth step should add; after all steps, none is
        missing.

        Args:
            method: `fixed_proportional`: after step j of n, ⌊j (target − initial) / n⌋ neurons have
                been added.
            number_of_growth_steps: n.

        Returns:
            How many are missing to the next of these numbers; 0 at the target.

        Raises:
            ConfigError: If the method is unknown or n is not positive.
        """
        if method != "fixed_proportional":
            raise ConfigError(f"Unknown method: {method}. Choose 'fixed_proportional'")
        if not number_of_growth_steps > 0:
            raise ConfigError(
                f"number_of_growth_steps must be positive, got {number_of_growth_steps!r}"
            )
        missing = self.missing_neurons()
        total = missing + self.in_neurons - self.initial_in_neurons
        added = total - missing
        milestones = (
            total * step // number_of_growth_steps for step in range(1, number_of_growth_steps + 1)
        )
        return next((milestone - added for milestone in milestones if milestone > added), 0)

    def complete_growth(self, extension_kwargs: dict[str, Any] | None = None) -> list[Insertion]:
        """Add all missing neurons at random, at full scale.

        Args:
            extension_kwargs: Arguments of `create_layer_extensions` but the size.

        Returns:
            Which parameters grew, for `follow`.
        """
        missing = self.missing_neurons()
        if missing <= 0:
            return []
        self.create_layer_extensions(missing, **(extension_kwargs or {}))
        insertions = self.apply_change(scaling_factor=1.0)
        self.delete_update()
        return insertions
