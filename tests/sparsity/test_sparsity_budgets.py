"""Budgets: whole, within capacity, none lost."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.sparsity import mean_magnitude, prune_rates, share_out
from edgelab.sparsity._budgets import normalised

layers = st.lists(st.tuples(st.floats(0, 10), st.integers(0, 50)), min_size=1, max_size=8)


@given(layers, st.integers(-10, 300))
def test_budgets_are_conserved_and_fit(layers, total):
    shares = normalised({str(i): share + 1e-3 for i, (share, _) in enumerate(layers)})
    capacity = {str(i): room for i, (_, room) in enumerate(layers)}
    budgets = share_out(total, shares, capacity)
    assert sum(budgets.values()) == min(max(total, 0), sum(capacity.values()))
    assert all(0 <= budgets[name] <= capacity[name] for name in budgets)
    if all(total * shares[name] <= capacity[name] for name in shares):
        assert all(abs(budgets[name] - total * shares[name]) < 1 for name in budgets if total > 0)


def test_what_full_layers_cannot_take_is_spread_evenly():
    assert share_out(30, {"a": 0.8, "b": 0.15, "c": 0.05}, {"a": 10, "b": 100, "c": 100}) == {
        "a": 10,
        "b": 12,
        "c": 8,
    }


def test_shares_without_a_sum_are_none():
    assert normalised({"a": 0.0, "b": math.nan, "c": math.inf}) is None
    assert normalised({"a": 1.0, "b": math.nan}) == {"a": 1.0, "b": 0.0}


def test_mean_magnitude_of_an_empty_layer_is_zero():
    assert mean_magnitude(torch.ones(3), torch.zeros(3, dtype=torch.bool)) == 0.0


def test_only_dense_layers_with_a_large_share_are_pruned_gently():
    density = {"dense": 0.9, "dense but small share": 0.9, "sparse": 0.1}
    share = {"dense": 0.5, "dense but small share": 0.1, "sparse": 0.4}
    rates = prune_rates(0.3, density, share)
    assert rates == pytest.approx({"dense": 0.1, "dense but small share": 0.3, "sparse": 0.3})
