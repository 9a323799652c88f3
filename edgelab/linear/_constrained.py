"""The same constraints on the weight of any module, through `torch.nn.utils.parametrize`."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from torch import nn
from torch.nn.utils import parametrize

from edgelab.errors import ConfigError
from edgelab.typing import Num, Tensor

from ._all_maps import maps
from ._base import LinearBase

Layout = Literal["out_in", "in_out"]
Module = TypeVar("Module", bound=nn.Module)


class Constraint(nn.Module):
    """A pure function raw → W as a parametrization; the tensor it is registered on becomes raw.

    Args:
        function: For example `symmetric`, or `lambda raw: bounded(raw, 0.0, 1.0)`.

    Example:
        >>> import torch
        >>> from edgelab.linear import right_stochastic
        >>> layer = nn.Linear(3, 2)
        >>> rows_sum_to_1 = Constraint(right_stochastic)
        >>> _ = parametrize.register_parametrization(layer, "weight", rows_sum_to_1)
        >>> bool(torch.allclose(layer.weight.sum(1), torch.ones(2)))
        True
    """

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, raw: Num[Tensor, "*shape"]) -> Num[Tensor, "*shape"]:
        """Return the constrained tensor.

        Args:
            raw: Any real numbers.

        Returns:
            The function's value.
        """
        return self.function(raw)

    def right_inverse(self, value: Num[Tensor, "*shape"]) -> Num[Tensor, "*shape"]:
        """Take a value as the raw tensor, when one is registered or assigned.

        Args:
            value: What the tensor was before, or what is assigned.

        Returns:
            The same.
        """
        return value


class MapConstraint(nn.Module):
    """A linear map as a parametrization: its matrix replaces a weight, its parameters are trained.

    Args:
        linear_map: Any map of this package, with the sizes of the weight.
        layout: `"out_in"` for weights stored as `torch.nn.Linear` does, `"in_out"` for `x @
            weight`.

    Example:
        >>> from edgelab.linear import SkewSymmetricLinear
        >>> layer = nn.Linear(3, 3)
        >>> constraint = MapConstraint(SkewSymmetricLinear(3, 3))
        >>> _ = parametrize.register_parametrization(layer, "weight", constraint)
        >>> bool((layer.weight == -layer.weight.T).all())
        True
    """

    def __init__(self, linear_map: LinearBase, layout: Layout = "out_in") -> None:
        super().__init__()
        self.linear_map = linear_map
        self.layout = layout
        self._registered = False

    def forward(self) -> Num[Tensor, "rows columns"]:
        """Return the map's matrix in the layout of the weight.

        Returns:
            The weight.
        """
        matrix = self.linear_map.effective_W()
        return matrix.mT if self.layout == "out_in" else matrix

    def right_inverse(self, value: Num[Tensor, "rows columns"]) -> tuple[()]:
        """Drop the old weight when the map is registered: the map brings its own parameters.

        Args:
            value: The weight before.

        Returns:
            Nothing to be stored beside the map's parameters.

        Raises:
            ConfigError: If a weight is assigned later on.
        """
        if self._registered:
            raise ConfigError(
                f"a weight of shape {tuple(value.shape)} was assigned to a constrained one; change "
                f"the parameters of its {type(self.linear_map).__name__} instead"
            )
        self._registered = True
        return ()


def constrain(
    module: Module,
    name: str,
    *,
    tensor_name: str = "weight",
    layout: Layout = "out_in",
    **options: Any,
) -> Module:
    """Replace a weight matrix of a module by the matrix of a linear map.

    Args:
        module: Any module, changed in place.
        name: Which map, as in `maps`.
        tensor_name: The weight; it must be a matrix.
        layout: `"out_in"` for weights stored as `torch.nn.Linear` does, `"in_out"` for `x @
            weight`.
        **options: Arguments of the map beside its sizes.

    Returns:
        The same module. `torch.nn.utils.parametrize.cached()` computes its matrix once for several
        calls.

    Raises:
        ConfigError: If the tensor is not a matrix, or the map cannot have its shape.

    Example:
        >>> layer = constrain(nn.Linear(3, 2), "NonNegativeLinear")
        >>> bool((layer.weight >= 0).all())
        True
    """
    weight = getattr(module, tensor_name)
    if weight.ndim != 2:
        raise ConfigError(
            f"only a matrix can become a linear map, {tensor_name!r} has shape "
            f"{tuple(weight.shape)}"
        )
    insize, outsize = weight.shape if layout == "in_out" else weight.shape[::-1]
    linear_map = maps[name](
        insize, outsize, bias=False, device=weight.device, dtype=weight.dtype, **options
    )
    parametrize.register_parametrization(module, tensor_name, MapConstraint(linear_map, layout))
    return module
