"""Dynamics on a graph, integrated over time without writing out a sparse adjacency matrix."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import nn
from torchdiffeq import odeint, odeint_adjoint

from edgelab.errors import ConfigError, IntegrationError
from edgelab.perturbation._edge_matrix import EdgeMatrix, Matrix, as_matrix
from edgelab.perturbation.gradnet import GradNet
from edgelab.typing import Num, Tensor

from ._event import Event, stop_rule, with_gradient

# dx/dt = f(t, x, A, **f_kwargs)
Dynamics: TypeAlias = Callable[..., Tensor]

ADAPTIVE_METHODS = ("dopri5", "dopri8", "bosh3", "fehlberg2", "adaptive_heun")
FIXED_STEP_METHODS = (
    "euler",
    "midpoint",
    "heun2",
    "heun3",
    "rk4",
    "explicit_adams",
    "implicit_adams",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OdeSolver:
    """How to integrate.

    Attributes:
        method: One of torchdiffeq's: `"dopri5"`, `"dopri8"`, `"bosh3"`, `"fehlberg2"` and
            `"adaptive_heun"` choose their steps; `"euler"`, `"midpoint"`, `"heun2"`, `"heun3"`,
            `"rk4"`, `"explicit_adams"` and `"implicit_adams"` step from time to time as asked for,
            or by `options={"step_size": …}`.
        rtol: Relative tolerance of a step.
        atol: Absolute tolerance of a step, and of the time of an event.
        options: Passed on to the method.
        adjoint: Integrate gradients backwards in time, which takes memory for one step instead of
            all.
        adjoint_options: Options of the backward integration; None takes `options`.

    Raises:
        ConfigError: If the method is unknown or a tolerance is not above 0.

    Example:
        >>> OdeSolver(method="rk5")
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: unknown method 'rk5'; choose one of ('dopri5', 'dopri8', ...
    """

    method: str = "dopri5"
    rtol: float = 1e-4
    atol: float = 1e-4
    options: Mapping[str, Any] = field(default_factory=dict)
    adjoint: bool = False
    adjoint_options: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        methods = ADAPTIVE_METHODS + FIXED_STEP_METHODS
        if self.method not in methods:
            raise ConfigError(f"unknown method {self.method!r}; choose one of {methods}")
        if not (self.rtol > 0 and self.atol > 0):
            raise ConfigError(f"rtol and atol must be above 0, got {self.rtol!r} and {self.atol!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OdeSolution:
    """States over time.

    Attributes:
        t: The times asked for; with an event, those before it.
        x: The states then, `[times, …]`.
        event_time: When the event happened, differentiable; None if it did not, or none was asked
            for.
        event_state: The state then.
    """

    t: Tensor
    x: Tensor
    event_time: Tensor | None = None
    event_state: Tensor | None = None

    @property
    def happened(self) -> bool:
        """Whether the event stopped the integration."""
        return self.event_time is not None


def integrate_ode(
    graph: nn.Module | Matrix | Callable[[], Matrix],
    f: Dynamics,
    x0: Num[Tensor, "..."],
    t: Num[Tensor, " times"],
    *,
    f_kwargs: Mapping[str, Any] | None = None,
    event: Event | None = None,
    solver: OdeSolver | None = None,
    adjoint_params: Sequence[Tensor] = (),
    track_gradients: bool = True,
) -> OdeSolution:
    """Integrate dx/dt = f(t, x, A) on a graph.

    The adjacency A is made once, before the integration. A sparse graph stays sparse: `f` is then
    given a `EdgeMatrix`, which is used like a tensor in `A @ x`, `A.T @ x` and `laplacian(A) @ x`,
    and whose gradient takes memory for its edges only.

    Args:
        graph: A `GradNet`, a matrix, or a function or module that returns one.
        f: Called as `f(t, x, A, **f_kwargs)`; returns the derivative, in the shape of `x`.
        x0: State at `t[0]`, real or complex. Computed in the wider of its dtype and that of A.
        t: At least two times, strictly monotonic.
        f_kwargs: More arguments of `f`.
        event: Stop where `event(t, x)`, one real number, changes its sign in either direction. A
            start at exactly 0 is an event at once; what never happens before `t[-1]` is no error.
            Needs increasing times.
        solver: Method and tolerances.
        adjoint_params: With `solver.adjoint`: tensors that `f` uses and is not given. Those of A,
            of `f_kwargs` and of `f`, if it is a module, are found without.
        track_gradients: False computes no gradients.

    Returns:
        Times, states, and the event's time and state. Gradients reach A, `x0`, `f_kwargs` and what
        `f` uses, through the time of the event too; where the sign changes without a slope that
        time is a constant.

    Raises:
        ConfigError: If the times or the result of `f` break a rule.
        IntegrationError: If the solver cannot go on.

    Source: Chen, Amos and Nickel (2021), Learning neural event functions for ordinary differential
        equations, for the derivative of an event's time.

    Example:
        Two nodes exchange what they hold until they agree; the difference falls as exp(−2t).

        >>> adjacency = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
        >>> def diffuse(t, x, A):
        ...     return A @ x - x
        >>> times = torch.tensor([0.0, 5.0])
        >>> solution = integrate_ode(adjacency, diffuse, torch.tensor([1.0, 0.0]), times)
        >>> [round(value, 2) for value in solution.x[-1].tolist()]
        [0.5, 0.5]
        >>> halved = integrate_ode(
        ...     adjacency,
        ...     diffuse,
        ...     torch.tensor([1.0, 0.0]),
        ...     times,
        ...     event=lambda t, x: x[0] - x[1] - 0.5,
        ... )
        >>> round(halved.event_time.item(), 3)  # ln(2) / 2
        0.347
    """
    _check_times(t, event)
    solver = OdeSolver() if solver is None else solver
    kwargs = {} if f_kwargs is None else dict(f_kwargs)
    with nullcontext() if track_gradients else torch.no_grad():
        matrix = _matrix_of(graph)
        dtype = torch.promote_types(matrix.dtype, x0.dtype)
        x0, t = x0.to(dtype), t.to(x0.device, dtype.to_real())
        # Real edges times a complex state is the product of a EdgeMatrix anyway; tensors multiply
        # their like only.
        matrix = matrix if isinstance(matrix, EdgeMatrix) and dtype.is_complex else matrix.to(dtype)
        parameters = [*adjoint_params, *_tensors_of(matrix, f, *kwargs.values())]
        system = _System(_Field(f, matrix, kwargs), solver, tuple(parameters), dtype.is_complex)
        if event is None:
            return OdeSolution(t=t, x=system.solve(x0, t))
        return _solve_to_event(system, x0, t, event)


def _matrix_of(graph: nn.Module | Matrix | Callable[[], Matrix]) -> Matrix:
    if isinstance(graph, GradNet):
        return graph.matrix()
    if isinstance(graph, Tensor | EdgeMatrix):
        return as_matrix(graph)
    return as_matrix(graph())


@dataclass(frozen=True, slots=True)
class _Field:
    f: Dynamics
    matrix: Matrix
    kwargs: Mapping[str, Any]

    def __call__(self, t: Tensor, x: Tensor) -> Tensor:
        slope = self.f(t, x, self.matrix, **self.kwargs)
        if slope.shape != x.shape:
            raise ConfigError(
                f"f must return the derivative of x, of shape {tuple(x.shape)}, "
                f"but returned {tuple(slope.shape)}"
            )
        return slope.to(x.dtype)


@dataclass(frozen=True, slots=True)
class _System:
    """Right-hand side, method and what gradients are wanted of: all but where and when to start."""

    slope: _Field
    solver: OdeSolver
    parameters: tuple[Tensor, ...]
    is_complex: bool

    def real_slope(self, t: Tensor, x: Tensor) -> Tensor:
        """The right-hand side over real numbers."""
        if not self.is_complex:
            return self.slope(t, x)
        # torchdiffeq fails for a complex state that is at rest.
        return torch.view_as_real(self.slope(t, torch.view_as_complex(x)))

    def solve(self, x0: Tensor, t: Tensor) -> Tensor:
        """Return the states at some times."""
        x = self._solve_real(torch.view_as_real(x0) if self.is_complex else x0, t)
        return torch.view_as_complex(x) if self.is_complex else x

    def _solve_real(self, x0: Tensor, t: Tensor) -> Tensor:
        solver = self.solver
        how: dict[str, Any] = {"method": solver.method, "rtol": solver.rtol, "atol": solver.atol}
        how["options"] = dict(solver.options) or None
        with _failures_explained():
            if not solver.adjoint:
                return odeint(self.real_slope, x0, t, **how)
            options = None if solver.adjoint_options is None else dict(solver.adjoint_options)
            return odeint_adjoint(
                self.real_slope,
                x0,
                t,
                **how,
                adjoint_options=options,
                adjoint_params=self.parameters,
            )

    def find(self, event: Event, x0: Tensor, t: Tensor) -> Tensor | None:
        """Return when the event happens; None if not before the last time."""
        solver = self.solver
        options = dict(solver.options)
        if solver.method in FIXED_STEP_METHODS:
            # Between its steps a state is interpolated; linearly would err in the square of the
            # step.
            options = {"step_size": float(t.diff().min()), "interp": "cubic", **options}
        # Far enough behind the last time that the search, which is exact to atol, can tell the two
        # apart.
        cap = t[-1] + 2 * solver.atol + 4 * torch.finfo(t.dtype).eps * t[-1].abs()
        with torch.no_grad(), _failures_explained():
            stop = stop_rule(event, x0, t[0], cap)
            if stop is None:
                return t[0]

            def real_stop(time: Tensor, x: Tensor) -> Tensor:
                if not self.is_complex:
                    return stop(time, x)
                return stop(time, torch.view_as_complex(x.contiguous()))

            time, _ = odeint(
                self.real_slope,
                torch.view_as_real(x0) if self.is_complex else x0,
                t[[0, -1]],
                event_fn=real_stop,
                method=solver.method,
                rtol=solver.rtol,
                atol=solver.atol,
                options=options or None,
            )
        return time if time <= t[-1] else None


def _solve_to_event(system: _System, x0: Tensor, t: Tensor, event: Event) -> OdeSolution:
    time = system.find(event, x0, t)
    if time is None:
        return OdeSolution(t=t, x=system.solve(x0, t))
    before = t[t < time]
    if not len(before):
        return OdeSolution(t=t[:0], x=x0[None][:0], event_time=t[0], event_state=x0)
    x = system.solve(x0, torch.cat([before, time[None]]))
    event_time, event_state = with_gradient(event, system.slope, time, x[-1])
    return OdeSolution(t=before, x=x[:-1], event_time=event_time, event_state=event_state)


def _tensors_of(*holders: object) -> Iterator[Tensor]:
    """Tensors that require gradients, in modules and matrices too."""
    for holder in holders:
        candidates: Iterable[object] = [holder]
        if isinstance(holder, EdgeMatrix):
            candidates = [holder.values, holder.diagonal]
        elif isinstance(holder, nn.Module):
            candidates = holder.parameters()
        yield from (
            tensor for tensor in candidates if isinstance(tensor, Tensor) and tensor.requires_grad
        )


def _check_times(t: Tensor, event: Event | None) -> None:
    steps = t.diff()
    if not (len(t) > 1 and bool((steps > 0).all() or (steps < 0).all())):
        raise ConfigError(
            f"t must hold at least two times, strictly rising or falling, got {t.tolist()[:10]}"
        )
    if event is not None and bool(steps[0] < 0):
        raise ConfigError(
            "an event needs rising times. Integrate −f over −t to look for it backwards."
        )


@contextmanager
def _failures_explained() -> Iterator[None]:
    """Solvers give up by assertion, for want of a step that is small enough."""
    try:
        yield
    except AssertionError as error:
        raise IntegrationError(
            f"the solver cannot go on: {error}. The dynamics blow up or are too stiff: look at f "
            "and x0, shorten t, loosen rtol and atol, or choose a method with fixed steps."
        ) from error
