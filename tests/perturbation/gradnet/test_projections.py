"""Ways to a budget: by one factor, by a count of edges, and to the nearest point.

Against an optimiser of scipy and all choices of edges, by fixed points and by derivatives.
"""

import itertools
import math

import numpy as np
import pytest
import scipy.optimize
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.perturbation import SparseParameterization
from edgelab.perturbation.gradnet import project_to_box
from edgelab.perturbation.gradnet._budget import cost_norm
from edgelab.perturbation.gradnet._projections import (
    budget_threshold,
    cut,
    largest_edges,
    project_to_budget,
    rescale,
)

ORDERS = [1, 2, 3, 20, math.inf]
SIGNS = ["free", "nonnegative", "nonpositive"]
numbers = st.floats(-10, 10).map(lambda value: round(value, 3))
problems = st.tuples(
    st.lists(st.tuples(numbers, st.floats(0.1, 5)), min_size=1, max_size=8),
    st.floats(0, 10),
    st.sampled_from(SIGNS),
)


def double(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("strict", [True, False])
def test_gradients_at_norm_zero_are_finite(dtype, order, strict):
    values = torch.zeros(3, dtype=dtype, requires_grad=True)
    result = rescale(values, torch.ones(3, dtype=dtype), 2.0, order=order, strict=strict)
    result.sum().backward()
    assert result.tolist() == [0, 0, 0] and values.grad.isfinite().all()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1e-35, 1e-20, 1.0, 1e30])
def test_a_strict_budget_is_met_whatever_the_size_of_the_values(order, size):
    values = (torch.tensor([0.3, -0.7, 1.0]) * size).requires_grad_()
    cost = torch.tensor([1.0, 2.0, 0.5])
    result = rescale(values, cost, 3.0, order=order, strict=True)
    result.sum().backward()
    assert float(cost_norm(result.detach(), cost, order)) == pytest.approx(3, rel=1e-6)
    assert values.grad.isfinite().all()


@pytest.mark.parametrize("strict", [True, False])
def test_budget_zero_allows_nothing(strict):
    values = torch.tensor([1.0, -2.0], requires_grad=True)
    result = rescale(values, torch.ones(2), 0, order=1, strict=strict)
    result.sum().backward()
    assert result.abs().tolist() == [0, 0] and values.grad.tolist() == [0, 0]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("budget", [0.5, 100.0])
def test_derivatives_of_rescaling(order, strict, budget):
    values = double([0.9, -0.4, 0.2, 1.5]).requires_grad_()
    cost = double([2.0, 1.4, 2.6, 1.0])

    def result(values):
        return rescale(values, cost, budget, order=order, strict=strict)

    assert torch.autograd.gradcheck(result, (values,))
    assert torch.autograd.gradgradcheck(result, (values,))


@given(st.lists(st.floats(-5, 5), max_size=10), st.integers(1, 12))
def test_so_many_are_marked_and_none_left_out_is_larger(values, max_edges):
    values = torch.tensor(values, dtype=torch.float64)
    kept = largest_edges(values, max_edges)
    assert int(kept.sum()) == min(max_edges, len(values))
    assert kept.all() or values[kept].abs().min() >= values[~kept].abs().max()


