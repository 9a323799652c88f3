"""When a quantity crosses zero along a trajectory, and how that time depends on everything else."""

from collections.abc import Callable
from typing import TypeAlias

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Tensor

# event(t, x) -> one real number; what counts is where it changes its sign
Event: TypeAlias = Callable[[Tensor, Tensor], Tensor]


def stop_rule(event: Event, x0: Tensor, start: Tensor, cap: Tensor) -> Event | None:
    """A function that falls to 0 at the event, or at the cap; None if the event is at the start."""
    # Solvers look for a zero. Multiplied by its first sign an event falls to zero whichever way it
    # crosses, and one that never does would be waited for for ever without a cap.
    first = _value(event, start, x0)
    if first.isnan():
        raise ConfigError("the event is NaN at the start. Give one that is a number for x0.")
    if first == 0:
        return None
    return lambda t, x: torch.minimum(first.sign() * _value(event, t, x), cap - t)


def with_gradient(
    event: Event, slope: Callable[[Tensor, Tensor], Tensor], time: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Give a constant time, and the state then, the derivatives that an event gives them."""
    # The event holds, g(t, x(t)) = 0, whatever the parameters are. So where a parameter changes g
    # by dg at the fixed time, the event moves by -dg / (∂g/∂t + ∂g/∂x · dx/dt), and the state moves
    # along its trajectory by dx/dt of that. Without a slope in time the time stays a constant.
    derivative = slope(time, state)
    rate = _rate(event, time, state.detach(), derivative.detach())
    if rate == 0:
        return time, state
    value = _value(event, time, state)
    moved = -(value - value.detach()) / rate
    return time + moved, state + derivative * moved


def _rate(event: Event, time: Tensor, state: Tensor, derivative: Tensor) -> Tensor:
    """Derivative of the event along the trajectory."""
    with torch.enable_grad():
        time = time.detach().requires_grad_()
        state = state.requires_grad_()
        value = _value(event, time, state)
        if not value.requires_grad:
            return torch.zeros_like(value)
        by_time, by_state = torch.autograd.grad(value, (time, state), materialize_grads=True)
    return by_time + (by_state.conj() * derivative).real.sum()


def _value(event: Event, t: Tensor, x: Tensor) -> Tensor:
    value = event(t, x)
    if value.numel() != 1 or value.is_complex():
        raise ConfigError(
            f"an event must be one real number, got {value.dtype} of shape {tuple(value.shape)}. "
            "Reduce it, for example with .min() to stop at the first of several."
        )
    return value.reshape(())
