"""A layer that grows."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from edgelab.checks import check_integer
from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Num, Tensor

from ._activations import scale_norms, slope_right_of_zero, widen_norms
from ._adapter import LayerAdapter, with_ones
from ._conv_adapter import ConvAdapter
from ._layer_outlet import LayerOutlet
from ._lift import reading_nothing
from ._linear_adapter import LinearAdapter
from ._moments import moment_sum, second_moment_sum
from ._optimizer_state import follow
from ._outlet import Outlet, as_scaling
from ._random_init import (
    INITIALISERS,
    PAIRINGS,
    RESCALINGS,
    RandomNeurons,
    choice,
    next_step_size,
    pair,
    rescaling_factors,
)
from ._resize import Growable, Insertion
from ._solve import (
    RELATIVE_CUT,
    Extension,
    blockwise_extension,
    count_significant,
    extension_decrease,
    first_order_decrease,
    optimal_delta,
    rounding_noise,
)
from ._statistics import Statistics
from ._tensor_statistic import TensorStatistic
from ._trial import Trial
from ._update import Update, padded, scale_in_place

# Neighbours are not parts of a module, and updates are not yet: none of these may enter
# parameters() or state_dict(). The same holds for scalings, even if someone wants to learn one.
_NOT_PARTS = frozenset({
    "previous_module",
    "next_module",
    "optimal_delta_layer",
    "extended_input_layer",
    "extended_output_layer",
    "optimal_delta_scaling",
    "input_extension_scaling",
    "output_extension_scaling",
    "scaling_factor",
})  # fmt: skip


class GrowingModule(nn.Module):
    """A layer that finds, tries and takes the best change of its weights and new neurons before it.

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
    `parameters()` or in `state_dict()`.

    It is composed of an adapter (what is particular to the kind of layer), statistics (what
    passes), a trial (the update that was found, and its scalings) and an outlet (what the next
    layer asks of this one).

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
        ConfigError: If the layer is neither linear nor a convolution without groups, or an
            expected shape is not its own.

    Source: Verbockhaven et al. (2024), "Growing Tiny Networks", TMLR.
    """

    layer: Growable
    previous_module: Any
    next_module: Any
    delta_raw: Tensor | None
    """δ as it was solved for, the bias in its last column, whether or not it is to be taken."""

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
        super().__init__()
        self.name = name or type(self).__name__
        _check_kind(layer, self.name)
        self.layer = layer
        self.post_layer_function = (
            nn.Identity() if post_layer_function is None else post_layer_function
        )
        self.extended_post_layer_function = extended_post_layer_function
        self.allow_growing = allow_growing
        self.previous_module = previous_module
        self.next_module = next_module
        if previous_module is not None and getattr(previous_module, "next_module", self) is None:
            previous_module.next_module = self
        self.target_in_neurons = target_in_neurons
        self.initial_in_neurons = (
            self.in_neurons if initial_in_neurons is None else initial_in_neurons
        )
        inputs = self.in_features + self.use_bias
        _check_shape("tensor_s_shape", tensor_s_shape, (inputs, inputs))
        _check_shape("tensor_m_shape", tensor_m_shape, (inputs, self.out_features))
        updates = {
            "tensor_s": self.compute_s_update,
            "tensor_m": self.compute_m_update,
            "tensor_m_prev": self.compute_m_prev_update,
            "cross_covariance": self.compute_cross_covariance_update,
            "covariance_loss_gradient": self.compute_covariance_loss_gradient_update,
        }
        self._statistics = Statistics(self.name, updates, shared="tensor_s")
        self._counts_growth = True
        self.delta_raw = None
        self._trial = Trial(self.name, self.weight, self.layer_of_tensor)
        self.outlet = LayerOutlet(self, self._statistics)
        self._input_size: tuple[int, ...] | None = None
        if device is not None:
            self.to(device)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _NOT_PARTS:
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        # Updates follow .to() and .double() though they are not parts.
        self._trial.move(fn)
        for layer in self.outlet.layers():
            layer._apply(fn)
        return super()._apply(fn, recurse)

    @property
    def adapter(self) -> LayerAdapter:
        """The layer as growth sees it; made anew, so that `layer` may be replaced."""
        if isinstance(self.layer, nn.Conv2d):
            return ConvAdapter(self.layer, self.name)
        return LinearAdapter(self.layer, self.name)

    @property
    def _update(self) -> Update:
        return self._trial.update

    @property
    def _before(self) -> Outlet | None:
        return None if self.previous_module is None else self.previous_module.outlet

    def _required_before(self) -> Outlet:
        if self._before is None:
            raise GrowthError(
                f"{self.name} has no previous module, so nothing can grow before it; set "
                "previous_module"
            )
        return self._before

    # Sizes and weights.

    @property
    def weight(self) -> Tensor:
        """Weight of the layer."""
        return self.layer.weight

    @property
    def bias(self) -> Tensor | None:
        """Bias of the layer, None without one."""
        return self.layer.bias

    @property
    def use_bias(self) -> bool:
        """Whether the layer has a bias."""
        return self.layer.bias is not None

    @property
    def in_features(self) -> int:
        """Fan-in: numbers that one output reads."""
        return self.adapter.in_features

    @property
    def out_features(self) -> int:
        """Outputs per position."""
        return self.adapter.out_features

    @property
    def in_neurons(self) -> int:
        """Neurons, or channels, that come in."""
        return self.adapter.in_neurons

    @property
    def input_volume(self) -> int:
        """Numbers per sample that come in."""
        return self.in_neurons * torch.Size(self.input_size).numel()

    @property
    def output_volume(self) -> int:
        """Numbers per sample that go out."""
        return self.out_features * torch.Size(self.adapter.size_after(self.input_size)).numel()

    @property
    def input_size(self) -> tuple[int, ...]:
        """Shape of the input without batch and channels.

        Raises:
            GrowthError: If no input has been seen and none was set.
        """
        size = self._input_size
        if size is None:
            size = self.update_input_size(compute_from_previous=True)
        if size is None:
            raise GrowthError(
                f"the input size of {self.name} is unknown; call update_input_size(input_size=...)"
            )
        return size

    def update_input_size(
        self,
        input_size: tuple[int, ...] | None = None,
        compute_from_previous: bool = False,
        force_update: bool = True,
    ) -> tuple[int, ...] | None:
        """Note the shape of the input without batch and channels.

        Args:
            input_size: The shape; otherwise it is read off the stored input.
            compute_from_previous: Takes that of the previous layer's output where there is no
                stored input.
            force_update: Replaces a shape that is known already.

        Returns:
            The shape, or None if it is unknown.
        """
        if self._input_size is None or force_update:
            size = input_size
            if size is None:
                size = self._observed_input_size(compute_from_previous)
            if size is not None:
                self._input_size = size
        return self._input_size

    def _observed_input_size(self, compute_from_previous: bool) -> tuple[int, ...] | None:
        axes = self.adapter.spatial_axes
        if axes == 0:
            return ()
        if self._statistics.has_input:
            return tuple(self.input.shape[-axes:])
        previous = self.previous_module
        if not (compute_from_previous and isinstance(previous, GrowingModule)):
            return None
        adapter = previous.adapter
        return adapter.size_after(previous.input_size) if adapter.spatial_axes == axes else None

    def get_fan_in_from_layer(
        self, layer: Growable | None = None, num_neurons: int | None = None
    ) -> int:
        """Return the fan-in of a layer of this kind, or of this one with another number of inputs.

        Args:
            layer: The layer; this one by default.
            num_neurons: Input neurons, or channels.

        Returns:
            How many numbers one output reads.
        """
        if num_neurons is not None:
            return self.adapter.fan_in(num_neurons)
        return (layer or self.layer).weight.shape[1:].numel()

    def layer_of_tensor(
        self,
        weight: Num[Tensor, "..."],
        bias: Num[Tensor, " outputs"] | None = None,
        force_bias: bool = True,
    ) -> Growable:
        """Return a layer like this one, apart from its size, with the given weight and bias.

        Args:
            weight: Its weight.
            bias: Its bias.
            force_bias: Gives it a bias of zeros if this layer has a bias and none is given.

        Returns:
            A layer that nothing trains.
        """
        return self.adapter.layer_of_tensor(weight, bias, force_bias)

    def number_of_parameters(self) -> int:
        """Return how many numbers the layer learns."""
        return sum(parameter.numel() for parameter in self.layer.parameters())

    def weights_statistics(self) -> dict[str, dict[str, float]]:
        """Return minimum, maximum, mean and standard deviation of the weight and the bias."""
        statistics = {}
        for name, parameter in self.layer.named_parameters():
            values = parameter.detach()
            if values.numel():
                statistics[name] = {
                    "min": float(values.min()),
                    "max": float(values.max()),
                    "mean": float(values.mean()),
                    "std": float(values.std()) if values.numel() > 1 else 0.0,
                }
        return statistics

    # Passing samples on, and keeping the last batch.

    def forward(self, x: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
        """Apply the layer and what follows it; keep the input and the pre-activity while asked to.

        Args:
            x: Samples.

        Returns:
            Activations.
        """
        pre_activity = self.layer(x)
        self._statistics.keep(x, pre_activity)
        function = self.post_layer_function
        return function(self._statistics.protected(pre_activity, function))

    @property
    def store_input(self) -> bool:
        """Whether inputs are kept at present."""
        return self._statistics.is_recording

    @property
    def store_pre_activity(self) -> bool:
        """Whether pre-activities are kept at present."""
        return self._statistics.is_counting

    @property
    def input(self) -> Tensor:
        """The last input that was kept.

        Raises:
            GrowthError: If none is.
        """
        return self._statistics.input

    @property
    def input_extended(self) -> Tensor:
        """The kept input as a matrix, followed by ones if the layer has a bias."""
        rows = self.adapter.rows_of(self.input)
        return with_ones(rows) if self.use_bias else rows

    @property
    def pre_activity(self) -> Tensor:
        """The last pre-activity that was kept; its `grad` is the gradient.

        Raises:
            GrowthError: If none is.
        """
        return self._statistics.pre_activity

    @property
    def pre_activity_gradient(self) -> Tensor:
        """Gradient of the loss at the kept pre-activity.

        Raises:
            GrowthError: If nothing was kept or no gradient has come back.
        """
        return self._statistics.pre_activity_gradient

    # Counting.

    def init_computation(
        self,
        *,
        compute_delta: bool = True,
        use_projection: bool = True,
        use_covariance: bool = True,
        use_fisher: bool = False,
    ) -> None:
        """Start counting what `compute_optimal_updates` will need with the same options.

        Args:
            compute_delta: The layer's own best change is wanted.
            use_projection: New neurons should explain what that change leaves.
            use_covariance: Inputs of new neurons are whitened.
            use_fisher: Outputs are whitened.
        """
        before = self._before
        needs_delta = compute_delta or (before is not None and use_projection)
        wanted = {
            "tensor_s": needs_delta,
            "tensor_m": needs_delta,
            "tensor_m_prev": before is not None,
            "cross_covariance": before is not None and use_projection,
            "covariance_loss_gradient": use_fisher,
        }
        self._statistics.init([name for name, is_wanted in wanted.items() if is_wanted])
        self._counts_growth = use_covariance
        if before is not None:
            before.start_recording()

    def update_computation(self, n_averaged: float = 1.0) -> None:
        """Count the batch that has just been through forward and backward, once.

        Args:
            n_averaged: Over how many terms the loss of this batch was averaged, 1 for a summed
                loss. A mean over the batch, as in cross entropy, needs the batch size; a mean over
                all numbers, as in mean squared error, their count. Gradients are multiplied by it,
                so that both kinds of loss give one result.

        Raises:
            ConfigError: If that number is not positive.
            GrowthError: If counting was not started, or no gradient has come.
        """
        self._statistics.update(n_averaged)
        if self._before is not None and self._counts_growth:
            self._before.second_moment.update()

    def reset_computation(self) -> None:
        """Stop counting and forget what was counted and kept, here and in the previous layer."""
        self._statistics.reset()
        self.delta_raw = None
        if self._before is not None:
            self._before.stop_recording()

    @property
    def tensor_s(self) -> TensorStatistic:
        """S = E[B Bᵀ] of the layer's inputs, a one last if there is a bias."""
        return self._statistics["tensor_s"]

    @property
    def tensor_m(self) -> TensorStatistic:
        """M = E[B dAᵀ]."""
        return self._statistics["tensor_m"]

    @property
    def tensor_m_prev(self) -> TensorStatistic:
        """M_X = E[X dAᵀ] with the inputs X of the previous layer."""
        return self._statistics["tensor_m_prev"]

    @property
    def cross_covariance(self) -> TensorStatistic:
        """P = E[X Bᵀ]."""
        return self._statistics["cross_covariance"]

    @property
    def covariance_loss_gradient(self) -> TensorStatistic:
        """E[dA dAᵀ], the empirical Fisher information of the pre-activations."""
        return self._statistics["covariance_loss_gradient"]

    @property
    def tensor_s_growth(self) -> TensorStatistic:
        """S_X of the inputs that new neurons would read: the previous layer's S, counted once."""
        return self._required_before().second_moment

    @property
    def tensor_n(self) -> Tensor:
        """N = −M_X + P δᵀ: what new neurons should explain once δ has been taken.

        Raises:
            GrowthError: If there is no optimal delta.
        """
        if self.delta_raw is None:
            raise GrowthError(
                f"{self.name} has no optimal delta yet; call compute_optimal_delta() before"
            )
        return self.adapter.target(self.tensor_m_prev(), self.cross_covariance(), self.delta_raw)

    def compute_s_update(self) -> tuple[Tensor, int]:
        """Return the sum of B Bᵀ over the kept batch, and its number of samples."""
        rows = self.adapter.rows_of(self.input)
        return second_moment_sum(rows, ones=self.use_bias), self._n_kept()

    def compute_m_update(
        self, desired_activation: Num[Tensor, "..."] | None = None
    ) -> tuple[Tensor, int]:
        """Return the sum of B dAᵀ over the kept batch, and its number of samples.

        Args:
            desired_activation: Takes the place of dA.

        Returns:
            The sum, `[in_features + bias, out_features]`, and the number.
        """
        goal = self.adapter.output_rows_of(self._goal(desired_activation))
        rows = self.adapter.rows_of(self.input)
        return moment_sum(rows, goal, x_ones=self.use_bias), self._n_kept()

    def compute_m_prev_update(
        self, desired_activation: Num[Tensor, "..."] | None = None
    ) -> tuple[Tensor, int]:
        """Return the sum of X dAᵀ over the kept batch, and its number of samples.

        Args:
            desired_activation: Takes the place of dA.

        Returns:
            The sum, `[inputs of the previous layer + bias, out_features]` (of a convolution
            `out_channels * taps`, taps innermost), and the number.
        """
        goal = self._goal(desired_activation)
        products = self.adapter.goal_products(self._required_before(), self.input, goal)
        return products, self._n_kept()

    def compute_cross_covariance_update(self) -> tuple[Tensor, int]:
        """Return the sum of X Bᵀ over the kept batch, and its number of samples.

        Returns:
            The sum, `[inputs of the previous layer + bias, in_features + bias]`, of a convolution
            for every tap, and the number.
        """
        products = self.adapter.input_products(self._required_before(), self.input)
        return products, self._n_kept()

    def compute_covariance_loss_gradient_update(self) -> tuple[Tensor, int]:
        """Return the sum of dA dAᵀ over the kept batch, and its number of samples."""
        gradient = self.adapter.output_rows_of(self._statistics.gradient())
        return second_moment_sum(gradient), self._n_kept()

    def compute_n_update(self) -> tuple[Tensor, int]:
        """Return the sum of −X (dA − δ B)ᵀ over the kept batch: N by a second pass, as a check.

        Returns:
            The sum, of the shape of `tensor_n`, and the number of samples.
        """
        total, samples = self.compute_m_prev_update(self.projected_v_goal(self.input))
        return -total, samples

    @torch.no_grad()
    def projected_v_goal(self, input_vector: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
        """What is left of the gradient once the best change is taken: dA − δ B.

        Args:
            input_vector: Inputs of the layer.

        Returns:
            Of the shape of the pre-activity.

        Raises:
            GrowthError: If there is no optimal delta.
        """
        if self.optimal_delta_layer is None:
            raise GrowthError(
                f"{self.name} has no optimal delta yet; call compute_optimal_delta() before"
            )
        return self._statistics.gradient() - self.optimal_delta_layer(input_vector)

    def _goal(self, desired_activation: Tensor | None) -> Tensor:
        return self._statistics.gradient() if desired_activation is None else desired_activation

    def _n_kept(self) -> int:
        return self.adapter.count_of(self.input)

    # Solving.

    @torch.no_grad()
    def compute_optimal_delta(
        self,
        update: bool = True,
        dtype: torch.dtype | None = None,
        force_pseudo_inverse: bool = False,
        use_fisher: bool = False,
        relative_cut: float = RELATIVE_CUT,
    ) -> tuple[Tensor, Tensor | None, Tensor]:
        """Find the best change of the layer's weights, δ = (S⁺ M)ᵀ.

        The loss falls along W ← W − γ δ.

        Args:
            update: Stores the change and its decrease.
            dtype: Type of what is returned; that of the weights by default. The solution is float64
                always.
            force_pseudo_inverse: Accepted and needless: the solution is that of the pseudo-inverse
                always.
            use_fisher: Preconditions by the empirical Fisher information of the outputs; it must
                have been counted.
            relative_cut: See `whitening`.

        Returns:
            Changes of weight and bias (None without one), and the first-order decrease of the loss
            per sample.
        """
        fisher = self.covariance_loss_gradient() if use_fisher else None
        moment = self.tensor_m()
        delta = optimal_delta(self.tensor_s(), moment, fisher=fisher, relative_cut=relative_cut)
        decrease = first_order_decrease(moment, delta)
        weight, bias = self.adapter.split_rows(delta.to(dtype or self.weight.dtype))
        self.delta_raw = delta
        if update:
            stored_bias = None if bias is None else bias.to(self.weight)
            layer = self.layer_of_tensor(weight.to(self.weight), stored_bias)
            self._trial.change(delta=layer, decrease=decrease)
        return weight, bias, decrease

    @torch.no_grad()
    def compute_optimal_updates(
        self,
        numerical_threshold: float = RELATIVE_CUT,
        statistical_threshold: float = 1e-3,
        maximum_added_neurons: int | None = None,
        update_previous: bool = True,
        dtype: torch.dtype | None = None,
        compute_delta: bool = True,
        use_covariance: bool = True,
        alpha_zero: bool = False,
        omega_zero: bool = False,
        use_projection: bool = True,
        ignore_singular_values: bool = False,
        use_fisher: bool = False,
    ) -> tuple[Tensor | None, Tensor | None]:
        """Find the best change of the layer's weights and the best new neurons before it.

        Args:
            numerical_threshold: Share of the largest eigenvalue below which directions of inputs
                are left alone.
            statistical_threshold: Share of the largest singular value that a new neuron needs.
            maximum_added_neurons: How many there may be.
            update_previous: Stores with the previous layer what new neurons read.
            dtype: Type of what is returned; that of the weights by default.
            compute_delta: See `UpdateOptions`, as for all that follow.
            use_covariance: See there.
            alpha_zero: See there. Behind an activation with a kink at 0, as ReLU, neurons that read
                nothing would never learn; they get a small positive bias instead, whose effect the
                layer's own bias takes away.
            omega_zero: See there.
            use_projection: See there.
            ignore_singular_values: See there.
            use_fisher: See there.

        Returns:
            Weights and biases that new neurons read with, `(None, None)` if nothing comes before
            this layer. There may be no neurons, if nothing is left to explain.

        Raises:
            ConfigError: If `maximum_added_neurons` is negative.
        """
        if maximum_added_neurons is not None:
            check_integer("maximum_added_neurons", maximum_added_neurons, least=0)
        self._trial.update = Update(ignores_singular_values=ignore_singular_values)
        before = self._before
        if compute_delta or (use_projection and before is not None):
            self.compute_optimal_delta(compute_delta, None, False, use_fisher, numerical_threshold)
        if before is None:
            return None, None
        moment = self.tensor_s_growth() if use_covariance else None
        fisher = None
        if use_fisher:
            fisher = self.adapter.fisher_of_target(self.covariance_loss_gradient())
        extension = blockwise_extension(
            moment,
            self.tensor_n if use_projection else -self.tensor_m_prev(),
            before.blocks(),
            n_neurons=maximum_added_neurons,
            fisher=fisher,
            ignore_singular_values=ignore_singular_values,
            relative_cut=numerical_threshold,
        )
        noise = 0.0
        if use_projection:  # without it the target is no difference
            precision = torch.finfo(self.weight.dtype).eps
            noise = rounding_noise(self.tensor_m_prev(), moment, precision, numerical_threshold)
        n_kept = int(count_significant(extension.singular_values, statistical_threshold, noise))
        alpha = self._take_neurons(extension.first(n_kept), alpha_zero, omega_zero, update_previous)
        alpha = alpha.to(dtype or self.weight.dtype)
        return (alpha[:, :-1], alpha[:, -1]) if before.has_bias else (alpha, None)

    def _take_neurons(
        self, extension: Extension, alpha_zero: bool, omega_zero: bool, update_previous: bool
    ) -> Tensor:
        """Store new neurons as the update, and what they read with the previous layer."""
        before = self._required_before()
        alpha, omega, singular_values = extension
        lift = None
        if alpha_zero:
            alpha, lift = reading_nothing(alpha, before)
        if omega_zero:
            omega = torch.zeros_like(omega)
        neuron_decrease = extension_decrease(alpha, omega, self.tensor_m_prev())
        if lift is not None:  # it is compensated: nothing changes
            neuron_decrease = torch.zeros_like(neuron_decrease)
        weight = self.adapter.weight_of_new_inputs(omega.to(self.weight))
        self._trial.change(
            incoming=self.layer_of_tensor(weight, force_bias=False) if len(alpha) else None,
            singular_values=singular_values,
            neuron_decrease=neuron_decrease,
            lift=lift,
        )
        if update_previous:
            before.store(alpha)
        return alpha

    # What was found, and what it promises.

    @property
    def optimal_delta_layer(self) -> Growable | None:
        """The change of the layer's own weights as a layer, to be taken off; None without one."""
        return self._update.delta

    @optimal_delta_layer.setter
    def optimal_delta_layer(self, layer: Growable | None) -> None:
        self._trial.change(delta=layer)

    @property
    def extended_input_layer(self) -> Growable | None:
        """How new neurons before this layer act on it, as a layer; None without any."""
        return self._update.incoming

    @extended_input_layer.setter
    def extended_input_layer(self, layer: Growable | None) -> None:
        self._trial.change(incoming=layer)

    @property
    def extended_output_layer(self) -> Growable | None:
        """New neurons of this layer, which the next one has asked for; None without any."""
        return self.outlet.extension

    @extended_output_layer.setter
    def extended_output_layer(self, layer: Growable | None) -> None:
        self.outlet.extension = layer

    @property
    def eigenvalues_extension(self) -> Tensor | None:
        """Singular values of new neurons, falling; None for random ones."""
        return self._update.singular_values

    @eigenvalues_extension.setter
    def eigenvalues_extension(self, values: Tensor | None) -> None:
        self._trial.change(singular_values=values)

    @property
    def parameter_update_decrease(self) -> Tensor | float:
        """How fast the loss per sample falls along the change of the layer's own weights."""
        return self._update.decrease

    @parameter_update_decrease.setter
    def parameter_update_decrease(self, decrease: Tensor | float) -> None:
        self._trial.change(decrease=decrease)

    @property
    def neuron_decrease(self) -> Tensor | None:
        """How fast the loss per sample falls with each new neuron, for an activation of slope 1."""
        return self._update.neuron_decrease

    @property
    def first_order_improvement(self) -> Tensor:
        """How fast the loss per sample falls as the updates are let in: its measured slope, in γ².

        The change δ is taken times γ², both sides of new neurons times γ. For activations that are
        smooth at 0 with f(0) = 0. The sum of squared singular values, which
        `improvement_after_delta` holds, leaves out that new neurons are chosen for the loss after
        δ, and partly undo it before.
        """
        return self._update.improvement(self._slope_of_new())

    @property
    def improvement_after_delta(self) -> Tensor:
        """Decrease by δ, plus Σ s² times the slope of the activation: what TINY reports.

        It is the slope due to new neurons once δ has been absorbed. With `ignore_singular_values`
        it is Σ s, the norm of the gradient that new neurons will get.
        """
        return self._update.improvement_after_delta(self._slope_of_new())

    def _slope_of_new(self) -> Tensor:
        has_neurons = self.eigenvalues_extension is not None
        return self.activation_gradient if has_neurons else self.weight.new_ones(())

    @property
    def activation_gradient(self) -> Tensor:
        """Slope, just above 0, of the function between the previous layer and this one.

        Raises:
            GrowthError: If there is no previous module.
        """
        if self._before is None:
            raise GrowthError(
                f"{self.name} has no previous module, hence no activation before it; set "
                "previous_module"
            )
        return slope_right_of_zero(self._before.function(), self.weight)

    # Selecting and forgetting.

    @torch.no_grad()
    def sub_select_optimal_added_parameters(
        self,
        keep_neurons: int | None = None,
        threshold: float | None = None,
        sub_select_previous: bool = True,
        zeros_if_not_enough: bool = False,
        zeros_fan_in: bool = True,
        zeros_fan_out: bool = False,
    ) -> None:
        """Keep the first new neurons.

        Args:
            keep_neurons: How many, or
            threshold: The singular value that a neuron needs: exactly one of both.
            sub_select_previous: Selects what they read, too.
            zeros_if_not_enough: Keeps all of them and sets those not selected to zero instead:
            zeros_fan_in: what they read, and
            zeros_fan_out: how they act on this layer.

        Raises:
            ConfigError: If both or none of the first two are given.
            GrowthError: If there are no new neurons.
        """
        is_selected = self._trial.selection(keep_neurons, threshold)
        before = self._before if sub_select_previous else None
        if zeros_if_not_enough:
            self._trial.silence(~is_selected, before if zeros_fan_in else None, zeros_fan_out)
        else:
            self._trial.keep(is_selected.nonzero().flatten(), before)

    def delete_update(
        self,
        include_previous: bool = True,
        delete_delta: bool = True,
        delete_input: bool = True,
        delete_output: bool = False,
    ) -> None:
        """Forget updates.

        Args:
            include_previous: Forgets what new neurons before this layer read.
            delete_delta: Forgets the change of the layer's own weights.
            delete_input: Forgets how new neurons before this layer act on it.
            delete_output: Forgets what new neurons of this layer read; the next layer may still
                want them.
        """
        self._trial.update = Update(
            delta=None if delete_delta else self.optimal_delta_layer,
            incoming=None if delete_input else self.extended_input_layer,
        )
        if delete_output:
            self.outlet.drop()
        if include_previous and self._before is not None:
            self._before.drop()
        self._statistics.forget()

    # How much of an update to take.

    @property
    def optimal_delta_scaling(self) -> Tensor:
        """Factor of the change of the layer's own weights, a tensor of one number."""
        return self._trial.delta_scaling

    @optimal_delta_scaling.setter
    def optimal_delta_scaling(self, value: float | Tensor) -> None:
        self._trial.delta_scaling = as_scaling(value, self.weight)

    @property
    def input_extension_scaling(self) -> Tensor:
        """Factor of how new neurons act on this layer, a tensor of one number."""
        return self._trial.input_scaling

    @input_extension_scaling.setter
    def input_extension_scaling(self, value: float | Tensor) -> None:
        self._trial.input_scaling = as_scaling(value, self.weight)

    @property
    def output_extension_scaling(self) -> Tensor:
        """Factor of what new neurons of this layer read, a tensor of one number."""
        return self.outlet.scaling

    @output_extension_scaling.setter
    def output_extension_scaling(self, value: float | Tensor) -> None:
        self.outlet.scaling = value

    @property
    def scaling_factor(self) -> Tensor:
        """One number γ for all, so that all changes grow alike.

        δ is taken γ² times, both sides of new neurons γ times.
        """
        return self.input_extension_scaling

    @scaling_factor.setter
    def scaling_factor(self, value: float | Tensor) -> None:
        self.input_extension_scaling = value
        self.optimal_delta_scaling = self.input_extension_scaling**2
        if self._before is not None:
            self._before.scaling = value

    def set_scaling_factor(self, factor: float) -> None:
        """Set `scaling_factor`.

        Args:
            factor: γ.
        """
        self.scaling_factor = factor

    @staticmethod
    def scale_layer(layer: nn.Module, scale: float) -> nn.Module:
        """Multiply the weight and the bias of a layer, in place.

        Args:
            layer: Any layer.
            scale: The factor.

        Returns:
            The layer.
        """
        scale_in_place(layer, scale)
        return layer

    def scale_parameter_update(self, scale: float) -> None:
        """Multiply the change of the layer's own weights, and the decrease it promises.

        Args:
            scale: The factor.
        """
        self._trial.scale_delta(scale)

    def scale_layer_extension(
        self,
        scale: float | None = None,
        scale_output: float | None = None,
        scale_input: float | None = None,
    ) -> None:
        """Multiply new neurons; singular values, whose squares count, by the root of both factors.

        Args:
            scale: Factor of both sides, or
            scale_output: of what they read, and
            scale_input: of how they act on this layer.

        Raises:
            ConfigError: If both forms are given, or half of the second.
            GrowthError: If there are no new neurons.
        """
        if scale is not None and scale_output is None and scale_input is None:
            scale_output = scale_input = scale
        elif scale is not None or scale_output is None or scale_input is None:
            raise ConfigError("give either scale, or both scale_output and scale_input")
        self._trial.scale_neurons(float(scale_output), float(scale_input), self._before)

    def normalize_optimal_updates(
        self,
        std_target: float | None = None,
        normalization_type: str = "legacy_normalization",
        gradmax_scale: float = 1.0,
    ) -> None:
        """Bring the parts of the update to comparable lengths.

        With s the target and d, i, o the standard deviations of the change, of how new neurons act
        and of what they read, the parts are multiplied by:

        | kind | change | acting | reading |
        |---|---|---|---|
        | `equalize_second_layer` | s/d | s/i | i/d |
        | `equalize_extensions` | s²/(i o) | s/i | s/o |
        | `match_extending_layer` | std(W)/d | std(W)/i | std(W_previous)/o |
        | `legacy_normalization`, `weird_normalization` | s/d | 1 | s/i |

        Args:
            std_target: Standard deviation to reach; that of the layer's weight by default, or
                1/√fan-in of the new inputs if the layer has no weights.
            normalization_type: One of `NORMALISATIONS`.
            gradmax_scale: For `gradmax_normalization`: length of how a new neuron acts, in mean
                lengths of old ones.

        Raises:
            GrowthError: If there is no previous module.
        """
        if self._before is None:
            raise GrowthError(
                f"{self.name} has no previous module, so there are no extensions to normalise"
            )
        if normalization_type == "gradmax_normalization":
            self._trial.normalise_each(self.weight, gradmax_scale)
            return
        previous_weight = getattr(self.previous_module, "weight", None)
        self._trial.normalise(
            normalization_type, std_target, self.weight, previous_weight, self._before
        )

    # Trying and applying.

    def extended_forward(
        self,
        x: Num[Tensor, "..."],
        x_ext: Num[Tensor, "..."] | None = None,
        use_optimal_delta: bool = True,
        use_extended_input: bool = True,
        use_extended_output: bool = True,
    ) -> tuple[Num[Tensor, "..."], Num[Tensor, "..."] | None]:
        """Apply the layer as it would be with the updates at their scalings; nothing is kept.

        Args:
            x: Samples.
            x_ext: Activations of new neurons before this layer, as returned by the previous layer.
            use_optimal_delta: Takes the change of the layer's own weights.
            use_extended_input: Takes new neurons before this layer.
            use_extended_output: Computes new neurons of this layer.

        Returns:
            Activations, and those of new neurons (None if there are none).

        Raises:
            GrowthError: If there are new neurons before this layer, and nothing of them is given,
                or the reverse.
        """
        pre_activity = self.layer(x)
        if use_optimal_delta:
            pre_activity = self._trial.with_delta(pre_activity, x)
        if use_extended_input:
            pre_activity = self._trial.with_new_inputs(pre_activity, x_ext, self._lifted_from())
        activation = self.post_layer_function(pre_activity)
        return activation, self.outlet.activation(x) if use_extended_output else None

    def _lifted_from(self) -> Outlet | None:
        return self._before if self.use_bias else None  # a bias must take the lift away

    @torch.no_grad()
    def apply_change(
        self,
        scaling_factor: float | Tensor | None = None,
        apply_previous: bool = True,
        apply_delta: bool = True,
        apply_extension: bool = True,
        extension_size: int | None = None,
        optimal_delta_scaling: float | Tensor | None = None,
        input_extension_scaling: float | Tensor | None = None,
        output_extension_scaling: float | Tensor | None = None,
        *,
        optimizer: Optimizer | None = None,
    ) -> list[Insertion]:
        """Make the updates part of the network, at their scalings; what has been applied is gone.

        Args:
            scaling_factor: Sets `scaling_factor` before.
            apply_previous: Lets the previous layer have what new neurons read.
            apply_delta: Changes the layer's own weights.
            apply_extension: Lets this layer have how new neurons act on it.
            extension_size: How many new neurons; all by default.
            optimal_delta_scaling: Sets it before.
            input_extension_scaling: Sets it before.
            output_extension_scaling: Sets that of the previous layer before.
            optimizer: Follows the growth, see `follow`; several may do so later with what is
                returned.

        Returns:
            Which parameters grew. They are the same objects as before.
        """
        before = self._before
        if scaling_factor is not None:
            self.scaling_factor = scaling_factor
        if optimal_delta_scaling is not None:
            self.optimal_delta_scaling = optimal_delta_scaling
        if input_extension_scaling is not None:
            self.input_extension_scaling = input_extension_scaling
        if output_extension_scaling is not None and before is not None:
            before.scaling = output_extension_scaling
        if extension_size is not None:
            self._keep_size(extension_size)
        step = self._trial.delta_step() if apply_delta else None
        if step is not None:
            self.parameter_step(*step)
            self.optimal_delta_layer = None
        insertions = self._apply_new_inputs() if apply_extension else []
        if apply_previous and before is not None:
            insertions += before.apply()
        if optimizer is not None:
            follow(optimizer, insertions)
        return insertions

    def _keep_size(self, size: int) -> None:
        present = self._update.n_neurons
        if size == present:
            return
        if not 0 <= size < present:
            raise GrowthError(
                f"{self.name} has {present} new neurons, not {size}; find or create more"
            )
        self._trial.keep(torch.arange(size, device=self.weight.device), self._before)

    def _apply_new_inputs(self) -> list[Insertion]:
        weight = self._trial.new_inputs()
        if weight is None:
            return []
        lifted = self._trial.lifted_output(self._lifted_from())
        if lifted is not None and self.bias is not None:
            self.bias.sub_(lifted)
        self.extended_input_layer = None
        insertions = []
        # Slots from the last to the first, so that earlier positions stay where they are.
        for at, new in reversed(self._required_before().slots(weight.shape[1])):
            if len(new):
                insertions += self.layer_in_extension(weight[:, new], at)
        return insertions

    @torch.no_grad()
    def parameter_step(
        self, delta_weights: Num[Tensor, "..."], delta_biases: Num[Tensor, " _"] | None = None
    ) -> None:
        """Add to the weight, and to the bias if something is given for it.

        Args:
            delta_weights: Of the shape of the weight.
            delta_biases: Of the shape of the bias.
        """
        self.weight.add_(delta_weights)
        if delta_biases is not None and self.bias is not None:
            self.bias.add_(delta_biases)

    def layer_in_extension(
        self, weight: Num[Tensor, "..."], at: int | None = None
    ) -> list[Insertion]:
        """Give the layer more inputs; updates that are under way get zeros there.

        Args:
            weight: Weights of the new inputs, shaped like the layer's own weight but along axis 1.
            at: How many of the old inputs come first; all by default.

        Returns:
            Which parameters grew.
        """
        insertions = self.adapter.grow_inputs(weight, self.in_neurons if at is None else at)
        of_weight = insertions[0]
        self._trial.follow_inputs(of_weight)
        self.outlet.extension = padded(self.outlet.extension, of_weight, self.layer_of_tensor)
        self._statistics.forget()  # what was kept has the old size
        return insertions

    def layer_out_extension(
        self, weight: Num[Tensor, "..."], bias: Num[Tensor, " _"] | None = None
    ) -> list[Insertion]:
        """Give the layer and the norms behind it more outputs; updates under way get zeros there.

        Args:
            weight: Weights of the new outputs, shaped like the layer's own weight but along axis 0.
            bias: Their biases; zeros by default.

        Returns:
            Which parameters grew.
        """
        insertions = self.adapter.grow_outputs(weight, bias)
        self._trial.follow_outputs(insertions[0])
        self._statistics.forget()
        return insertions + widen_norms(self.post_layer_function, weight.shape[0])

    def add_parameters(
        self,
        matrix_extension: Num[Tensor, "..."] | None = None,
        bias_extension: Num[Tensor, " _"] | None = None,
        added_in_features: int = 0,
        added_out_features: int = 0,
    ) -> list[Insertion]:
        """Give the layer more inputs, or more outputs.

        Args:
            matrix_extension: Weights of what is new; zeros by default.
            bias_extension: Biases of new outputs; zeros by default.
            added_in_features: How many neurons come in anew, or
            added_out_features: How many go out anew: exactly one of both is positive.

        Returns:
            Which parameters grew.

        Raises:
            GrowthError: If both numbers are positive, or none.
        """
        if (added_in_features > 0) == (added_out_features > 0):
            raise GrowthError(
                "exactly one of added_in_features and added_out_features must be positive, got "
                f"{added_in_features} and {added_out_features}; call twice to add both"
            )
        dim, count = (1, added_in_features) if added_in_features else (0, added_out_features)
        weight = matrix_extension
        if weight is None:
            weight = self._new_weight(dim, count).zero_()
        if dim == 1:
            return self.layer_in_extension(weight)
        return self.layer_out_extension(weight, bias_extension)

    def _new_weight(self, dim: int, count: int) -> Tensor:
        """A weight like the layer's, its values not set, with so many slices along an axis."""
        shape = list(self.weight.shape)
        shape[dim] = count
        return self.weight.new_empty(shape)

    # Random neurons, and how many to add.

    def create_layer_in_extension(self, extension_size: int) -> None:
        """Allocate how new neurons before this layer will act on it, without values.

        Args:
            extension_size: How many they are.
        """
        weight = self._new_weight(1, extension_size)
        self.extended_input_layer = self.layer_of_tensor(weight, force_bias=False)

    def create_layer_out_extension(self, extension_size: int) -> None:
        """Allocate what new neurons of this layer will read, without values.

        Args:
            extension_size: How many they are.
        """
        bias = self.weight.new_empty((extension_size,)) if self.use_bias else None
        self.extended_output_layer = self.layer_of_tensor(self._new_weight(0, extension_size), bias)

    def copy_uniform_initialization(
        self,
        tensor: Num[Tensor, "..."],
        reference_tensor: Num[Tensor, "..."] | None,
        fan_in: int,
        generator: torch.Generator | None = None,
    ) -> None:
        """Fill a tensor with U(±√3 std(reference)).

        The law is that of `kaiming_initialization` if the reference does not vary.

        Args:
            tensor: Filled in place.
            reference_tensor: Whose standard deviation is taken.
            fan_in: Inputs of a neuron, new ones included.
            generator: Source of randomness.
        """
        INITIALISERS["copy_uniform"](tensor, reference_tensor, fan_in, generator)

    def kaiming_initialization(
        self,
        tensor: Num[Tensor, "..."],
        reference_tensor: Num[Tensor, "..."] | None,
        fan_in: int,
        generator: torch.Generator | None = None,
    ) -> None:
        """Fill a tensor with U(±√(6 / fan_in)).

        Args:
            tensor: Filled in place.
            reference_tensor: Unused.
            fan_in: Inputs of a neuron, new ones included.
            generator: Source of randomness.
        """
        INITIALISERS["kaiming"](tensor, reference_tensor, fan_in, generator)

    def _growing_previous(self) -> "GrowingModule":
        self._required_before()
        if not isinstance(self.previous_module, GrowingModule):
            raise GrowthError(
                f"random neurons need one growing layer before {self.name}, got "
                f"{type(self.previous_module).__name__}; use compute_optimal_updates, which works "
                "across merges"
            )
        return self.previous_module

    @torch.no_grad()
    def create_layer_extensions(
        self,
        extension_size: int,
        output_extension_size: int | None = None,
        input_extension_size: int | None = None,
        output_extension_init: str = "copy_uniform",
        input_extension_init: str = "copy_uniform",
        neuron_pairing: str | None = None,
        rescaling: str | None = None,
        noise_ratio: float = 0.001,
        generator: torch.Generator | None = None,
    ) -> None:
        """Create random neurons before this layer: rescale present weights, allocate, fill, pair.

        Args:
            extension_size: How many; with pairing, both partners count.
            output_extension_size: How many outputs of the previous layer, if that differs.
            input_extension_size: How many inputs of this layer, if that differs.
            output_extension_init: Law of what they read, one of `INITIALISERS`.
            input_extension_init: Law of how they act on this layer.
            neuron_pairing: One of `PAIRINGS`; see `apply_neuron_pairing`.
            rescaling: One of `RESCALINGS`; see `apply_rescaling`.
            noise_ratio: See `apply_neuron_pairing`.
            generator: Source of randomness.

        Raises:
            ConfigError: If a name is unknown, a size negative, or a size to pair odd.
        """
        previous = self._growing_previous()
        n_out = extension_size if output_extension_size is None else output_extension_size
        n_in = extension_size if input_extension_size is None else input_extension_size
        neurons = RandomNeurons(
            n_outgoing=n_out,
            n_incoming=n_in,
            outgoing_law=output_extension_init,
            incoming_law=input_extension_init,
            neuron_pairing=neuron_pairing,
        )
        if 0 in {n_out, n_in}:  # nothing to add is no extension at all
            self.delete_update(delete_delta=False)
            return
        self.apply_rescaling(rescaling, neuron_pairing, n_in)
        previous.create_layer_out_extension(n_out)
        self.create_layer_in_extension(n_in)
        outgoing = previous.outlet.layers()[0]
        incoming = self._trial.incoming()
        self._trial.update = Update(delta=self.optimal_delta_layer, incoming=incoming)
        neurons.fill(outgoing, incoming, previous.layer, self.layer, generator)
        self.apply_neuron_pairing(neuron_pairing, noise_ratio, generator)

    @torch.no_grad()
    def apply_rescaling(
        self,
        rescaling: str | None = None,
        neuron_pairing: str | None = None,
        extension_size: int | None = None,
    ) -> None:
        """Scale present weights, biases and batch norms so that activations keep their variance.

        Args:
            rescaling: One of `RESCALINGS`: `default_vt` multiplies this layer by √(fan-in / new
                fan-in); the others bring the variance of the previous weights to 1 / their fan-in,
                and of these to 1 / fan-in (`vt_constraint_old_shape`) or 1 / new fan-in
                (`vt_constraint_new_shape`).
            neuron_pairing: Checked, and without effect: sizes include partners.
            extension_size: How many neurons are new; by default as many as the extension has.

        Raises:
            GrowthError: If there is neither a size nor an extension.

        Source: Yuan, Savarese & Maire (2024), "Accelerated training via incrementally growing
            neural networks using variance transfer and learning rate adaptation".
        """
        choice("neuron_pairing", neuron_pairing, PAIRINGS)
        rescaling = choice("rescaling", rescaling, RESCALINGS)
        if rescaling == "none" or self.in_neurons == 0:
            return
        if extension_size is None and self.extended_input_layer is None:
            raise GrowthError("the number of new neurons is unknown; pass extension_size")
        n_new = self._update.n_neurons if extension_size is None else extension_size
        previous = self._growing_previous()
        factors = rescaling_factors(
            rescaling,
            previous.weight,
            self.weight,
            previous.in_features,
            self.in_features,
            self.get_fan_in_from_layer(num_neurons=self.in_neurons + n_new),
        )
        for module, factor in zip((previous, self), factors, strict=True):
            self.scale_layer(module.layer, factor)
            scale_norms(module.post_layer_function, factor)

    def apply_neuron_pairing(
        self,
        neuron_pairing: str | None = None,
        noise_ratio: float = 0.001,
        generator: torch.Generator | None = None,
    ) -> None:
        """Turn the second half of new neurons into partners of the first, which undo them.

        Partners read the same and act with the opposite sign, so that the function is kept.

        Args:
            neuron_pairing: One of `PAIRINGS`.
            noise_ratio: Standard deviation of the noise that lets partners part, in units of that
                of how neurons act; 0 keeps the function exactly.
            generator: Source of randomness.

        Raises:
            GrowthError: If there are no new neurons.
        """
        if choice("neuron_pairing", neuron_pairing, PAIRINGS) == "none":
            return
        outgoing = self._growing_previous().extended_output_layer
        if outgoing is None or self.extended_input_layer is None:
            raise GrowthError(f"{self.name} has no new neurons to pair; create extensions before")
        incoming = self.extended_input_layer.weight
        pair(list(outgoing.parameters()), incoming, noise_ratio, generator)

    def missing_neurons(self) -> int:
        """Return how many input neurons the layer lacks to its target.

        Returns:
            The number; negative if it has more.

        Raises:
            GrowthError: If there is no target.
        """
        if self.target_in_neurons is None:
            raise GrowthError(
                "Target in neurons is not set, cannot compute missing neurons; pass "
                "target_in_neurons"
            )
        return self.target_in_neurons - self.in_neurons

    def number_of_neurons_to_add(
        self, method: str = "fixed_proportional", number_of_growth_steps: int = 1
    ) -> int:
        """Return how many neurons the next growth step should add.

        After all steps, none is missing.

        Args:
            method: `fixed_proportional`: after step j of n, ⌊j (target − initial) / n⌋ neurons have
                been added.
            number_of_growth_steps: n.

        Returns:
            How many are missing to the next of these numbers; 0 at the target.

        Raises:
            ConfigError: If the method is unknown or n is not positive.
        """
        if method != "fixed_proportional":
            raise ConfigError(f"Unknown method: {method}. Choose 'fixed_proportional'")
        check_integer("number_of_growth_steps", number_of_growth_steps)
        target = self.missing_neurons() + self.in_neurons
        return next_step_size(
            self.initial_in_neurons, self.in_neurons, target, number_of_growth_steps
        )

    def complete_growth(self, extension_kwargs: dict[str, Any] | None = None) -> list[Insertion]:
        """Add all missing neurons at random, at full scale.

        Args:
            extension_kwargs: Arguments of `create_layer_extensions` but the size.

        Returns:
            Which parameters grew, for `follow`.
        """
        missing = self.missing_neurons()
        if missing <= 0:
            return []
        self.create_layer_extensions(missing, **(extension_kwargs or {}))
        insertions = self.apply_change(scaling_factor=1.0)
        self.delete_update()
        return insertions


def _check_kind(layer: nn.Module, name: str) -> None:
    if not isinstance(layer, nn.Linear | nn.Conv2d):
        raise ConfigError(
            f"{name} should grow a torch.nn.Linear or torch.nn.Conv2d, got {type(layer).__name__}"
        )
    if isinstance(layer, nn.Conv2d) and layer.groups != 1:
        raise ConfigError(
            f"{name} has {layer.groups} groups, which keep new channels apart; use groups=1"
        )


def _check_shape(name: str, given: tuple[int, int] | None, actual: tuple[int, int]) -> None:
    if given is not None and tuple(given) != actual:
        raise ConfigError(f"{name} of this layer is {actual}, got {given}; leave it out")
