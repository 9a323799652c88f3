"""The best change of a growing layer and the best neurons before it, as found from what was
counted.
"""

from typing import Any

import torch

from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Float, Tensor

from ._activations import has_kink_at_zero, norms_in, without_norms
from ._module_layer import Growable
from ._module_outgoing import OutgoingPart
from ._solve import (
    RELATIVE_CUT,
    Extension,
    count_significant,
    extension,
    extension_decrease,
    first_order_decrease,
    optimal_delta,
)


class UpdatesPart(OutgoingPart):
    """Optimal updates of a growing layer; see `GrowingModule`."""

    eigenvalues_extension: Tensor | None
    parameter_update_decrease: Tensor | float
    neuron_decrease: Tensor | None

    def __init__(self, layer: Growable, **neighbourhood: Any) -> None:
        super().__init__(layer, **neighbourhood)
        self._clear_numbers()

    def _clear_numbers(self) -> None:
        self.eigenvalues_extension = None
        self.parameter_update_decrease = 0.0
        self.neuron_decrease = None
        self._ignores_singular_values = False
        self._lift: Tensor | None = None

    @torch.no_grad()
    def compute_optimal_delta(
        self,
        update: bool = True,
        dtype: torch.dtype | None = None,
        force_pseudo_inverse: bool = False,
        use_fisher: bool = False,
        relative_cut: float = RELATIVE_CUT,
    ) -> tuple[Tensor, Tensor | None, Tensor]:
        """Find the best change of the layer's weights, δ = (S⁺ M)ᵀ; the loss falls along W ← W − γ
        δ.

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
        weight = (
            delta[:, : self.in_features].reshape(self.weight.shape).to(dtype or self.weight.dtype)
        )
        bias = delta[:, -1].to(dtype or self.weight.dtype) if self.use_bias else None
        self.delta_raw = delta
        if update:
            stored = None if bias is None else bias.to(self.weight)
            self.optimal_delta_layer = self.layer_of_tensor(weight.to(self.weight), stored)
            self.parameter_update_decrease = decrease
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
        if maximum_added_neurons is not None and maximum_added_neurons < 0:
            raise ConfigError(
                f"maximum_added_neurons must be 0 or more, got {maximum_added_neurons!r}"
            )
        self._clear_numbers()
        self.optimal_delta_layer = None
        if compute_delta or (use_projection and self.previous_module is not None):
            self.compute_optimal_delta(compute_delta, None, False, use_fisher, numerical_threshold)
        if self.previous_module is None:
            return None, None
        target = self.tensor_n if use_projection else -self.tensor_m_prev()
        found = self._best_neurons(
            target,
            numerical_threshold,
            maximum_added_neurons,
            use_covariance,
            ignore_singular_values,
            use_fisher,
        )
        noise = self._noise(numerical_threshold, use_covariance) if use_projection else 0.0
        kept = slice(int(count_significant(found.singular_values, statistical_threshold, noise)))
        found = Extension(found.alpha[kept], found.omega[:, kept], found.singular_values[kept])
        self._ignores_singular_values = ignore_singular_values
        return self._store_extension(found, alpha_zero, omega_zero, update_previous, dtype)

    def _best_neurons(
        self,
        target: Tensor,
        relative_cut: float,
        n_neurons: int | None,
        use_covariance: bool,
        ignore_singular_values: bool,
        use_fisher: bool,
    ) -> Extension:
        moment = self.tensor_s_growth() if use_covariance else None
        fisher = self._fisher_of_targets() if use_fisher else None
        parts = []
        for block in self.previous_module.growth_blocks():
            inputs = slice(None) if block is None else block
            part = extension(
                moment if moment is None or block is None else moment[block][:, block],
                target[inputs],
                n_neurons=n_neurons,
                fisher=fisher,
                ignore_singular_values=ignore_singular_values,
                relative_cut=relative_cut,
            )
            alpha = part.alpha.new_zeros(part.alpha.shape[0], len(target))
            alpha[:, inputs] = part.alpha
            parts.append(Extension(alpha, part.omega, part.singular_values))
        return parts[0] if len(parts) == 1 else _best_of(parts, n_neurons)

    def _fisher_of_targets(self) -> Tensor:
        return self.covariance_loss_gradient()

    def _noise(self, relative_cut: float, use_covariance: bool) -> float:
        # Singular values that rounding may leave of a target that is explained in full. The target
        # is a difference; along the weakest directions that are kept, of the eigenvalue
        # `relative_cut`, its rounding is enlarged by the inverse root of that.
        size = self.tensor_m_prev().norm()
        if use_covariance:
            mean_square = self.tensor_s_growth().diagonal().mean()
            size = torch.where(mean_square > 0, size / mean_square.clamp(min=1e-300).sqrt(), size)
        return (
            10 * torch.finfo(self.weight.dtype).eps * float(size) / max(relative_cut, 1e-12) ** 0.5
        )

    def _store_extension(
        self,
        found: Extension,
        alpha_zero: bool,
        omega_zero: bool,
        update_previous: bool,
        dtype: torch.dtype | None,
    ) -> tuple[Tensor, Tensor | None]:
        alpha = self._reading_nothing(found.alpha) if alpha_zero else found.alpha
        omega = torch.zeros_like(found.omega) if omega_zero else found.omega
        self.eigenvalues_extension = found.singular_values
        self.neuron_decrease = extension_decrease(alpha, omega, self.tensor_m_prev())
        if self._lift is not None:
            self.neuron_decrease = torch.zeros_like(
                self.neuron_decrease
            )  # the lift is compensated: nothing changes
        n_neurons = alpha.shape[0]
        incoming = omega.T.reshape(
            n_neurons, self.weight.shape[0], *self.weight.shape[2:]
        ).transpose(0, 1)
        incoming = incoming.to(self.weight).contiguous()
        self.extended_input_layer = (
            self.layer_of_tensor(incoming, force_bias=False) if n_neurons else None
        )
        if update_previous:
            self.previous_module.set_output_extension(alpha)
        alpha = alpha.to(dtype or self.weight.dtype)
        return (alpha[:, :-1], alpha[:, -1]) if self.previous_module.growth_ones else (alpha, None)

    def _reading_nothing(self, alpha: Tensor) -> Tensor:
        function = self.previous_module.outgoing_function()
        if not has_kink_at_zero(function) and len(self.previous_module.growth_blocks()) == 1:
            return torch.zeros_like(alpha)
        if any(norms_in(function)):
            raise GrowthError(
                "neurons that read nothing stay dead behind a norm and an activation with a kink at 0; "
                "use omega_zero instead of alpha_zero, or a smooth activation"
            )
        lift = self.previous_module.constant_lift().to(alpha)
        if (
            lift == 0
        ):  # no bias to lift them with: a short step the way they will go, past which half the samples count
            return alpha * (
                1e-3
                * self.previous_module.reading_length().to(alpha)
                / alpha.norm(dim=1, keepdim=True)
            )
        self._lift = lift
        lifted = torch.zeros_like(alpha)
        lifted[:, -1] = lift
        return lifted

    def _lift_compensation(self) -> Float[Tensor, " outputs"] | None:
        """What lifted neurons add to every sample, to be taken off the bias; None if there are
        none.
        """
        if self._lift is None or self.extended_input_layer is None or not self.use_bias:
            return None
        says = self.extended_input_layer.weight
        says = (
            says.flatten(2).sum(dim=2) if says.ndim > 2 else says
        )  # all taps of a kernel see the same constant
        reads = (
            (self.previous_module.output_extension_scaling * self._lift)
            .to(says)
            .expand(says.shape[1])
        )
        function = without_norms(self.previous_module.outgoing_function())
        return self.input_extension_scaling * (says @ function(reads))

    @property
    def first_order_improvement(self) -> Tensor:
        """How fast the loss per sample falls as the updates are let in: its measured slope, in γ².

        The change δ is taken times γ², both sides of new neurons times γ. For activations that are
        smooth at 0 with f(0) = 0. The sum of squared singular values, which
        `improvement_after_delta` holds, leaves out that new neurons are chosen for the loss after
        δ, and partly undo it before.
        """
        decrease = torch.as_tensor(
            self.parameter_update_decrease, dtype=torch.float64, device=self.weight.device
        )
        if self.neuron_decrease is None:
            return decrease
        return decrease + self.activation_gradient.to(decrease) * self.neuron_decrease.sum()

    @property
    def improvement_after_delta(self) -> Tensor:
        """Decrease by δ, plus Σ s² times the slope of the activation: what TINY reports.

        It is the slope due to new neurons once δ has been absorbed. With `ignore_singular_values`
        it is Σ s, the norm of the gradient that new neurons will get.
        """
        decrease = torch.as_tensor(
            self.parameter_update_decrease, dtype=torch.float64, device=self.weight.device
        )
        if self.eigenvalues_extension is None:
            return decrease
        values = self.eigenvalues_extension
        gain = values.sum() if self._ignores_singular_values else values.square().sum()
        return decrease + self.activation_gradient.to(decrease) * gain


def _best_of(parts: list[Extension], n_neurons: int | None) -> Extension:
    alpha, omega = (
        torch.cat([part.alpha for part in parts]),
        torch.cat([part.omega for part in parts], dim=1),
    )
    values, order = torch.cat([part.singular_values for part in parts]).sort(
        descending=True, stable=True
    )
    kept = order[:n_neurons]
    return Extension(alpha[kept], omega[:, kept], values[:n_neurons])
