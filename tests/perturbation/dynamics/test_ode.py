import math

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, IntegrationError
from edgelab.perturbation import EdgeMatrix, GradNet, OdeSolver, integrate_ode, laplacian
from edgelab.perturbation.dynamics._ode import ADAPTIVE_METHODS, FIXED_STEP_METHODS

TIGHT = OdeSolver(rtol=1e-9, atol=1e-9)
PATH = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 0.0]], dtype=torch.float64)
START = torch.tensor([1.0, 0.25, -0.75], dtype=torch.float64)


def times(*values):
    return torch.tensor(values, dtype=torch.float64)


def diffuse(t, x, A):
    return -(laplacian(A) @ x)


def grow(t, x, A, rate=1.0):
    return rate * (A @ x)


@pytest.mark.parametrize("method", ADAPTIVE_METHODS + FIXED_STEP_METHODS)
def test_every_method_solves_a_linear_system(method):
    options = {"step_size": 1e-3} if method in FIXED_STEP_METHODS else {}
    solver = OdeSolver(method=method, rtol=1e-6, atol=1e-6, options=options)
    expected = torch.linalg.matrix_exp(0.5 * PATH) @ START
    for matrix in (PATH, PATH.to_sparse()):
        x = integrate_ode(matrix, grow, START, times(0, 0.5), solver=solver).x
        torch.testing.assert_close(
            x[-1], expected, rtol=5e-3 if method == "euler" else 1e-4, atol=1e-4
        )
        assert torch.equal(x[0], START)


@pytest.mark.parametrize("layout", ["to_dense", "to_sparse", "to_sparse_csr"])
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_a_sparse_graph_reaches_the_dynamics_sparse(layout):
    matrix, seen = getattr(PATH, layout)(), []

    def record(t, x, A):
        seen.append(type(A))
        return diffuse(t, x, A)

    integrate_ode(matrix, record, START, times(0, 1))
    assert set(seen) == {torch.Tensor if layout == "to_dense" else EdgeMatrix}


def test_a_large_graph_needs_the_memory_of_its_edges():
    n = 100_000
    ring = torch.stack([torch.arange(n), torch.arange(1, n + 1) % n])
    index = torch.cat([ring, ring.flip(0)], 1)
    net = GradNet(
        n, 10.0, torch.sparse_coo_tensor(index, torch.ones(2 * n), (n, n), check_invariants=True)
    )
    solver = OdeSolver(method="rk4")
    solution = integrate_ode(net, diffuse, torch.randn(n), torch.linspace(0, 1, 3), solver=solver)
    solution.x[-1].square().sum().backward()  # dense gradients would take 40 GB
    assert net.param.delta_adj_raw.grad.isfinite().all()


def weights():
    return torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)


def path(edges):
    """The matrix PATH from its two edges."""
    index = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    return torch.sparse_coo_tensor(index, edges.repeat_interleave(2), (3, 3), check_invariants=True)


@pytest.mark.parametrize("adjoint", [False, True])
def test_gradients_are_those_of_the_exact_solution(adjoint):
    edges, start = weights(), START.clone().requires_grad_()
    rate = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    exact = (torch.linalg.matrix_exp(rate * path(edges).to_dense()) @ start).square().sum()
    expected = torch.autograd.grad(exact, (edges, start, rate))
    solver = OdeSolver(rtol=1e-10, atol=1e-10, adjoint=adjoint)
    for matrix in (path(edges), path(edges).to_dense()):
        solution = integrate_ode(
            matrix, grow, start, times(0, 0.5, 1), f_kwargs={"rate": rate}, solver=solver
        )
        found = torch.autograd.grad(
            solution.x[-1].square().sum(), (edges, start, rate), retain_graph=True
        )
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-8)


class Damping(nn.Module):
    def __init__(self):
        super().__init__()
        self.strength = nn.Parameter(torch.tensor(0.3, dtype=torch.float64))

    def forward(self, t, x, A, inner=None):
        return A @ x - (self if inner is None else inner).strength * x


