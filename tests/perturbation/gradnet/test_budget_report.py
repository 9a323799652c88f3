"""The table of what was spent: sums, order and names."""

import math

import numpy as np
import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.perturbation import SparseParameterization

EDGES = torch.tensor([[0, 0, 1], [1, 2, 2]])
COST = torch.tensor([2.0, 1.0, 4.0])


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
