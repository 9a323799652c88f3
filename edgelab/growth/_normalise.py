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
    """Standard deviations of the weights of an update, or factors of them; None for no part."""

    delta: float | None  # of the change of the layer's own weights
    incoming: float | None  # of how new neurons act on the layer (its input extension)
    outgoing: float | None  # of what they read (the previous layer's output extension)


def normalisation_factors(
    kind: str,
    spread: Spread,
    target: float,
    layer: float | None = None,
    previous: float | None = None,
) -> Spread:
    """Factors by which to multiply the parts of an update; 1 for a part that does not vary.

    `GrowingModule.normalize_optimal_updates` has the table; `layer` and `previous` are std(W) and
    std(W_previous). `gradmax_normalization` scales every neuron by itself: see `gradmax_factors`.
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
    """Factors that bring new columns to `scale` times the mean norm of old ones; 1 for a zero one.

    Without old columns all factors are 1.
    """
    if not scale > 0:
        raise ConfigError(f"gradmax_scale must be positive, got {scale!r}")
    old = _slice_norms(weight)
    present = _slice_norms(new)
    if old.numel() == 0:
        return torch.ones_like(present)
    return torch.where(present > 0, scale * old.mean() / present, 1.0)


def _slice_norms(weight: Tensor) -> Tensor:
    if not weight.numel():
        return weight.new_zeros(weight.shape[1])
    return weight.transpose(0, 1).flatten(1).norm(dim=1)


def weight_std(weight: Tensor) -> float | None:
    """Standard deviation of a weight, None of a single number."""
    return float(weight.detach().std()) if weight.numel() > 1 else None
