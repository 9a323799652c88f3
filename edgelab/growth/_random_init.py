"""New neurons without statistics: initial laws, variance transfer and pairing."""

import math
from collections.abc import Callable

import torch

from edgelab.errors import ConfigError
from edgelab.registry import Registry
from edgelab.typing import Float, Tensor

Initialiser = Callable[[Tensor, Tensor | None, int, torch.Generator | None], None]
INITIALISERS: Registry[Initialiser] = Registry("initialisation of an extension")
"""Laws of new weights: `initialise(tensor, reference, fan_in, generator)` fills the tensor in
place.
"""
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
    """Fill a tensor uniformly with the standard deviation of another: U(±√3 std).

    Args:
        tensor: Filled in place.
        reference: Whose standard deviation is taken; without one, or if it does not vary, the law
            is `kaiming`.
        fan_in: Inputs of a neuron, new ones included; for `kaiming`.
        generator: Source of randomness.

    Example:
        >>> weight = torch.empty(1000)
        >>> copy_uniform(weight, torch.tensor([-1.0, 1.0]), 1000)
        >>> bool(weight.abs().max() < (3 * 2) ** 0.5)
        True
    """
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
    """Fill a tensor with U(±√(6 / fan_in)).

    Args:
        tensor: Filled in place.
        reference: Unused.
        fan_in: Inputs of a neuron, new ones included.
        generator: Source of randomness.

    Source: He et al. (2015), "Delving deep into rectifiers".

    Example:
        >>> weight = torch.empty(1000)
        >>> kaiming(weight, None, 6)
        >>> bool(weight.abs().max() < 1)
        True
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
    """Fill a tensor with zeros.

    Args:
        tensor: Filled in place.
        reference: Unused.
        fan_in: Unused.
        generator: Unused.

    Example:
        >>> weight = torch.ones(2)
        >>> zeros(weight, None, 1)
        >>> weight
        tensor([0., 0.])
    """
    tensor.zero_()


def check_choice(kind: str, value: str | None, choices: tuple[str, ...]) -> str:
    """The value if it is a choice; None stands for the first.

    Args:
        kind: What is chosen, for the message.
        value: The choice.
        choices: What is allowed.

    Returns:
        One of the choices.

    Raises:
        ConfigError: If it is none of them.

    Example:
        >>> check_choice("pairing", None, PAIRINGS)
        'none'
    """
    if value is None:
        return choices[0]
    if value not in choices:
        raise ConfigError(f"unknown {kind} {value!r}; choose one of {list(choices)}")
    return value


def rescaling_factors(
    rescaling: str,
    previous_weight: Float[Tensor, "..."],
    weight: Float[Tensor, "..."],
    previous_fan_in: int,
    fan_in: int,
    new_fan_in: int,
) -> tuple[float, float]:
    """Factors of the present weights that keep the variance of activations as a layer widens.

    Args:
        rescaling: One of `RESCALINGS`: `default_vt` is (1, √(fan_in / new_fan_in)); the others
            bring the variance of the previous weights to 1 / previous_fan_in, and of these to 1 /
            fan_in (old shape) or 1 / new_fan_in.
        previous_weight: Weights into the neurons that become more.
        weight: Weights out of them.
        previous_fan_in: Inputs of the previous layer.
        fan_in: Inputs of this layer so far.
        new_fan_in: With the new ones.

    Returns:
        Factors of the previous layer's and of this layer's weights and bias.

    Raises:
        ConfigError: If the rescaling is unknown.

    Source: Yuan, Savarese & Maire (2024), "Accelerated training via incrementally growing neural
        networks using variance transfer and learning rate adaptation".

    Example:
        >>> rescaling_factors("default_vt", torch.ones(4, 3), torch.ones(2, 4), 3, 4, 16)
        (1.0, 0.5)
    """
    check_choice("rescaling", rescaling, RESCALINGS)
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
    """Make every second-half neuron read like its partner in the first half and speak with the
    opposite sign.

    Together a pair adds nothing, so the function is kept; noise on what they say lets them part.

    Args:
        outgoing: Weights (and biases) into new neurons, one row each; changed in place.
        incoming: Weights out of them, one column each; changed in place.
        noise_ratio: Standard deviation of the noise in units of that of `incoming`; 0 keeps the
            function exactly.
        generator: Source of randomness.

    Raises:
        ConfigError: If the number of new neurons is odd.

    Example:
        >>> reads, says = torch.tensor([[3.0], [0.0]]), torch.tensor([[2.0, 0.0]])
        >>> pair([reads], says, 0.0)
        >>> reads.flatten(), says
        (tensor([3., 3.]), tensor([[ 2., -2.]]))
    """
    sizes = {incoming.shape[1], *(tensor.shape[0] for tensor in outgoing)}
    odd = [size for size in sizes if size % 2]
    if odd:
        raise ConfigError(
            f"neuron_pairing='vv_z_negz' requires an even extension_size, got {odd[0]}; add one more"
        )
    for tensor in outgoing:
        half = tensor.shape[0] // 2
        tensor[half:] = tensor[:half]
    half = incoming.shape[1] // 2
    incoming[:, half:] = -incoming[:, :half]
    if noise_ratio > 0 and incoming.numel() > 1:
        noise = torch.empty_like(incoming).normal_(generator=generator)
        incoming += noise * (noise_ratio * incoming.std())
