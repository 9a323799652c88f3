"""Prune rates that change with the mask's steps: small objects that remember where they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol, runtime_checkable

from edgelab.errors import CheckpointError, ConfigError
from edgelab.registry import Registry
from edgelab.sparsity._schedules import cosine_rate, cubic_sparsity, linear_rate

NEXT = -1
"""Stands for "the next step" in `step(step=-1)`."""


@runtime_checkable
class Decay(Protocol):
    """What `Masking` asks of a prune rate.

    Attributes:
        mode: `"current"` if the rate is a share of the weights that are left; `"cumulative"` if it
            is a sparsity still to be added, which is then told the current sparsity at every step.
    """

    mode: ClassVar[str]

    def step(self, step: int = NEXT) -> None:
        """Move on.

        Args:
            step: The step to evaluate, or -1 for the next one.
        """

    def get_dr(self) -> float:
        """Return the rate as of the last step."""

    def state_dict(self) -> dict[str, Any]:
        """Return everything that must survive a restart."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a stored state.

        Args:
            state: What `state_dict` returned.
        """


DECAYS: Registry[type[Decay]] = Registry("decay")
"""Every decay by name."""


@dataclass(slots=True)
class _StoredDecay:
    """What the decays share: their state is their fields."""

    def state_dict(self) -> dict[str, Any]:
        """Return the class and every field."""
        return {
            "class": type(self).__name__,
            **{item.name: getattr(self, item.name) for item in fields(self)},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a stored state of the same class, constructor arguments included."""
        expected = {"class", *(item.name for item in fields(self))}
        if state.get("class") != type(self).__name__ or state.keys() != expected:
            raise CheckpointError(
                f"the state of a {type(self).__name__} was expected, got that of "
                f"{state.get('class')!r} with {sorted(state)}. Build the same decay as in the run "
                "that was stored."
            )
        for item in fields(self):
            setattr(self, item.name, state[item.name])


def _check_rate(name: str, rate: float) -> None:
    if not 0 <= rate <= 1:
        raise ConfigError(f"{name} is a share and must lie in [0, 1], got {rate!r}")


@DECAYS.register("cosine")
@dataclass(slots=True)
class CosineDecay(_StoredDecay):
    """A prune rate that falls along half a cosine wave.

    `step()` moves one step on and ends exactly at `eta_min`. `step(k)` evaluates the wave at `k`
    and freezes the rate after `k = T_max - 1`, so a run that counts its steps from 0 ends a hair
    above `eta_min`.

    Attributes:
        prune_rate: Rate at the start.
        T_max: Steps until the end; zero or less keeps the rate for ever.
        eta_min: Rate at the end.
        last_epoch: Steps already taken; -1 for none.

    Raises:
        ConfigError: If a rate lies outside [0, 1].

    Example:
        >>> decay = CosineDecay(prune_rate=0.3, T_max=10)
        >>> decay.step(5)
        >>> round(decay.get_dr(), 4)
        0.15
    """

    mode: ClassVar[str] = "current"

    prune_rate: float = 0.3
    T_max: int = 1000
    eta_min: float = 0.0
    last_epoch: int = -1
    position: int = field(init=False, default=0)
    n_steps: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        _check_rate("prune_rate", self.prune_rate)
        _check_rate("eta_min", self.eta_min)
        self.position = self.n_steps = max(self.last_epoch, 0)

    def step(self, step: int = NEXT) -> None:
        """Move on, unless `T_max` steps have been taken.

        Args:
            step: The step to evaluate, or -1 for the next one.
        """
        if self.n_steps < self.T_max:
            self.position = self.position + 1 if step == NEXT else step
            self.n_steps = self.n_steps + 1 if step == NEXT else step + 1
        self.n_steps = min(self.n_steps, max(self.T_max, 0))

    def get_dr(self) -> float:
        """Return the current prune rate."""
        return cosine_rate(
            self.position, duration=self.T_max, start=self.prune_rate, end=self.eta_min
        )


@DECAYS.register("linear")
@dataclass(slots=True)
class LinearDecay(_StoredDecay):
    """A prune rate that falls in a straight line to 0.

    `step(k)` means that step `k`, counted from 0, is done: the rate is the one after `k + 1` steps.

    Attributes:
        prune_rate: Rate at the start.
        T_max: Steps until 0; zero or less keeps the rate for ever.

    Raises:
        ConfigError: If the rate lies outside [0, 1].

    Example:
        >>> decay = LinearDecay(prune_rate=0.3, T_max=10)
        >>> decay.step()
        >>> round(decay.get_dr(), 4)
        0.27
    """

    mode: ClassVar[str] = "current"

    prune_rate: float = 0.3
    T_max: int = 1000
    n_steps: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        _check_rate("prune_rate", self.prune_rate)

    def step(self, step: int = NEXT) -> None:
        """Move on, unless `T_max` steps have been taken.

        Args:
            step: The step that is done, or -1 for the next one.
        """
        if self.n_steps < self.T_max:
            self.n_steps = min(self.n_steps if step == NEXT else step, self.T_max - 1) + 1

    def get_dr(self) -> float:
        """Return the current prune rate."""
        return linear_rate(self.n_steps, duration=self.T_max, start=self.prune_rate)


@DECAYS.register("magnitude-prune")
@dataclass(slots=True)
class MagnitudePruneDecay(_StoredDecay):
    """How much sparsity to add at each pruning, so that sparsity follows a cubic curve.

    The rate is a share of the weights at the start, not of those that are left.

    Attributes:
        initial_sparsity: Sparsity until `T_start`.
        final_sparsity: Sparsity from `T_max` on.
        T_max: Step at which the curve ends.
        T_start: Step at which it begins.
        interval: Steps between two prunings, for when the current sparsity is not told.

    Raises:
        ConfigError: If a sparsity lies outside [0, 1].

    Source: Zhu & Gupta (2018), To prune, or not to prune.

    Example:
        >>> decay = MagnitudePruneDecay(final_sparsity=0.8, T_max=10, T_start=2)
        >>> decay.step(6, current_sparsity=0.5)
        >>> round(decay.cumulative_sparsity(6), 4), round(decay.get_dr(), 4)
        (0.7, 0.2)
    """

    mode: ClassVar[str] = "cumulative"

    initial_sparsity: float = 0.0
    final_sparsity: float = 0.3
    T_max: int = 30000
    T_start: int = 350
    interval: int = 100
    n_steps: int = field(init=False, default=0)
    rate: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        _check_rate("initial_sparsity", self.initial_sparsity)
        _check_rate("final_sparsity", self.final_sparsity)

    def cumulative_sparsity(self, step: int) -> float:
        """Return the sparsity that the curve asks for.

        Args:
            step: Any step.

        Returns:
            A sparsity between the initial and the final one.
        """
        return cubic_sparsity(
            step,
            begin=self.T_start,
            end=self.T_max,
            initial=self.initial_sparsity,
            final=self.final_sparsity,
        )

    def step(self, step: int = NEXT, current_sparsity: float = -1.0) -> None:
        """Compare the curve with where the network is.

        Args:
            step: The step to evaluate, or -1 for the next one.
            current_sparsity: Sparsity of the network, or -1 for what the curve asked for `interval`
                steps ago.
        """
        now = self.n_steps if step == NEXT else step
        current = (
            self.cumulative_sparsity(now - self.interval)
            if current_sparsity == -1
            else current_sparsity
        )
        self.rate = max(self.cumulative_sparsity(now) - current, 0.0)
        self.n_steps = now + 1

    def get_dr(self) -> float:
        """Return the sparsity to add, as a share of the weights at the start."""
        return self.rate
