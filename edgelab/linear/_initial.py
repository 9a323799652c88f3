"""How raw parameters are drawn, and which options say where they live."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


def factory_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """`device` and `dtype` among the options of a map, None where not given."""
    return {name: options.get(name) for name in ("device", "dtype")}


def fan_in_uniform(
    *shape: int,
    fan_in: int,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Parameter:
    """A parameter uniform on ±1/√fan_in, as `torch.nn.Linear` draws its weight and bias."""
    bound = 1 / math.sqrt(fan_in)
    values = torch.empty(shape, device=device, dtype=dtype)
    # A complex number is drawn as its two parts; the view fills `values` in place.
    (torch.view_as_real(values) if values.is_complex() else values).uniform_(-bound, bound)
    return nn.Parameter(values)
