"""`GrowingModule`, the whole of a growing layer."""

import torch
from torch import nn

from edgelab.errors import ConfigError

from ._module_layer import Growable
from ._module_random import RandomPart


class GrowingModule(RandomPart):
    """A layer that finds, tries and takes the best change of its weights and the best new neurons
    before it.

    The layer computes A = W B + b from inputs B, after a layer that computes them from X. With dA
    the gradient of the summed loss, and means E over samples, a pass over data gathers S = E[B Bᵀ],
    M = E[B dAᵀ], M_X = E[X dAᵀ], P = E[X Bᵀ] and S_X = E[X Xᵀ]; `edgelab.growth` has what follows
    from them. In order:

        layer.init_computation()
        for batch in batches:                       # zero_grad, forward, backward of a summed loss
            layer.update_computation()
        layer.compute_optimal_updates(maximum_added_neurons=8)
        layer.reset_computation()
        layer.scaling_factor = 0.5                  # or line_search
        layer.apply_change(optimizer=optimizer)
        layer.delete_update()

    Parameters stay the same objects while they grow. Neighbours and updates are never among
    `parameters()` or in `state_dict()`. The interface is split by subject over `module_layer`
    (sizes, weights), `module_statistics` (what is counted), `module_outgoing` (what the next layer
    asks of this one), `module_updates` (optimal updates), `module_scaling` (trying and applying)
    and `module_random` (random neurons, targets).

    Args:
        layer: The layer with `weight` and `bias`.
        tensor_s_shape: Expected shape of S; only checked, for it follows from the layer.
        tensor_m_shape: Expected shape of M; likewise.
        post_layer_function: What follows the layer; the identity by default.
        extended_post_layer_function: What follows new neurons while they are tried; by default the
            same, with fresh batch norms.
        allow_growing: Whether neurons may be added before this layer; then there must be a previous
            module by the time they are.
        previous_module: The layer or merge before.
        next_module: The one after.
        device: Where the layer is moved.
        name: For messages.
        target_in_neurons: How many input neurons the layer should end with.
        initial_in_neurons: How many it started with; those it has by default.

    Raises:
        ConfigError: If an expected shape is not that of the layer.

    Source: Verbockhaven et al. (2024), "Growing Tiny Networks", TMLR.
    """

    def __init__(
        self,
        layer: Growable,
        tensor_s_shape: tuple[int, int] | None = None,
        tensor_m_shape: tuple[int, int] | None = None,
        post_layer_function: nn.Module | None = None,
        extended_post_layer_function: nn.Module | None = None,
        allow_growing: bool = True,
        previous_module: nn.Module | None = None,
        next_module: nn.Module | None = None,
        device: torch.device | str | None = None,
        name: str | None = None,
        target_in_neurons: int | None = None,
        initial_in_neurons: int | None = None,
    ) -> None:
        super().__init__(
            layer,
            post_layer_function=post_layer_function,
            extended_post_layer_function=extended_post_layer_function,
            previous_module=previous_module,
            next_module=next_module,
            name=name,
            target_in_neurons=target_in_neurons,
            initial_in_neurons=initial_in_neurons,
        )
        self.allow_growing = allow_growing
        if previous_module is not None and getattr(previous_module, "next_module", self) is None:
            previous_module.next_module = self
        inputs = self.in_features + self.use_bias
        _check_shape("tensor_s_shape", tensor_s_shape, (inputs, inputs))
        _check_shape("tensor_m_shape", tensor_m_shape, (inputs, self.out_features))
        if device is not None:
            self.to(device)


def _check_shape(name: str, given: tuple[int, int] | None, actual: tuple[int, int]) -> None:
    if given is not None and tuple(given) != actual:
        raise ConfigError(f"{name} of this layer is {actual}, got {given}; leave it out")
