"""A growing `torch.nn.Linear`."""

import torch
from torch import nn

from ._growing_module import GrowingModule


class LinearGrowingModule(GrowingModule):
    """A growing linear layer; inputs may have any leading axes, every position is one sample.

    Args:
        in_features: Input neurons.
        out_features: Output neurons.
        use_bias: Adds a bias.
        post_layer_function: What follows the layer.
        extended_post_layer_function: See `GrowingModule`.
        previous_module: The layer or merge before.
        next_module: The one after.
        allow_growing: See `GrowingModule`.
        device: Where the parameters live.
        dtype: Their type.
        name: For messages.
        target_in_neurons: See `GrowingModule`.
        initial_in_neurons: See `GrowingModule`.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> first = LinearGrowingModule(3, 4, post_layer_function=nn.ReLU())
        >>> second = LinearGrowingModule(4, 2, previous_module=first)
        >>> x, y = torch.randn(50, 3), torch.randn(50, 2)
        >>> second.init_computation()
        >>> nn.functional.mse_loss(second(first(x)), y, reduction="sum").backward()
        >>> second.update_computation()
        >>> _ = second.compute_optimal_updates(maximum_added_neurons=1)
        >>> second.reset_computation()
        >>> _ = second.apply_change(scaling_factor=0.5)
        >>> second.delete_update()
        >>> first.out_features, second.in_features
        (5, 5)
    """

    layer: nn.Linear

    def __init__(
        self,
        in_features: int,
        out_features: int,
        use_bias: bool = True,
        post_layer_function: nn.Module | None = None,
        extended_post_layer_function: nn.Module | None = None,
        previous_module: nn.Module | None = None,
        next_module: nn.Module | None = None,
        allow_growing: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        target_in_neurons: int | None = None,
        initial_in_neurons: int | None = None,
    ) -> None:
        super().__init__(
            layer=nn.Linear(in_features, out_features, bias=use_bias, device=device, dtype=dtype),
            post_layer_function=post_layer_function,
            extended_post_layer_function=extended_post_layer_function,
            allow_growing=allow_growing,
            previous_module=previous_module,
            next_module=next_module,
            name=name,
            target_in_neurons=target_in_neurons,
            initial_in_neurons=initial_in_neurons,
        )
