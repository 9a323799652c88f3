"""Noise on raw parameters, which makes an optimiser look around."""

import math

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

NOISE_MODES = ("additive", "multiplicative")


def add_noise(
    raw: Float[Tensor, " edges"], amplitude: int | float, mode: str = "additive"
) -> Float[Tensor, " edges"]:
    """Add Gaussian noise whose root mean square is an amplitude.

    Args:
        raw: Any real numbers.
        amplitude: Root mean square of the noise; its sign is ignored; 0 draws no random numbers.
        mode: `additive`: raw + noise; `multiplicative`: raw · (1 + noise).

    Returns:
        One number per parameter. Random numbers come from torch's global generator.

    Raises:
        ConfigError: If the mode is unknown.

    Example:
        >>> noise = add_noise(torch.zeros(4), 0.5)
        >>> round(noise.square().mean().sqrt().item(), 6)
        0.5
    """
    kind = str(mode).lower()
    if kind not in NOISE_MODES:
        raise ConfigError(f"noise_mode must be one of {list(NOISE_MODES)}; got {mode!r}")
    if amplitude == 0 or not raw.numel():
        return raw
    noise = torch.randn_like(raw)
    wide = noise.to(torch.promote_types(raw.dtype, torch.float32))
    noise = (wide * (abs(amplitude) * math.sqrt(raw.numel()) / wide.norm())).to(raw.dtype)
    return raw + noise if kind == "additive" else raw * (1 + noise)