@pytest.mark.parametrize("where", ["f", "f_kwargs", "adjoint_params"])
def test_the_adjoint_finds_the_parameters_of_the_dynamics(where):
    damping, other = Damping(), Damping()
    calls = {
        "f": {"f": damping},
        "f_kwargs": {
            "f": lambda t, x, A, inner: damping(t, x, A, inner),
            "f_kwargs": {"inner": damping},
        },
        "adjoint_params": {
            "f": lambda t, x, A: damping(t, x, A),
            "adjoint_params": [damping.strength],
        },
    }
    solver = OdeSolver(rtol=1e-9, atol=1e-9, adjoint=True)
    integrate_ode(PATH, x0=START, t=times(0, 1), solver=solver, **calls[where]).x[
        -1
    ].sum().backward()
    integrate_ode(PATH, other, START, times(0, 1), solver=TIGHT).x[-1].sum().backward()
    assert damping.strength.grad.item() == pytest.approx(other.strength.grad.item(), rel=1e-6)


def falling_by_hand(event, solver=TIGHT, edges=None, end=5.0):
    """One pair of nodes; the difference of their states is exp(−2 w t)."""
    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True) if edges is None else edges
    matrix = w * torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
    start = torch.tensor([1.0, 0.0], dtype=torch.float64)
    solution = integrate_ode(
        matrix, diffuse, start, torch.linspace(0, end, 6).double(), event=event, solver=solver
    )
    return w, solution


RK4 = OdeSolver(method="rk4", options={"step_size": 0.01})


@pytest.mark.parametrize(
    "solver",
    [TIGHT, OdeSolver(rtol=1e-9, atol=1e-9, adjoint=True), RK4],
    ids=["dopri5", "adjoint", "rk4"],
)
@pytest.mark.parametrize("sign", [1, -1], ids=["falling", "rising"])
def test_event_time_state_and_gradients_by_hand(solver, sign):
    # exp(−2 w t) = 1/2 at t = ln 2 / (2 w), whose derivative by w is −t / w; x = (3/4, 1/4)
    # whatever w is.
    w, solution = falling_by_hand(lambda t, x: sign * (x[0] - x[1] - 0.5), solver)
    assert solution.happened
    assert solution.event_time.item() == pytest.approx(
        math.log(2) / 2, abs=1e-4 if solver is RK4 else 1e-6
    )
    assert solution.event_state.tolist() == pytest.approx(
        [0.75, 0.25], abs=1e-4 if solver is RK4 else 1e-6
    )
    assert solution.t.tolist() == [0.0] and solution.x.shape == (1, 2)
    by_time = torch.autograd.grad(solution.event_time, w, retain_graph=True)[0].item()
    by_state = torch.autograd.grad(solution.event_state[0], w, retain_graph=True)[0].item()
    assert by_time == pytest.approx(-math.log(2) / 2, rel=1e-3)
    assert by_state == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("method", ["dopri5", "rk4"])
@pytest.mark.parametrize("level", [2.0, -1.0])
def test_what_never_crosses_is_no_error(method, level):
    _, solution = falling_by_hand(lambda t, x: x[0] - x[1] - level, OdeSolver(method=method))
    assert not solution.happened and solution.event_state is None
    assert len(solution.t) == len(solution.x) == 6


def test_an_event_at_the_start_and_one_of_time_alone():
    _, solution = falling_by_hand(lambda t, x: x[0] - 1)
    assert solution.event_time.item() == 0 and len(solution.x) == 0
    _, solution = falling_by_hand(lambda t, x: t - 2.5)
    assert solution.event_time.item() == pytest.approx(2.5, abs=1e-6)
    assert solution.t.tolist() == [0.0, 1.0, 2.0]


def test_an_event_just_beyond_the_end_does_not_happen():
    for end, happens in ((0.36, True), (0.34, False)):
        _, solution = falling_by_hand(lambda t, x: x[0] - x[1] - 0.5, end=end)
        assert solution.happened == happens


def test_parameters_of_the_event_have_gradients_too():
    # exp(−2 t) = c: dt/dc = −1 / (2 c)
    level = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    _, solution = falling_by_hand(lambda t, x: x[0] - x[1] - level)
    assert torch.autograd.grad(solution.event_time, level)[0].item() == pytest.approx(
        -1.0, rel=1e-4
    )


