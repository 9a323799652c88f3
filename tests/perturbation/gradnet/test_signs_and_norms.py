"""Sign maps, cost norms and rescaling as formulas: by hand, against plain numpy, at the ends of a
precision.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError
from edgelab.perturbation.gradnet._norms import cost_norm, norm_order
from edgelab.perturbation.gradnet._rescale import rescale
from edgelab.perturbation.gradnet._signs import check_sign, has_sign, inverse_sign_map, sign_map

ORDERS = [1, 2, 3, 20, math.inf]
numbers = st.floats(-10, 10).filter(lambda value: value == 0 or abs(value) > 1e-3)


def double(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("sign", "expected"), [("free", [-2, 3]), ("nonnegative", [4, 9]), ("nonpositive", [-4, -9])]
)
def test_sign_maps_and_their_inverses(sign, expected):
    values = sign_map(double([-2, 3]), sign)
    assert values.tolist() == expected and has_sign(values, sign)
    assert sign_map(inverse_sign_map(values, sign), sign).tolist() == expected


def test_an_unknown_sign_is_refused():
    with pytest.raises(
        ConfigError, match=r"must be one of \['free', 'nonnegative', 'nonpositive'\]; got 'pos'"
    ):
        check_sign("delta_sign", "pos")


@pytest.mark.parametrize("order", [1.5, math.nan])
def test_an_order_that_is_not_whole_is_refused(order):
    with pytest.raises(ConfigError, match="whole number or inf"):
        norm_order(order)


@pytest.mark.parametrize("order", ORDERS)
@given(st.lists(st.tuples(numbers, st.floats(0.1, 5)), max_size=6))
def test_the_norm_is_that_of_numpy(order, edges):
    values, cost = double([value for value, _ in edges]), double([cost for _, cost in edges])
    entries = np.abs(values.numpy()) * (
        cost.numpy() if order == math.inf else cost.numpy() ** (1 / order)
    )
    expected = np.linalg.norm(entries, order) if edges else 0.0
    assert float(cost_norm(values, cost, order)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_a_large_power_neither_overflows_nor_vanishes_in_float32(size):
    values = torch.tensor([1.0, 0.5]) * size
    assert float(cost_norm(values, torch.ones(2), 50)) == pytest.approx(size, rel=1e-6)


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
def test_derivatives(order, strict, budget):
    values = double([0.9, -0.4, 0.2, 1.5]).requires_grad_()
    cost = double([2.0, 1.4, 2.6, 1.0])

    def result(values):
        return rescale(values, cost, budget, order=order, strict=strict)

    assert torch.autograd.gradcheck(result, (values,))
    assert torch.autograd.gradgradcheck(result, (values,))
