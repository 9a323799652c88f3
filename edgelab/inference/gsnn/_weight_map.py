"""A structured linear map in place of a regressor's weight matrix."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import nn
from torch.nn.utils import parametrize

from edgelab.errors import ConfigError
from edgelab.linear import LinearBase, MapConstraint, constrain
from edgelab.typing import Float, Tensor


def map_weight(module: nn.Module, name: str, options: Mapping[str, Any]) -> None:
    """Make a module's `weight` the matrix of a map, whose parameters are trained instead.

    Args:
        module: A module with a square parameter `weight`, changed in place.
        name: A name in `edgelab.linear.maps`.
        options: Arguments of the map beside its sizes.

    Raises:
        ConfigError: If the map is unknown, cannot have that size, or has nothing to train.

    Example:
        >>> layer = nn.Linear(3, 3)
        >>> map_weight(layer, "NonNegativeLinear", {})
        >>> bool((layer.weight >= 0).all()), map_of(layer)
        (True, NonNegativeLinear(insize=3, outsize=3, bias=False))
    """
    constrain(module, name, layout="in_out", **options)
    if not any(True for _ in cast(LinearBase, map_of(module)).parameters()):
        raise ConfigError(f"{name} has nothing to train; choose another weight_map")


def map_of(module: nn.Module) -> LinearBase | None:
    """The map whose matrix is the module's `weight`.

    Args:
        module: Any module with a `weight`.

    Returns:
        The map, or None if the weight is free.
    """
    if not parametrize.is_parametrized(module, "weight"):
        return None
    stack = cast(nn.ModuleDict, module.parametrizations)["weight"]
    return cast(MapConstraint, cast(nn.ModuleList, stack)[0]).linear_map


def settled_weight(module: nn.Module) -> Float[Tensor, "sources targets"]:
    """The weight as it is in evaluation mode, in which a map with random gates is not random.

    Args:
        module: Any module with a `weight`; its mode stays as it is.

    Returns:
        The weight without its history.
    """
    linear_map = map_of(module)
    if linear_map is None:
        return cast(Tensor, module.weight).detach()
    training = linear_map.training
    linear_map.eval()
    try:
        with torch.no_grad():
            return cast(Tensor, module.weight).detach()
    finally:
        linear_map.train(training)


@torch.enable_grad()
def pull_back(
    weight: Float[Tensor, "sources targets"],
    slope: Float[Tensor, "sources targets"],
    linear_map: LinearBase | None,
) -> Tensor | float:
    """Set the gradients of what a weight is made of.

    Args:
        weight: A parameter, or the matrix of a map with its history.
        slope: The derivative of the loss by the weight.
        linear_map: The map, or None for a parameter.

    Returns:
        The penalty of the map, whose gradients are added to those of the loss; 0 for a parameter.
    """
    if linear_map is None:
        weight.grad = slope
        return 0.0
    penalty = linear_map.reg_error()
    (weight.flatten().dot(slope.flatten()) + penalty).backward()
    return penalty.detach()
