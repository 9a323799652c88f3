"""What lies between two growing layers: its slope at 0, its kinks, and its form for new neurons."""

import copy
from collections.abc import Iterator

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Tensor

from ._resize import Insertion, grow_parameter, with_zeros

Norm = nn.modules.batchnorm._BatchNorm | nn.LayerNorm | nn.GroupNorm
_NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


def norms_in(module: nn.Module) -> Iterator[Norm]:
    """Normalisation layers of a module, itself included.

    Args:
        module: Any module.

    Yields:
        Batch, layer and group norms.

    Example:
        >>> [type(norm).__name__ for norm in norms_in(nn.Sequential(nn.BatchNorm1d(3), nn.ReLU()))]
        ['BatchNorm1d']
    """
    yield from (part for part in module.modules() if isinstance(part, _NORMS))


def without_norms(module: nn.Module) -> nn.Module:
    """A copy of a module whose normalisation layers do nothing.

    Args:
        module: Any module.

    Returns:
        A copy; norms are replaced by identities.

    Example:
        >>> without_norms(nn.Sequential(nn.BatchNorm1d(3), nn.ReLU()))
        Sequential(
          (0): Identity()
          (1): ReLU()
        )
    """
    if isinstance(module, _NORMS):
        return nn.Identity()
    module = copy.deepcopy(module)
    for name, child in module.named_children():
        setattr(module, name, without_norms(child))
    return module


def slope_at(activation: nn.Module, point: float, like: Tensor | None = None) -> Tensor:
    """Derivative of an elementwise function, norms left out, as autograd sees it.

    Args:
        activation: The function.
        point: Where.
        like: Gives type and device; float64 on the CPU by default.

    Returns:
        A scalar.

    Example:
        >>> slope_at(nn.ReLU(), 0.0), slope_at(nn.ReLU(), 1e-30)
        (tensor(0., dtype=torch.float64), tensor(1., dtype=torch.float64))
    """
    like = torch.zeros((), dtype=torch.float64) if like is None else like
    function = without_norms(activation).eval()
    with torch.enable_grad():
        x = torch.full((1, 1), point, dtype=like.dtype, device=like.device, requires_grad=True)
        value = function(x)
        return (
            torch.autograd.grad(value.sum(), x)[0].squeeze()
            if value.requires_grad
            else value.new_zeros(())
        )


def slope_right_of_zero(activation: nn.Module, like: Tensor | None = None) -> Tensor:
    """Derivative just above 0, by which a new neuron of small input is multiplied.

    Args:
        activation: An elementwise function; norms in it are left out.
        like: Gives type and device.

    Returns:
        A scalar: 1 for ReLU and tanh, 1/2 for GELU, 1/4 for the logistic function.

    Example:
        >>> slope_right_of_zero(nn.Sequential(nn.BatchNorm1d(3), nn.GELU()))
        tensor(0.5000, dtype=torch.float64)
    """
    return slope_at(activation, 1e-30, like)


def has_kink_at_zero(activation: nn.Module) -> bool:
    """Whether neurons that stay at exactly 0 would not learn as those just above it.

    Args:
        activation: An elementwise function.

    Returns:
        True for ReLU and its kind.

    Example:
        >>> has_kink_at_zero(nn.ReLU()), has_kink_at_zero(nn.Tanh())
        (True, False)
    """
    return bool((slope_at(activation, 0.0) - slope_right_of_zero(activation)).abs() > 1e-6)


def for_new_neurons(activation: nn.Module, n_neurons: int) -> nn.Module:
    """The function that new neurons will pass through, before they are part of the layer.

    Args:
        activation: That of the layer.
        n_neurons: How many are new.

    Returns:
        The module itself if it has no norms; otherwise a copy whose batch norms are fresh ones over
        the new neurons.

    Raises:
        GrowthError: If a layer or group norm mixes neurons, so that new ones cannot be tried apart
            from old ones.

    Example:
        >>> for_new_neurons(nn.BatchNorm1d(3), 2).num_features
        2
    """
    if not any(norms_in(activation)):
        return activation
    if not all(isinstance(norm, nn.modules.batchnorm._BatchNorm) for norm in norms_in(activation)):
        raise GrowthError(
            "layer and group norms mix old neurons with new ones, so new ones cannot be tried apart; "
            "pass extended_post_layer_function, or apply the change without trying it"
        )
    return _with_fresh_norms(activation, n_neurons)


