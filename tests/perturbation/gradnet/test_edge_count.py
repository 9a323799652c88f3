"""A budget counted in edges: how many are left, and that training finds which."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.perturbation import SparseParameterization
from edgelab.perturbation.gradnet._edge_count import cut, largest_edges


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
