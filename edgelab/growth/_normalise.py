"""How long updates should be: factors that bring their standard deviations to a target."""

from typing import NamedTuple

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

NORMALISATIONS = (
    "equalize_second_layer",
    "equalize_extensions",
    "match_extending_layer",
    "legacy_normalization",
    "weird_normalization",
    "gradmax_normalization",
)


class Spread(NamedTuple):
    """Standard deviations of the weights of an update, or factors of them; None where there is
    none.

    Attributes:
        delta: Of the change of the layer's own weights.
        incoming: Of what new neurons say to the layer (its input extension).
        outgoing: Of what they read (the previous layer's output extension).
    """

    delta: float | None
    incoming: float | None
    outgoing: float | None


def normalisation_factors(
    kind: str,
    spread: Spread,
    target: float,
    layer: float | None = None,
    previous: float | None = None,
) -> Spread:
    """Factors by which to multiply the parts of an update.

    With s the target and d, i, o the standard deviations of the parts:

    | kind | delta | incoming | outgoing |
    |---|---|---|---|
    | `equalize_second_layer` | s/d | s/i | i/d |
    | `equalize_extensions` | s²/(i o) | s/i | s/o |
    | `match_extending_layer` | std(W)/d | std(W)/i | std(W_previous)/o |
    | `legacy_normalization`, `weird_normalization` | s/d | 1 | s/i |

    Args:
        kind: One of `NORMALISATIONS` but `gradmax_normalization`, which scales every neuron by
            itself.
        spread: Standard deviations of the parts. A part that is None, or does not vary, keeps the
            factor 1.
        target: s.
        layer: std(W), for `match_extending_layer`.
        previous: std(W_previous), likewise.

    Returns:
        The factors.

    Raises:
        ConfigError: If the kind is unknown.

    Example:
        >>> normalisation_factors("equalize_extensions", Spread(5.0, 2.0, 4.0), 1.0)
        Spread(delta=0.125, incoming=0.5, outgoing=0.25)
    """
    delta, incoming, outgoing = (part or None for part in spread)
    if kind == "equalize_second_layer":
        between = incoming / delta if incoming and delta else 1.0
        return Spread(_ratio(target, delta), _ratio(target, incoming), between)
    if kind == "equalize_extensions":
        both = target**2 / (incoming * outgoing) if incoming and outgoing else 1.0
        return Spread(both, _ratio(target, incoming), _ratio(target, outgoing))
    if kind == "match_extending_layer":
        return Spread(_ratio(layer, delta), _ratio(layer, incoming), _ratio(previous, outgoing))
    if kind in {"legacy_normalization", "weird_normalization"}:
        return Spread(_ratio(target, delta), 1.0, _ratio(target, incoming))
    raise ConfigError(f"unknown normalisation {kind!r}; choose one of {list(NORMALISATIONS)}")


def _ratio(target: float | None, present: float | None) -> float:
    return target / present if target and present else 1.0


def gradmax_factors(
    weight: Float[Tensor, "outputs inputs *kernel"],
    new: Float[Tensor, "outputs neurons *kernel"],
    scale: float = 1.0,
) -> Float[Tensor, " neurons"]:
    """Factors that give what every new neuron says the mean norm of what old ones say.

    Args:
        weight: The layer's weights; one slice along axis 1 per old input.
        new: Those of new inputs.
        scale: In units of the mean norm; positive.

    Returns:
        One factor per new neuron; 1 for one that says nothing, or if there are no old ones.

    Raises:
        ConfigError: If the scale is not positive.

    Example:
        >>> gradmax_factors(torch.tensor([[3.0], [4.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        tensor([5., 1.])
    """
    if not scale > 0:
        raise ConfigError(f"gradmax_scale must be positive, got {scale!r}")
    old, present = _slice_norms(weight), _slice_norms(new)
    if old.numel() == 0:
        return torch.ones_like(present)
    return torch.where(present > 0, scale * old.mean() / present, 1.0)


def _slice_norms(weight: Tensor) -> Tensor:
    return (
        weight.transpose(0, 1).flatten(1).norm(dim=1)
        if weight.numel()
        else weight.new_zeros(weight.shape[1])
    )