def _with_fresh_norms(module: nn.Module, n_neurons: int) -> nn.Module:
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        fresh = type(module)(
            n_neurons, module.eps, module.momentum, module.affine, module.track_running_stats
        )
        like = next(iter([*module.parameters(), *module.buffers()]), torch.zeros(()))
        return fresh.to(like.device, like.dtype if like.is_floating_point() else None).train(
            module.training
        )
    module = copy.deepcopy(module)
    for name, child in module.named_children():
        setattr(module, name, _with_fresh_norms(child, n_neurons))
    return module


@torch.no_grad()
def widen_norms(activation: nn.Module, n_neurons: int) -> list[Insertion]:
    """Give the norms of a layer entries for new neurons: weight 1, bias 0, mean 0, variance 1.

    Modules that know how to grow by themselves (a method `grow(n_neurons)`) are asked to.

    Args:
        activation: What follows the layer; changed in place.
        n_neurons: How many neurons are new.

    Returns:
        Which parameters grew.

    Raises:
        GrowthError: If the groups of a group norm, or the axes of a layer norm, leave no room.

    Example:
        >>> norm = nn.BatchNorm1d(3)
        >>> len(widen_norms(norm, 2)), norm.running_var.shape
        (2, torch.Size([5]))
    """
    insertions = []
    for part in activation.modules():
        if isinstance(part, _NORMS):
            insertions += _widen_norm(part, n_neurons)
        elif callable(grow := getattr(part, "grow", None)):
            grow(n_neurons)
    return insertions


def _widen_norm(norm: Norm, n_neurons: int) -> list[Insertion]:
    _set_size(norm, n_neurons)
    parameters = [(norm.weight, 1.0), (norm.bias, 0.0)]
    buffers = {"running_mean": 0.0, "running_var": 1.0}
    for name, value in buffers.items():
        if (buffer := getattr(norm, name, None)) is not None:
            setattr(norm, name, with_zeros(buffer, 0, len(buffer), n_neurons))
            getattr(norm, name)[-n_neurons:] = value
    return [
        grow_parameter(parameter, parameter.new_full((n_neurons,), value), 0)
        for parameter, value in parameters
        if parameter is not None
    ]


def _set_size(norm: Norm, n_neurons: int) -> None:
    if isinstance(norm, nn.LayerNorm):
        if len(norm.normalized_shape) != 1:
            raise GrowthError(
                f"a layer norm over the axes {norm.normalized_shape} cannot grow; normalise over one axis"
            )
        norm.normalized_shape = (norm.normalized_shape[0] + n_neurons,)
    elif isinstance(norm, nn.GroupNorm):
        if n_neurons % norm.num_groups:
            raise GrowthError(
                f"{n_neurons} new neurons cannot join {norm.num_groups} groups of a group norm; add a multiple of that"
            )
        norm.num_channels += n_neurons
    else:
        norm.num_features += n_neurons


@torch.no_grad()
def scale_norms(activation: nn.Module, factor: float) -> None:
    """Scale what batch norms remember as if their inputs had been scaled.

    Args:
        activation: What follows a layer; changed in place.
        factor: By which the layer's weights and bias were multiplied.

    Example:
        >>> norm = nn.BatchNorm1d(1)
        >>> scale_norms(norm, 3.0)
        >>> norm.running_var
        tensor([9.])
    """
    for norm in norms_in(activation):
        if isinstance(norm, nn.modules.batchnorm._BatchNorm) and norm.track_running_stats:
            for name, power in (("running_mean", 1), ("running_var", 2)):
                getattr(norm, name).mul_(factor**power)
