"""What lies between two growing layers: its slope at 0, its kinks, and its form for new neurons."""

import copy
from collections.abc import Iterator

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Tensor

from ._resize import Insertion, grow_parameter, inserted

BatchNorm = nn.modules.batchnorm._BatchNorm
Norm = BatchNorm | nn.LayerNorm | nn.GroupNorm
_NORMS = (BatchNorm, nn.LayerNorm, nn.GroupNorm)

# Just above 0: no float32 function has left its slope there, and float32 still holds the number.
_RIGHT_OF_ZERO = 1e-30
# Slopes of smooth functions at both points agree to rounding; kinks differ by far more.
_SAME_SLOPE = 1e-6


def norms_in(module: nn.Module) -> Iterator[Norm]:
    """Batch, layer and group norms of a module, itself included."""
    yield from (part for part in module.modules() if isinstance(part, _NORMS))


def without_norms(module: nn.Module) -> nn.Module:
    """A copy of a module whose normalisation layers are identities."""
    if isinstance(module, _NORMS):
        return nn.Identity()
    module = copy.deepcopy(module)
    for name, child in module.named_children():
        setattr(module, name, without_norms(child))
    return module


def slope_at(activation: nn.Module, point: float, like: Tensor | None = None) -> Tensor:
    """Derivative of an elementwise function, norms left out, as autograd sees it."""
    like = torch.zeros((), dtype=torch.float64) if like is None else like
    function = without_norms(activation).eval()
    with torch.enable_grad():
        x = torch.full((1, 1), point, dtype=like.dtype, device=like.device, requires_grad=True)
        value = function(x)
        if not value.requires_grad:
            return value.new_zeros(())
        return torch.autograd.grad(value.sum(), x)[0].squeeze()


def slope_right_of_zero(activation: nn.Module, like: Tensor | None = None) -> Tensor:
    """Derivative just above 0, by which a new neuron of small input is multiplied."""
    return slope_at(activation, _RIGHT_OF_ZERO, like)


def has_kink_at_zero(activation: nn.Module) -> bool:
    """Whether neurons at exactly 0 would not learn as those just above it, as of ReLU."""
    jump = slope_at(activation, 0.0) - slope_right_of_zero(activation)
    return bool(jump.abs() > _SAME_SLOPE)


def for_new_neurons(activation: nn.Module, n_neurons: int) -> nn.Module:
    """The function that new neurons pass through while they are tried: norms in it are fresh."""
    norms = list(norms_in(activation))
    if not norms:
        return activation
    if not all(isinstance(norm, BatchNorm) for norm in norms):
        raise GrowthError(
            "layer and group norms mix old neurons with new ones, so new ones cannot be tried "
            "apart; pass extended_post_layer_function, or apply the change without trying it"
        )
    return _with_fresh_norms(activation, n_neurons)


def _with_fresh_norms(module: nn.Module, n_neurons: int) -> nn.Module:
    if isinstance(module, BatchNorm):
        return _fresh_norm(module, n_neurons)
    module = copy.deepcopy(module)
    for name, child in module.named_children():
        setattr(module, name, _with_fresh_norms(child, n_neurons))
    return module


def _fresh_norm(norm: BatchNorm, n_neurons: int) -> BatchNorm:
    fresh = type(norm)(n_neurons, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
    like = next(iter([*norm.parameters(), *norm.buffers()]), torch.zeros(()))
    dtype = like.dtype if like.is_floating_point() else None
    return fresh.to(like.device, dtype).train(norm.training)


@torch.no_grad()
def widen_norms(activation: nn.Module, n_neurons: int) -> list[Insertion]:
    """Give the norms of a layer entries for new neurons: weight 1, bias 0, mean 0, variance 1.

    Modules that know how to grow by themselves (a method `grow(n_neurons)`) are asked to.
    """
    insertions = []
    for part in activation.modules():
        if isinstance(part, _NORMS):
            insertions += _widen_norm(part, n_neurons)
        elif callable(getattr(part, "grow", None)):
            part.grow(n_neurons)  # type: ignore[operator]
    return insertions


def _widen_norm(norm: Norm, n_neurons: int) -> list[Insertion]:
    _set_size(norm, n_neurons)
    parameters = [(norm.weight, 1.0), (norm.bias, 0.0)]
    for name, value in {"running_mean": 0.0, "running_var": 1.0}.items():
        buffer = getattr(norm, name, None)
        if buffer is not None:
            new = buffer.new_full((n_neurons,), value)
            setattr(norm, name, inserted(buffer, new, 0, len(buffer)))
    return [
        grow_parameter(parameter, parameter.new_full((n_neurons,), value), 0)
        for parameter, value in parameters
        if parameter is not None
    ]


def _set_size(norm: Norm, n_neurons: int) -> None:
    if isinstance(norm, nn.LayerNorm):
        if len(norm.normalized_shape) != 1:
            raise GrowthError(
                f"a layer norm over the axes {norm.normalized_shape} cannot grow; normalise over "
                "one axis"
            )
        norm.normalized_shape = (norm.normalized_shape[0] + n_neurons,)
    elif isinstance(norm, nn.GroupNorm):
        if n_neurons % norm.num_groups:
            raise GrowthError(
                f"{n_neurons} new neurons cannot join {norm.num_groups} groups of a group norm; "
                "add a multiple of that"
            )
        norm.num_channels += n_neurons
    else:
        norm.num_features += n_neurons


@torch.no_grad()
def scale_norms(activation: nn.Module, factor: float) -> None:
    """Scale what batch norms remember as if their inputs had been scaled."""
    for norm in norms_in(activation):
        if isinstance(norm, BatchNorm) and norm.track_running_stats:
            for name, power in (("running_mean", 1), ("running_var", 2)):
                getattr(norm, name).mul_(factor**power)
