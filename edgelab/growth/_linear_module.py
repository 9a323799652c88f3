"""A growing `torch.nn.Linear`."""

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Float, Tensor

from ._growing_module import GrowingModule
from ._module_layer import Growable
from ._statistics import moment_sum


class LinearGrowingModule(GrowingModule):
    """A growing linear layer. Inputs may have any leading axes; every position counts as one
    sample.

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

    @property
    def in_features(self) -> int:
        """Input neurons."""
        return self.layer.weight.shape[1]

    @property
    def out_features(self) -> int:
        """Output neurons."""
        return self.layer.weight.shape[0]

    @property
    def in_neurons(self) -> int:
        """Input neurons."""
        return self.in_features

    @property
    def input_volume(self) -> int:
        """Input neurons."""
        return self.in_features

    @property
    def output_volume(self) -> int:
        """Output neurons."""
        return self.out_features

    def get_fan_in_from_layer(
        self, layer: Growable | None = None, num_neurons: int | None = None
    ) -> int:
        """Return the inputs of a linear layer (this one by default), or the given number."""
        return num_neurons if num_neurons is not None else (layer or self.layer).weight.shape[1]

    def layer_of_tensor(
        self,
        weight: Float[Tensor, "outputs inputs"],
        bias: Float[Tensor, " outputs"] | None = None,
        force_bias: bool = True,
    ) -> nn.Linear:
        """Return a linear layer with the given weight and bias.

        Args:
            weight: Its weight.
            bias: Its bias.
            force_bias: Gives it a bias of zeros if this layer has a bias and none is given.

        Returns:
            A layer that nothing trains.
        """
        has_bias = bias is not None or (force_bias and self.use_bias)
        layer = nn.utils.skip_init(nn.Linear, weight.shape[1], weight.shape[0], bias=has_bias)
        layer.weight = nn.Parameter(weight.detach(), requires_grad=False)
        if has_bias:
            values = weight.new_zeros(weight.shape[0]) if bias is None else bias.detach()
            layer.bias = nn.Parameter(values, requires_grad=False)
        return layer

    def _note_sizes(self) -> None:
        self.layer.out_features, self.layer.in_features = self.layer.weight.shape

    def rows_of(self, x: Float[Tensor, "*positions inputs"]) -> Float[Tensor, "samples inputs"]:
        """Return inputs as a matrix, one row per position.

        Args:
            x: Inputs.

        Returns:
            A view where possible.
        """
        return x.reshape(-1, self.in_features)

    def output_rows_of(
        self, values: Float[Tensor, "*positions outputs"]
    ) -> Float[Tensor, "samples outputs"]:
        """Return pre-activations as a matrix, one row per position.

        Args:
            values: Pre-activations, or gradients.

        Returns:
            A view where possible.
        """
        return values.reshape(-1, self.out_features)

    def count_of(self, x: Float[Tensor, "*positions inputs"]) -> int:
        """Return how many positions an input has."""
        return x.shape[:-1].numel()

    def _previous_rows(self) -> Tensor:
        rows = self._previous().growth_rows()
        if len(rows) != self.count_of(self.input):
            raise GrowthError(
                f"{self.name} sees {self.count_of(self.input)} positions where the layer before it sees {len(rows)}; "
                "optimal neurons need one for one, create random ones instead"
            )
        return rows

    def compute_m_prev_update(
        self, desired_activation: Float[Tensor, "*positions outputs"] | None = None
    ) -> tuple[Tensor, int]:
        """Return the sum of X dAᵀ over the kept batch, and its number of samples.

        Args:
            desired_activation: Takes the place of dA.

        Returns:
            The sum, `[inputs of the previous layer + bias, out_features]`, and the number.
        """
        goal = self.output_rows_of(self._goal(desired_activation))
        rows = self._previous_rows()
        return moment_sum(rows, goal, x_ones=self.previous_module.growth_ones), len(rows)

    def compute_cross_covariance_update(self) -> tuple[Tensor, int]:
        """Return the sum of X Bᵀ over the kept batch, and its number of samples."""
        rows, ones = self._previous_rows(), self.previous_module.growth_ones
        return moment_sum(rows, self.rows_of(self.input), x_ones=ones, y_ones=self.use_bias), len(
            rows
        )
