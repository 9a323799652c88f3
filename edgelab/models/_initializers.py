"""Initial weights of the sparse layers, scaled by the degrees of what they join."""

from dataclasses import dataclass

import torch

from edgelab.registry import Registry
from edgelab.typing import Float, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Fan:
    """How many weights share the destination (fan_in) or the origin (fan_out) of each weight."""

    fan_in: Float[Tensor, "edges #channels"]
    fan_out: Float[Tensor, "edges #channels"]


INITIALIZERS: Registry = Registry("init")


@INITIALIZERS.register("degree_normalized")
def degree_normalized(shape: tuple[int, int], fan: Fan) -> Tensor:
    """Uniform in ±1 / √(fan_in · fan_out)."""
    return _uniform(shape, (fan.fan_in * fan.fan_out).rsqrt())


@INITIALIZERS.register("xavier_uniform")
def xavier_uniform(shape: tuple[int, int], fan: Fan) -> Tensor:
    """Uniform in ±√(6 / (fan_in + fan_out)). Source: Glorot & Bengio (2010)."""
    return _uniform(shape, (6 / (fan.fan_in + fan.fan_out)).sqrt())


@INITIALIZERS.register("xavier_normal")
def xavier_normal(shape: tuple[int, int], fan: Fan) -> Tensor:
    """Normal with variance 2 / (fan_in + fan_out). Source: Glorot & Bengio (2010)."""
    return torch.randn(shape) * (2 / (fan.fan_in + fan.fan_out)).sqrt()


@INITIALIZERS.register("kaiming_uniform")
def kaiming_uniform(shape: tuple[int, int], fan: Fan) -> Tensor:
    """Uniform in ±√(6 / fan_in). Source: He et al. (2015)."""
    return _uniform(shape, (6 / fan.fan_in).sqrt())


@INITIALIZERS.register("kaiming_normal")
def kaiming_normal(shape: tuple[int, int], fan: Fan) -> Tensor:
    """Normal with variance 2 / fan_in. Source: He et al. (2015)."""
    return torch.randn(shape) * (2 / fan.fan_in).sqrt()


@INITIALIZERS.register("uniform")
def uniform(shape: tuple[int, int], fan: Fan) -> Tensor:
    """Uniform in ±1 / √fan_in, as in `torch.nn.Linear`."""
    return _uniform(shape, fan.fan_in.rsqrt())


@INITIALIZERS.register("normal")
def normal(shape: tuple[int, int], fan: Fan) -> Tensor:
    """Standard normal."""
    return torch.randn(shape)


@INITIALIZERS.register("zeros")
def zeros(shape: tuple[int, int], fan: Fan) -> Tensor:
    """All zero."""
    return torch.zeros(shape)


def _uniform(shape: tuple[int, int], bound: Tensor) -> Tensor:
    return (2 * torch.rand(shape) - 1) * bound


def initial_weight(init: str, shape: tuple[int, int], fan: Fan) -> Float[Tensor, "edges channels"]:
    """Draw weights `[edges, channels]` from torch's global generator, on the CPU."""
    return INITIALIZERS[init](shape, fan)