def test_a_cut_edge_is_exactly_zero_and_has_the_gradient_of_an_uncut_one():
    values = torch.tensor([0.1, 7.7, -3.3], requires_grad=True)
    result = cut(values, torch.tensor([False, True, False]))
    (result * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert result.tolist() == [0.0, values[1].item(), 0.0] and values.grad.tolist() == [
        1.0,
        2.0,
        3.0,
    ]


def problem() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    n_nodes = 6
    edges = torch.combinations(torch.arange(n_nodes)).t()[:, :12]
    cost, steepness = (torch.rand(2, 12, generator=generator, dtype=torch.float64) + 0.5).unbind()
    target = torch.randn(12, generator=generator, dtype=torch.float64)
    return edges, cost, steepness, target


def loss_of(values, steepness, target):
    return (steepness * (values - target).square()).sum() / 2


def best_of_all_choices(cost, steepness, target, budget, max_edges) -> float:
    """The optimum for every set of edges: min Σ h (v - t)² / 2 with Σ c |v| ≤ B shrinks |t| by λ c
    / h.
    """
    allowed = torch.zeros(math.comb(len(cost), max_edges), len(cost), dtype=torch.float64)
    chosen = torch.tensor(list(itertools.combinations(range(len(cost)), max_edges)))
    allowed.scatter_(1, chosen, 1)
    low, high = (
        torch.zeros(len(allowed), 1, dtype=torch.float64),
        torch.full((len(allowed), 1), 1e3).double(),
    )
    for _ in range(60):
        price = (low + high) / 2
        size = allowed * (target.abs() - price * cost / steepness).clamp(min=0)
        too_dear = (size @ cost).unsqueeze(1) > budget
        low, high = torch.where(too_dear, price, low), torch.where(too_dear, high, price)
    return min(float(loss_of(target.sign() * row, steepness, target)) for row in size)


@pytest.mark.parametrize("strict", [True, False])
def test_training_finds_edges_almost_as_good_as_the_best_choice(strict):
    edges, cost, steepness, target = problem()
    torch.manual_seed(0)
    change = SparseParameterization(
        num_nodes=6,
        budget=2.0,
        edge_index=edges,
        cost_p_sum=cost,
        delta_sign="free",
        strict_budget=strict,
        max_edges=3,
    )
    optimizer = torch.optim.Adam(change.parameters(), lr=0.02)
    slower = torch.optim.lr_scheduler.ExponentialLR(
        optimizer, 0.99
    )  # or the last edges keep changing places
    for _ in range(400):
        optimizer.zero_grad()
        loss = loss_of(change.edge_values(), steepness, target)
        loss.backward()
        optimizer.step()
        slower.step()
        if change.should_renorm_after_step:
            change.renorm_params()
    values = change.edge_values().detach()
    start, best = (
        float(loss_of(torch.zeros(12), steepness, target)),
        best_of_all_choices(cost, steepness, target, 2, 3),
    )
    assert int(values.count_nonzero()) == 3
    assert float(torch.dot(values.abs(), cost)) == pytest.approx(2, rel=1e-6)
    assert start - float(loss_of(values, steepness, target)) > 0.95 * (start - best)


def test_by_hand():
    raw, cost = double([3.0, -2.0, 0.1]), double([1.0, 1.0, 1.0])
    assert project_to_budget(raw, cost, 3.0).tolist() == [2.0, -1.0, 0.0]
    assert project_to_budget(raw, cost, 3.5, sign="nonnegative").tolist() == [
        3.0,
        0.0,
        0.1,
    ]  # costs less: left alone
    assert project_to_budget(raw, cost, 1.0, sign="nonnegative").tolist() == [1.0, 0.0, 0.0]
    assert project_to_budget(raw, cost, 3.0, sign="nonpositive").tolist() == [0.0, -2.0, 0.0]
    # (3, -2, .1): all magnitudes grow by 0.3 until they cost 6.
    torch.testing.assert_close(
        project_to_budget(raw, cost, 6.0, strict=True), double([3.3, -2.3, 0.4])
    )


@given(problems, st.booleans())
def test_it_keeps_the_budget_and_the_sign_and_is_its_own_fixed_point(problem, strict):
    edges, budget, sign = problem
    raw, cost = double([value for value, _ in edges]), double([cost for _, cost in edges])
    result = project_to_budget(raw, cost, budget, sign=sign, strict=strict)
    spent = float(torch.dot(result.abs(), cost))
    can_spend = sign != "free" or bool((raw != 0).all())
    assert spent <= budget * (1 + 1e-9) + 1e-12
    if strict and can_spend:
        assert spent == pytest.approx(budget, rel=1e-9, abs=1e-12)
    assert sign == "free" or not bool(((-result if sign == "nonnegative" else result) > 0).any())
    if can_spend:
        again = project_to_budget(result, cost, budget, sign=sign, strict=strict)
        torch.testing.assert_close(again, result, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_nearest_point(strict, seed):
    generator = np.random.default_rng(seed)
    raw, cost, budget = generator.normal(size=6), generator.uniform(0.3, 2, size=6), 1.5
    kind = "eq" if strict else "ineq"
    found = scipy.optimize.minimize(
        lambda v: 0.5 * ((v - raw) ** 2).sum(),
        np.full(6, budget / cost.sum() / 2),
        jac=lambda v: v - raw,
        bounds=[(0, None)] * 6,
        constraints={"type": kind, "fun": lambda v: budget - cost @ v, "jac": lambda v: -cost},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    result = project_to_budget(double(raw), double(cost), budget, sign="nonnegative", strict=strict)
    np.testing.assert_allclose(result.numpy(), found.x, atol=1e-6)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("budget", [1.3, 100.0])
def test_derivatives_of_the_nearest_point(sign, strict, budget):
    generator = torch.Generator().manual_seed(3)
    raw = torch.randn(8, generator=generator, dtype=torch.float64).requires_grad_()
    cost = torch.rand(8, generator=generator, dtype=torch.float64) + 0.3

    def result(raw):
        return project_to_budget(raw, cost, budget, sign=sign, strict=strict)

    assert torch.autograd.gradcheck(result, (raw,))
    assert torch.autograd.gradgradcheck(result, (raw,))


@pytest.mark.parametrize("strict", [True, False])
def test_an_edge_that_was_projected_to_zero_still_has_a_gradient(strict):
    raw, cost = double([3.0, 2.0, 0.1]), torch.ones(3, dtype=torch.float64)
    projected = project_to_budget(
        raw, cost, 3.0, sign="nonnegative", strict=strict
    ).requires_grad_()
    result = project_to_budget(projected, cost, 3.0, sign="nonnegative", strict=strict)
    (result * double([0.0, 0.0, 1.0])).sum().backward()
    assert result.tolist() == [2.0, 1.0, 0.0] and projected.grad[2] > 0


def test_threshold_of_no_edges_and_of_budget_zero():
    assert float(budget_threshold(double([]), double([]), 1.0)) == 0
    assert project_to_budget(double([2.0, 2.0, 1.0]), torch.ones(3).double(), 0.0).tolist() == [
        0,
        0,
        0,
    ]
    assert project_to_budget(double([]), double([]), 1.0, strict=True).tolist() == []


@given(
    raw=st.lists(st.floats(-5, 5), min_size=1, max_size=6),
    budget=st.floats(0.01, 4),
    data=st.data(),
)
def test_no_allowed_point_is_nearer_than_the_projection(raw, budget, data):
    size = len(raw)
    numbers = lambda low, high: torch.tensor(  # noqa: E731
        data.draw(st.lists(st.floats(low, high), min_size=size, max_size=size)), dtype=torch.float64
    )
    raw, cost, low, high = (
        torch.tensor(raw, dtype=torch.float64),
        numbers(0.2, 3),
        numbers(-2, 0),
        numbers(0, 2),
    )
    found = project_to_box(raw, cost, budget, low, high)
    assert (cost * found.abs()).sum() <= budget * (1 + 1e-12) and (
        (found >= low) & (found <= high)
    ).all()
    # The nearest point p of a convex set: (raw - p) · (q - p) ≤ 0 for every other point q of it.
    other = numbers(-2, 2).clamp(low, high)
    other = other * min(1.0, budget / max(float((cost * other.abs()).sum()), 1e-9))
    assert torch.dot(raw - found, other - found) <= 1e-9
