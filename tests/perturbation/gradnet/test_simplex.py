"""The exact projection: against an optimiser of scipy, its fixed points, its derivative, the zeros
it leaves.
"""

import numpy as np
import pytest
import scipy.optimize
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.perturbation.gradnet._simplex import budget_threshold, project_to_budget

SIGNS = ["free", "nonnegative", "nonpositive"]
numbers = st.floats(-10, 10).map(lambda value: round(value, 3))
problems = st.tuples(
    st.lists(st.tuples(numbers, st.floats(0.1, 5)), min_size=1, max_size=8),
    st.floats(0, 10),
    st.sampled_from(SIGNS),
)


def double(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


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
def test_derivatives(sign, strict, budget):
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
