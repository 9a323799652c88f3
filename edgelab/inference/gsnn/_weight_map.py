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
    """Make a module's square `weight` the matrix of a map, whose parameters are trained instead."""
    constrain(module, name, layout="in_out", **options)
    if not any(True for _ in cast(LinearBase, map_of(module)).parameters()):
        raise ConfigError(f"{name} has nothing to train; choose another weight_map")


def map_of(module: nn.Module) -> LinearBase | None:
    """The map whose matrix is the module's `weight`; None if the weight is free."""
    if not parametrize.is_parametrized(module, "weight"):
        return None
    stack = cast(nn.ModuleDict, module.parametrizations)["weight"]
    return cast(MapConstraint, cast(nn.ModuleList, stack)[0]).linear_map


def settled_weight(module: nn.Module) -> Float[Tensor, "sources targets"]:
    """The weight of evaluation mode, in which random gates are not random, without its history."""
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
    """Set the gradients of what a weight is made of from `slope`, the derivative by it.

    Returns the penalty of the map, whose gradients are added to those of the loss; 0 for a
    parameter.
    """
    if linear_map is None:
        weight.grad = slope
        return 0.0
    penalty = linear_map.reg_error()
    (weight.flatten().dot(slope.flatten()) + penalty).backward()
    return penalty.detach()
