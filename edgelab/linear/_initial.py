"""How raw parameters are drawn, and which options say where they live."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


def factory_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Pick `device` and `dtype` from the options of a map, for functions that make tensors.

    Args:
        options: The keyword arguments that a map was given.

    Returns:
        Both names, None where not given.

    Example:
        >>> factory_of({"device": "cpu", "sigma_min": 0.1})
        {'device': 'cpu', 'dtype': None}
    """
    return {name: options.get(name) for name in ("device", "dtype")}


def fan_in_uniform(
    *shape: int,
    fan_in: int,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Parameter:
    """Make a parameter drawn as `torch.nn.Linear` draws its weight and bias.

    Args:
        *shape: Shape of the parameter.
        fan_in: How many inputs feed one output.
        device: Where it lives.
        dtype: Its type.

    Returns:
        Entries uniform on ±1/√fan_in (both parts of complex ones).

    Example:
        >>> bool((fan_in_uniform(3, 2, fan_in=4).abs() <= 0.5).all())
        True
    """
    bound = 1 / math.sqrt(fan_in)
    values = torch.empty(shape, device=device, dtype=dtype)
    # A complex number is drawn as its two parts; the view fills `values` in place.
    (torch.view_as_real(values) if values.is_complex() else values).uniform_(-bound, bound)
    return nn.Parameter(values)