def test_a_complex_state_turns():
    def rotate(t, x, A):
        return 1j * (A @ x)

    expected = torch.linalg.matrix_exp(1j * PATH) @ START.to(torch.complex128)
    for matrix in (PATH, PATH.to_sparse()):
        edges = weights()
        x = integrate_ode(matrix, rotate, START.to(torch.complex128), times(0, 1), solver=TIGHT).x[
            -1
        ]
        torch.testing.assert_close(x, expected, rtol=1e-6, atol=1e-7)
        x = integrate_ode(
            path(edges), rotate, START.to(torch.complex128), times(0, 1), solver=TIGHT
        ).x[-1]
        x.abs().square()[0].backward()
        assert not edges.grad.is_complex() and edges.grad.abs().min() > 0


def test_a_complex_state_may_be_at_rest_and_have_events():
    # A @ x = 0 at the start and for ever; then a turn, |x0| = |cos t|.
    rest = torch.tensor([1.0, 0.0, -0.5], dtype=torch.complex128)
    solution = integrate_ode(
        PATH, lambda t, x, A: 1j * (A @ x), rest, times(0, 1), event=lambda t, x: x[0].real - 2
    )
    torch.testing.assert_close(solution.x[-1], rest)
    pair, start = (
        torch.tensor([[0.0, 1.0], [1.0, 0.0]]).to_sparse(),
        torch.tensor([1.0, 0.0], dtype=torch.complex128),
    )
    for solver in (TIGHT, OdeSolver(method="rk4", options={"step_size": 0.01})):
        solution = integrate_ode(
            pair,
            lambda t, x, A: 1j * (A @ x),
            start,
            times(0, 2),
            event=lambda t, x: x[0].abs() - 0.5,
            solver=solver,
        )
        assert solution.event_time.item() == pytest.approx(math.acos(0.5), abs=1e-4)


def test_the_wider_precision_is_used():
    assert integrate_ode(PATH.float(), grow, START.float(), times(0, 1)).x.dtype == torch.float32
    assert integrate_ode(PATH.float(), grow, START, times(0, 1)).x.dtype == torch.float64
    assert (
        integrate_ode(PATH.to_sparse(), grow, START.float(), torch.tensor([0, 1])).x.dtype
        == torch.float64
    )


def test_gradients_can_be_left_out():
    edges = weights()
    assert not integrate_ode(
        path(edges), grow, START, times(0, 1), track_gradients=False
    ).x.requires_grad
    assert integrate_ode(lambda: path(edges), grow, START, times(0, 1)).x.requires_grad


def test_time_may_run_backwards():
    forth = integrate_ode(PATH, grow, START, times(0, 1), solver=TIGHT).x[-1]
    back = integrate_ode(PATH, grow, forth, times(1, 0), solver=TIGHT).x[-1]
    torch.testing.assert_close(back, START, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"t": times(0)}, ConfigError, "at least two times"),
        ({"t": times(0, 1, 1)}, ConfigError, "strictly rising or falling"),
        ({"t": times(1, 0), "event": lambda t, x: x[0]}, ConfigError, "rising times"),
        ({"event": lambda t, x: x}, ConfigError, "one real number"),
        ({"event": lambda t, x: x[0] * math.nan}, ConfigError, "NaN at the start"),
        ({"f": lambda t, x, A: x[:2]}, ConfigError, "derivative of x, of shape"),
        (
            {"f": lambda t, x, A: x.square() * 1e3, "t": times(0, 10)},
            IntegrationError,
            "blow up or are too stiff",
        ),
    ],
)
def test_refuses(given, error, message):
    arguments = {"graph": PATH, "f": grow, "x0": START, "t": times(0, 1)} | given
    with pytest.raises(error, match=message):
        integrate_ode(**arguments)


def test_an_unknown_argument_of_the_dynamics_is_a_type_error():
    with pytest.raises(TypeError, match="speed"):
        integrate_ode(PATH, grow, START, times(0, 1), f_kwargs={"speed": 1.0})


@pytest.mark.parametrize("given", [{"method": "rk5"}, {"rtol": 0.0}, {"atol": -1.0}])
def test_solver_refuses(given):
    with pytest.raises(ConfigError):
        OdeSolver(**given)
