"""The norm of a budget against numpy, costs of edges by hand, and the table of what was spent."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import ConfigError
from edgelab.perturbation import SparseParameterization
from edgelab.perturbation.gradnet._budget import cost_norm, edge_costs, norm_order, spending

ORDERS = [1, 2, 3, 20, math.inf]
numbers = st.floats(-10, 10).filter(lambda value: value == 0 or abs(value) > 1e-3)
EDGES = torch.tensor([[0, 0, 1], [1, 2, 2]])
COST = torch.tensor([2.0, 1.0, 4.0])


def double(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


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


@pytest.mark.parametrize("order", [0, -3])
def test_an_order_below_1_is_refused(order):
    with pytest.raises(ConfigError, match=f"positive integer or inf, got {order}"):
        norm_order(order)


@pytest.mark.parametrize(("order", "expected"), [(1, 7.0), (2, 25.0), (math.inf, 4.0)])
def test_both_mirror_images_of_an_edge_cost(order, expected):
    edge = torch.tensor([[0], [1]])
    cost = torch.tensor([[0.0, 3.0], [4.0, 0.0]])
    options = {"order": order, "dtype": cost.dtype}
    assert edge_costs(cost, edge, directed=False, **options).tolist() == [expected]
    assert edge_costs(cost, edge, directed=True, **options).tolist() == [
        3.0 if order == math.inf else 3.0**order
    ]


def test_spending_by_hand():
    values = double([3.0, -4.0])
    assert spending(values, torch.ones(2).double(), 1).tolist() == [3.0, 4.0]
    shares = spending(values, torch.ones(2).double(), 2)  # 9/25 and 16/25 of 5
    assert shares.tolist() == pytest.approx([1.8, 3.2])


def change(order: float = 1, budget: float | None = 3.0, **options) -> SparseParameterization:
    torch.manual_seed(0)
    return SparseParameterization(
        num_nodes=3,
        budget=budget,
        edge_index=EDGES,
        cost_p_sum=COST,
        cost_aggr_norm=order,
        **options,
    )


@pytest.mark.parametrize("order", [1, 2, 7])
def test_a_spent_budget_adds_up(order):
    table = change(order, strict_budget=True).report_budget()
    assert table.spent.sum() == pytest.approx(3, rel=1e-6) and table.share.sum() == pytest.approx(
        1, rel=1e-6
    )


def test_by_hand_with_names_dearest_first():
    perturbation = change(budget=10.0, delta_sign="free")
    perturbation.set_edge_values([0.5, -1.0, 0.75])
    table = perturbation.report_budget(["ERK", "AKT", "JNK"])
    assert list(table.columns) == [
        "src_func",
        "dst_func",
        "src_idx",
        "dst_idx",
        "change",
        "cost",
        "spent",
        "share",
    ]
    assert table.values.tolist() == [
        ["AKT", "JNK", 1, 2, 0.75, 4.0, 3.0, 0.3],
        ["ERK", "AKT", 0, 1, 0.5, 2.0, 1.0, 0.1],
        ["ERK", "JNK", 0, 2, -1.0, 1.0, 1.0, 0.1],
    ]


def test_for_the_largest_cost_every_edge_has_the_budget_for_itself():
    perturbation = change(math.inf, strict_budget=True)
    table = perturbation.report_budget()
    assert table.share.max() == pytest.approx(1, rel=1e-6)
    np.testing.assert_allclose(table.spent, table.cost * table.change.abs(), rtol=1e-12)


def test_without_a_budget_there_is_no_share_and_nodes_have_numbers():
    table = change(budget=None).report_budget()
    assert table.share.isna().all() and set(table.src_func) == {"0", "1"}


def test_too_few_names_are_refused():
    with pytest.raises(ConfigError, match="one name for each of 3 nodes, got 2"):
        change().report_budget(["ERK", "AKT"])
