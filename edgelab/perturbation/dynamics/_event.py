"""When a quantity crosses zero along a trajectory, and how that time depends on everything else."""

from collections.abc import Callable
from typing import TypeAlias

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Tensor

# event(t, x) -> one real number; what counts is where it changes its sign
Event: TypeAlias = Callable[[Tensor, Tensor], Tensor]


def stop_rule(event: Event, x0: Tensor, start: Tensor, cap: Tensor) -> Event | None:
    """Return a function that is positive at the start and no longer so at the event, or at the cap
    if there is none.

    Solvers look for a zero. Multiplied by its first sign an event falls to zero whichever way it
    crosses, and one that never does would be waited for for ever without a cap.

    Args:
        event: One real number of time and state.
        x0: State at the start.
        start: First time.
        cap: Last time, after which nothing is looked for.

    Returns:
        The function; None if the event is 0 at the start already.

    Raises:
        ConfigError: If the event is not one real number, or NaN at the start.

    Example:
        >>> zero, cap = torch.tensor(0.0), torch.tensor(4.0)
        >>> rule = stop_rule(lambda t, x: x - 2, zero, zero, cap)  # rising: below 0 at the start
        >>> rule(torch.tensor(1.0), torch.tensor(0.5)).item(), rule(torch.tensor(1.0), torch.tensor(2.5)).item()
        (1.5, -0.5)
        >>> rule(torch.tensor(5.0), torch.tensor(0.5)).item()
        -1.0
    """
    first = _value(event, start, x0)
    if first.isnan():
        raise ConfigError("the event is NaN at the start. Give one that is a number for x0.")
    if first == 0:
        return None
    return lambda t, x: torch.minimum(first.sign() * _value(event, t, x), cap - t)


def with_gradient(
    event: Event, slope: Callable[[Tensor, Tensor], Tensor], time: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Give the time and the state of an event the derivatives that they have.

    The event holds, g(t, x(t)) = 0, whatever the parameters are. So where a parameter changes g by
    dg at the fixed time, the event moves by −dg / (∂g/∂t + ∂g/∂x · dx/dt), and the state moves
    along its trajectory by dx/dt of that.

    Args:
        event: g.
        slope: dx/dt of time and state.
        time: Of the event, a constant.
        state: At that time, with its derivatives at the fixed time.

    Returns:
        Time and state; the values are those given. If g has no slope in time its time stays a
        constant.

    Example:
        A state that grows as x = 2 w t reaches 1 at t = 1 / (2 w), whose derivative at w = 1 is
        −1/2.

        >>> w = torch.tensor(1.0, requires_grad=True)
        >>> time, state = with_gradient(lambda t, x: x - 1, lambda t, x: 2 * w, torch.tensor(0.5), 2 * w * 0.5)
        >>> torch.autograd.grad(time, w, retain_graph=True)[0].item(), torch.autograd.grad(state, w)[0].item()
        (-0.5, 0.0)
    """
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
        time, state = time.detach().requires_grad_(), state.requires_grad_()
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
