"""An update while it is tried: how far it is taken, and what the layer would compute with it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Bool, Float, Int, Num, Tensor

from ._lift import lifted_output
from ._normalise import Spread, gradmax_factors, normalisation_factors, weight_std
from ._outlet import Outlet, as_scaling
from ._resize import Growable, Insertion
from ._update import LayerMaker, Update, padded, scale_in_place


class Trial:
    """The present update of a layer and its scalings; what new neurons read is at the outlet."""

    def __init__(self, name: str, weight: Tensor, make: LayerMaker) -> None:
        self.name = name  # for messages
        self.make = make
        self.update = Update()
        self.delta_scaling = as_scaling(0.0, weight)
        self.input_scaling = as_scaling(0.0, weight)

    def change(self, **parts: Any) -> None:
        """Replace parts of the update."""
        self.update = replace(self.update, **parts)

    def move(self, fn: Callable[[Tensor], Tensor]) -> None:
        """Bring the layers where the network goes."""
        for layer in (self.update.delta, self.update.incoming):
            if layer is not None:
                layer._apply(fn)

    def incoming(self) -> Growable:
        """How new neurons act on the layer; there must be some."""
        if self.update.incoming is None:
            raise GrowthError(
                f"{self.name} has no new neurons before it; find or create some first"
            )
        return self.update.incoming

    # What the layer would compute.

    def with_delta(self, pre_activity: Num[Tensor, "..."], x: Num[Tensor, "..."]) -> Tensor:
        """The pre-activity of x after the change of the layer's own weights."""
        if self.update.delta is None:
            return pre_activity
        return pre_activity - self.delta_scaling * self.update.delta(x)

    def with_new_inputs(
        self, pre_activity: Num[Tensor, "..."], x_ext: Tensor | None, lifted_from: Outlet | None
    ) -> Tensor:
        """The pre-activity when new neurons with activations x_ext act on the layer too."""
        incoming = self.update.incoming
        if (incoming is None) != (x_ext is None):
            has, is_given = ("no ", "given") if incoming is None else ("", "missing")
            raise GrowthError(
                f"{self.name} has {has}new inputs, yet x_ext is {is_given}; pass what the previous "
                "layer's extended_forward returned, or use_extended_input=False"
            )
        if incoming is None or x_ext is None:
            return pre_activity
        pre_activity = pre_activity + self.input_scaling * incoming(x_ext)
        lifted = self.lifted_output(lifted_from)
        if lifted is None:
            return pre_activity
        return pre_activity - lifted.view(-1, *[1] * (incoming.weight.ndim - 2))

    def lifted_output(self, before: Outlet | None) -> Float[Tensor, " outputs"] | None:
        """What lifted neurons add to every sample, to be taken off the bias; None without any."""
        lift = self.update.lift
        incoming = self.update.incoming
        if lift is None or incoming is None or before is None:
            return None
        return self.input_scaling * lifted_output(lift, incoming, before)

    # What to apply.

    def delta_step(self) -> tuple[Tensor, Tensor | None] | None:
        """What to add to weight and bias; None without a change."""
        delta = self.update.delta
        scale = self.delta_scaling
        if delta is None:
            return None
        return -scale * delta.weight, None if delta.bias is None else -scale * delta.bias

    def new_inputs(self) -> Tensor | None:
        """Weights of new inputs to insert; None without any."""
        incoming = self.update.incoming
        return None if incoming is None else (incoming.weight * self.input_scaling).detach()

    def follow_inputs(self, insertion: Insertion) -> None:
        """Pad with zeros what reads the inputs of a layer that got more."""
        self.change(delta=padded(self.update.delta, insertion, self.make))

    def follow_outputs(self, insertion: Insertion) -> None:
        """Pad with zeros what acts on the outputs of a layer that got more."""
        self.change(
            delta=padded(self.update.delta, insertion, self.make),
            incoming=padded(self.update.incoming, insertion, self.make),
        )

    # Which neurons.

    def selection(
        self, keep_neurons: int | None, threshold: float | None
    ) -> Bool[Tensor, " neurons"]:
        """Mark the first `keep_neurons`, or those with a singular value of at least `threshold`."""
        if (keep_neurons is None) == (threshold is None):
            raise ConfigError("give exactly one of keep_neurons and threshold")
        values = self.update.singular_values
        if values is None or self.update.incoming is None:
            raise GrowthError(
                f"{self.name} has no new neurons to select from; call compute_optimal_updates() "
                "before"
            )
        if threshold is not None:
            return values >= threshold
        return torch.arange(len(values), device=values.device) < (keep_neurons or 0)

    def keep(self, kept: Int[Tensor, " neurons"], before: Outlet | None) -> None:
        """Keep some neurons; with an outlet, what they read there too."""
        self.update = self.update.selected(kept, self.make)
        if before is not None:
            before.select(kept)

    def silence(
        self, silent: Bool[Tensor, " neurons"], before: Outlet | None, silences_incoming: bool
    ) -> None:
        """Set to zero how some neurons act and, with an outlet, what they read there."""
        for layer in [] if before is None else before.layers():
            for parameter in layer.parameters():
                parameter[silent] = 0.0
        if silences_incoming and self.update.incoming is not None:
            self.update.incoming.weight[:, silent] = 0.0
        self.update = self.update.silenced(silent)

    # How long the parts are.

    def scale_delta(self, scale: float) -> None:
        """Multiply the change of the layer's own weights, and the decrease it promises."""
        if self.update.delta is not None:
            scale_in_place(self.update.delta, scale)
            self.change(decrease=self.update.decrease * scale)

    def scale_neurons(self, outgoing: float, incoming: float, before: Outlet | None) -> None:
        """Multiply what new neurons read and how they act, and what they promise."""
        own = self.update.incoming
        layers = [] if before is None else before.layers()
        if own is None or not layers:
            raise GrowthError(
                f"{self.name} has no new neurons to scale; find or create some before"
            )
        for layer in layers:
            scale_in_place(layer, outgoing)
        scale_in_place(own, incoming)
        product = own.weight.new_tensor([outgoing * incoming], dtype=torch.float64)
        self.update = self.update.scaled(product)

    def normalise(
        self, kind: str, target: float | None, weight: Tensor, previous_weight: Tensor | None,
        before: Outlet,
    ) -> None:  # fmt: skip
        """Bring all parts to comparable standard deviations; see `normalisation_factors`."""
        own_std = weight_std(weight)
        if target is None:
            target = own_std or self._default_std(weight)
        previous_std = None if previous_weight is None else weight_std(previous_weight)
        factors = normalisation_factors(kind, self._spread(before), target, own_std, previous_std)
        self.scale_delta(factors.delta or 1.0)
        if self.update.incoming is not None:
            self.scale_neurons(float(factors.outgoing or 0), float(factors.incoming or 0), before)

    def _default_std(self, weight: Tensor) -> float:
        incoming = self.update.incoming
        fan_in = (weight if incoming is None else incoming.weight).shape[1:].numel()
        return 1.0 / max(fan_in, 1) ** 0.5

    def _spread(self, before: Outlet) -> Spread:
        outgoing = [layer.weight.flatten() for layer in before.layers()]
        return Spread(
            delta=_std_of(self.update.delta),
            incoming=_std_of(self.update.incoming),
            outgoing=weight_std(torch.cat(outgoing)) if outgoing else None,
        )

    @torch.no_grad()
    def normalise_each(self, weight: Tensor, scale: float) -> None:
        """Give how each new neuron acts `scale` times the mean length of that of old ones."""
        incoming = self.update.incoming
        values = self.update.singular_values
        if incoming is None:
            return
        factors = gradmax_factors(weight, incoming.weight, scale)
        incoming.weight *= factors.view(1, -1, *[1] * (weight.ndim - 2))
        if values is not None and len(values) == len(factors):
            self.update = self.update.scaled(factors)


def _std_of(layer: Growable | None) -> float | None:
    return None if layer is None else weight_std(layer.weight)
