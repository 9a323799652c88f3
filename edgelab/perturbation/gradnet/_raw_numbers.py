"""The raw numbers behind a change: how they start, and the noise on them."""

import math
import warnings

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Float, Tensor

NOISE_MODES = ("additive", "multiplicative")


def read_share(name: str, value: object) -> float:
    """Read a number, a bool or None as a share, clamped to [0, 1]."""
    number = value or 0.0
    if not isinstance(number, int | float) or math.isnan(number):
        raise ConfigError(f"{name} must be a bool or a number between 0 and 1, got {value!r}")
    return min(1.0, max(0.0, float(number)))


def initial_numbers(
    random: Float[Tensor, "*shape"], share: float, *, strict: bool, squared: bool
) -> Float[Tensor, "*shape"]:
    """Mix uniform random numbers with 1 for a strict budget, 0 otherwise; warn of a dead start."""
    base = float(strict)
    if squared and share == base == 0 and random.numel():
        warnings.warn(
            "dead start: all raw numbers are 0, where their square has slope 0, so that training "
            "never moves them. Pass rand_init_weights above 0 or strict_budget=True, or set a "
            "start by set_initial_state.",
            RuntimeWarning,
            stacklevel=3,
        )
    return (1 - share) * base + share * random


def add_noise(
    raw: Float[Tensor, " edges"], amplitude: int | float, mode: str = "additive"
) -> Float[Tensor, " edges"]:
    """Add Gaussian noise whose root mean square is |amplitude|, or multiply by 1 + noise."""
    kind = str(mode).lower()
    if kind not in NOISE_MODES:
        raise ConfigError(f"noise_mode must be one of {list(NOISE_MODES)}; got {mode!r}")
    if amplitude == 0 or not raw.numel():
        return raw  # and torch's global generator stays as it is
    noise = torch.randn_like(raw)
    wide = noise.to(torch.promote_types(raw.dtype, torch.float32))
    noise = (wide * (abs(amplitude) * math.sqrt(raw.numel()) / wide.norm())).to(raw.dtype)
    return raw + noise if kind == "additive" else raw * (1 + noise)
