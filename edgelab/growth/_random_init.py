"""New neurons without statistics: initial laws, variance transfer and pairing."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from edgelab.checks import check_choice
from edgelab.errors import ConfigError
from edgelab.registry import Registry
from edgelab.typing import Float, Tensor

from ._resize import Growable

Initialiser = Callable[[Tensor, Tensor | None, int, torch.Generator | None], None]
INITIALISERS: Registry[Initialiser] = Registry("initialisation of an extension")
"""Laws of new weights: `law(tensor, reference, fan_in, generator)` fills the tensor in place."""
RESCALINGS = ("none", "default_vt", "vt_constraint_old_shape", "vt_constraint_new_shape")
PAIRINGS = ("none", "vv_z_negz")


@INITIALISERS.register("copy_uniform")
@torch.no_grad()
def copy_uniform(
    tensor: Float[Tensor, "..."],
    reference: Float[Tensor, "..."] | None,
    fan_in: int,
    generator: torch.Generator | None = None,
) -> None:
    """Fill with U(±√3 std(reference)); as `kaiming` without a reference that varies."""
    std = 0.0 if reference is None or reference.numel() < 2 else float(reference.std())
    if std == 0:
        kaiming(tensor, reference, fan_in, generator)
    else:
        tensor.uniform_(-math.sqrt(3) * std, math.sqrt(3) * std, generator=generator)


@INITIALISERS.register("kaiming")
@torch.no_grad()
def kaiming(
    tensor: Float[Tensor, "..."],
    reference: Float[Tensor, "..."] | None,
    fan_in: int,
    generator: torch.Generator | None = None,
) -> None:
    """Fill with U(±√(6 / fan_in)).

    Source: He et al. (2015), "Delving deep into rectifiers".
    """
    bound = math.sqrt(6 / max(fan_in, 1))
    tensor.uniform_(-bound, bound, generator=generator)


@INITIALISERS.register("zeros")
@torch.no_grad()
def zeros(
    tensor: Float[Tensor, "..."],
    reference: Float[Tensor, "..."] | None,
    fan_in: int,
    generator: torch.Generator | None = None,
) -> None:
    """Fill with zeros."""
    tensor.zero_()


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomNeurons:
    """How many random neurons to draw, and by which laws; None of a choice is its first."""

    n_outgoing: int  # of the previous layer
    n_incoming: int  # of this one, which may see each output several times
    outgoing_law: str
    incoming_law: str
    neuron_pairing: str | None

    def __post_init__(self) -> None:
        if min(self.n_outgoing, self.n_incoming) < 0:
            raise ConfigError(
                "sizes of extensions must not be negative, got "
                f"{self.n_outgoing} and {self.n_incoming}"
            )
        if self.is_paired:
            check_even(self.n_outgoing, self.n_incoming)
        for law in (self.outgoing_law, self.incoming_law):
            INITIALISERS[law]

    @property
    def is_paired(self) -> bool:
        return choice("neuron_pairing", self.neuron_pairing, PAIRINGS) != "none"

    @torch.no_grad()
    def fill(
        self,
        outgoing: Growable,
        incoming: Growable,
        previous: Growable,
        present: Growable,
        generator: torch.Generator | None,
    ) -> None:
        """Draw the weights of new neurons like present ones; of pairs, the first half only."""
        halves = 2 if self.is_paired else 1
        n_outgoing = self.n_outgoing // halves
        n_incoming = self.n_incoming // halves
        fan_in = previous.weight.shape[1:].numel()
        draw = INITIALISERS[self.outgoing_law]
        draw(outgoing.weight[:n_outgoing], previous.weight, fan_in, generator)
        if outgoing.bias is not None:
            draw(outgoing.bias[:n_outgoing], previous.bias, fan_in, generator)
        # A neuron will read the new inputs along with the present ones.
        fan_in = present.weight.shape[1:].numel() + incoming.weight.shape[1:].numel()
        draw = INITIALISERS[self.incoming_law]
        draw(incoming.weight[:, :n_incoming], present.weight, fan_in, generator)


def choice(name: str, value: str | None, choices: tuple[str, ...]) -> str:
    """The value if it is one of the choices; None stands for the first."""
    if value is None:
        return choices[0]
    check_choice(name, value, choices)
    return value


def check_even(*sizes: int) -> None:
    """Refuse to pair an odd number of neurons."""
    odd = [size for size in sizes if size % 2]
    if odd:
        raise ConfigError(
            "neuron_pairing='vv_z_negz' requires an even extension_size, "
            f"got {odd[0]}; add one more"
        )


def next_step_size(initial: int, present: int, target: int, n_steps: int) -> int:
    """How many neurons are missing to the next milestone of a growth in equal steps, 0 at the end.

    After step j of n, ⌊j (target − initial) / n⌋ neurons have been added: none is left out.
    """
    added = present - initial
    total = target - initial
    for step in range(1, n_steps + 1):
        milestone = total * step // n_steps
        if milestone > added:
            return milestone - added
    return 0


def rescaling_factors(
    rescaling: str,
    previous_weight: Float[Tensor, "..."],
    weight: Float[Tensor, "..."],
    previous_fan_in: int,
    fan_in: int,
    new_fan_in: int,
) -> tuple[float, float]:
    """Factors of the previous and of this layer's weights that keep the variance of activations.

    See `GrowingModule.apply_rescaling`; a weight that does not vary keeps its factor 1.
    """
    if rescaling == "none" or fan_in == 0:
        return 1.0, 1.0
    if rescaling == "default_vt":
        return 1.0, math.sqrt(fan_in / new_fan_in)
    target = fan_in if rescaling == "vt_constraint_old_shape" else new_fan_in
    return _to_variance(previous_weight, previous_fan_in), _to_variance(weight, target)


def _to_variance(weight: Tensor, fan_in: int) -> float:
    variance = float(weight.detach().var()) if weight.numel() > 1 else 0.0
    return 1.0 if variance == 0 else 1 / math.sqrt(fan_in * variance)


@torch.no_grad()
def pair(
    outgoing: list[Float[Tensor, "..."]],
    incoming: Float[Tensor, "..."],
    noise_ratio: float,
    generator: torch.Generator | None = None,
) -> None:
    """Let the second half of new neurons read like the first and act with the opposite sign.

    `outgoing` are weights and biases into new neurons, one row each; `incoming` weights out of
    them, one column each; all are changed in place. The noise lets partners part.
    """
    check_even(incoming.shape[1], *(tensor.shape[0] for tensor in outgoing))
    for tensor in outgoing:
        half = tensor.shape[0] // 2
        tensor[half:] = tensor[:half]
    half = incoming.shape[1] // 2
    incoming[:, half:] = -incoming[:, :half]
    if noise_ratio > 0 and incoming.numel() > 1:
        noise = torch.empty_like(incoming).normal_(generator=generator)
        incoming += noise * (noise_ratio * incoming.std())
