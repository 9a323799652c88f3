"""What a growing layer counts while a data set passes, and the tensors made of it."""

from abc import abstractmethod
from typing import Any

import torch

from edgelab.errors import ConfigError, GrowthError
from edgelab.typing import Num, Tensor

from ._module_layer import Growable
from ._module_resize import ResizePart
from ._solve import projected_target
from ._statistics import TensorStatistic, moment_sum, second_moment_sum


class StatisticsPart(ResizePart):
    """Statistics of a growing layer; see `GrowingModule`."""

    delta_raw: Tensor | None

    def __init__(self, layer: Growable, **neighbourhood: Any) -> None:
        super().__init__(layer, **neighbourhood)
        updates = {
            "tensor_s": self.compute_s_update,
            "tensor_m": self.compute_m_update,
            "tensor_m_prev": self.compute_m_prev_update,
            "cross_covariance": self.compute_cross_covariance_update,
            "covariance_loss_gradient": self.compute_covariance_loss_gradient_update,
        }
        self._statistics = {
            name: TensorStatistic(None, update, name=f"{name} of {self.name}")
            for name, update in updates.items()
        }
        self._counted: tuple[str, ...] = ()
        self._counts_growth = True
        self._n_averaged = 1.0
        self.delta_raw = None

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
        """S_X of the inputs that new neurons would read: the previous layer's S, shared and never
        counted twice.
        """
        return self._previous().tensor_s

    @property
    def tensor_n(self) -> Tensor:
        """N = −M_X + P δᵀ: what new neurons should explain once δ has been taken."""
        return projected_target(self.tensor_m_prev(), self.cross_covariance(), self._known_delta())

    def _known_delta(self) -> Tensor:
        if self.delta_raw is None:
            raise GrowthError(
                f"{self.name} has no optimal delta yet; call compute_optimal_delta() before"
            )
        return self.delta_raw

    def _previous(self) -> Any:
        if self.previous_module is None:
            raise GrowthError(
                f"{self.name} has no previous module, so nothing can grow before it; set previous_module"
            )
        return self.previous_module

    def init_computation(
        self,
        *,
        compute_delta: bool = True,
        use_projection: bool = True,
        use_covariance: bool = True,
        use_fisher: bool = False,
    ) -> None:
        """Start counting; only what `compute_optimal_updates` will need with the same options is
        counted.

        Args:
            compute_delta: The layer's own best change is wanted.
            use_projection: New neurons should explain what that change leaves.
            use_covariance: Inputs of new neurons are whitened.
            use_fisher: Outputs are whitened.
        """
        before = self.previous_module is not None
        wanted = {
            "tensor_s": compute_delta or (before and use_projection),
            "tensor_m": compute_delta or (before and use_projection),
            "tensor_m_prev": before,
            "cross_covariance": before and use_projection,
            "covariance_loss_gradient": use_fisher,
        }
        self.start_recording("own")
        self._counted = tuple(name for name, use in wanted.items() if use)
        for name, statistic in self._statistics.items():
            if name != "tensor_s":  # shared with the next layer: start_recording knows
                statistic.init()
        if before:
            self._counts_growth = use_covariance
            self.previous_module.start_recording("next")

    def start_recording(self, purpose: str) -> None:
        """Keep inputs from now on.

        Args:
            purpose: `own` for this layer's statistics, `next` for those of the layer after it.
        """
        if purpose in self._recording or not self._recording:
            self.tensor_s.init()
        self._recording.add(purpose)

    def stop_recording(self, purpose: str) -> None:
        """Keep inputs no longer for this purpose; forget them if there is no other.

        Args:
            purpose: As in `start_recording`.
        """
        self._recording.discard(purpose)
        if not self._recording:
            self.tensor_s.reset()
            self._forget()

    def forward(self, x: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
        """Apply the layer and what follows it; keep the input and the pre-activity while asked to.

        Args:
            x: Samples.

        Returns:
            Activations.
        """
        if torch.is_grad_enabled():
            for statistic in self._statistics.values():
                statistic.updated = False
        return super().forward(x)

    def update_computation(self, n_averaged: float = 1.0) -> None:
        """Count the batch that has just been through forward and backward; a second call counts
        nothing.

        Args:
            n_averaged: Over how many terms the loss of this batch was averaged, 1 for a summed
                loss. A mean over the batch, as in cross entropy, needs the batch size; a mean over
                all numbers, as in mean squared error, their count. Gradients are multiplied by it,
                so that both kinds of loss give one result.

        Raises:
            ConfigError: If that number is not positive.
            GrowthError: If counting was not started, or no gradient has come.
        """
        if not n_averaged > 0:
            raise ConfigError(
                f"n_averaged must be positive, got {n_averaged!r}; give 1 for a summed loss"
            )
        if "own" not in self._recording:
            raise GrowthError(
                f"{self.name} does not count at present; call init_computation() first"
            )
        self._n_averaged = n_averaged
        for name in self._counted:
            self._statistics[name].update()
        if self.previous_module is not None and self._counts_growth:
            self.previous_module.tensor_s.update()

    def reset_computation(self) -> None:
        """Stop counting and forget what was counted and kept, here and in the previous layer."""
        for name, statistic in self._statistics.items():
            if name != "tensor_s":  # the next layer may need S; stop_recording knows
                statistic.reset()
        self.delta_raw = None
        self._counted = ()
        self.stop_recording("own")
        if self.previous_module is not None:
            self.previous_module.stop_recording("next")

    @abstractmethod
    def count_of(self, x: Tensor) -> int:
        """Return how many samples an input holds: rows for a linear layer, images for a
        convolution.
        """

    @abstractmethod
    def output_rows_of(self, values: Tensor) -> Tensor:
        """Return pre-activations, or their gradients, as a matrix with `out_features` columns."""

    def gradient(self) -> Tensor:
        """Return the gradient of the summed loss at the kept pre-activity."""
        gradient = self.pre_activity_gradient
        return gradient if self._n_averaged == 1 else gradient * self._n_averaged

    def compute_s_update(self) -> tuple[Tensor, int]:
        """Return the sum of B Bᵀ over the kept batch, and its number of samples."""
        return second_moment_sum(self.rows_of(self.input), ones=self.use_bias), self.count_of(
            self.input
        )

    def compute_m_update(self, desired_activation: Tensor | None = None) -> tuple[Tensor, int]:
        """Return the sum of B dAᵀ over the kept batch, and its number of samples.

        Args:
            desired_activation: Takes the place of dA.

        Returns:
            The sum, `[in_features + bias, out_features]`, and the number.
        """
        goal = self.output_rows_of(self._goal(desired_activation))
        return moment_sum(self.rows_of(self.input), goal, x_ones=self.use_bias), self.count_of(
            self.input
        )

    def _goal(self, desired_activation: Tensor | None) -> Tensor:
        return self.gradient() if desired_activation is None else desired_activation

    def compute_covariance_loss_gradient_update(self) -> tuple[Tensor, int]:
        """Return the sum of dA dAᵀ over the kept batch, and its number of samples."""
        return second_moment_sum(self.output_rows_of(self.gradient())), self.count_of(self.input)

    @abstractmethod
    def compute_m_prev_update(self, desired_activation: Tensor | None = None) -> tuple[Tensor, int]:
        """Return the sum of X dAᵀ over the kept batch (`desired_activation` in place of dA), and
        its samples.
        """

    @abstractmethod
    def compute_cross_covariance_update(self) -> tuple[Tensor, int]:
        """Return the sum of X Bᵀ over the kept batch, and its number of samples."""

    def compute_n_update(self) -> tuple[Tensor, int]:
        """Return the sum of −X (dA − δ B)ᵀ over the kept batch, and its samples: N by a second
        pass, as a check.
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
        return self.gradient() - self.optimal_delta_layer(input_vector)
