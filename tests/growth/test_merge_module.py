"""Growth across a merge: slope, application, widths."""

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.growth import (
    GRADMAX,
    LinearGrowingModule,
    LinearMergeGrowingModule,
    UpdateOptions,
)


@pytest.mark.parametrize("mode", ["sum", "concat"])
@pytest.mark.parametrize("options", [UpdateOptions(), UpdateOptions(use_projection=False), GRADMAX])
def test_growth_crosses_a_merge(mode, options, squares):
    torch.manual_seed(0)
    left = LinearGrowingModule(3, 4, dtype=torch.float64)
    right = LinearGrowingModule(2, 4 if mode == "sum" else 5, dtype=torch.float64)
    merge = LinearMergeGrowingModule([left, right], mode, nn.Tanh())
    after = LinearGrowingModule(merge.out_features, 2, previous_module=merge, dtype=torch.float64)
    x, z, y = (torch.randn(20, size, dtype=torch.float64) for size in (3, 2, 2))

    def forward(scaling=None):
        if scaling is None:
            return after(merge(left(x), right(z)))
        after.scaling_factor = scaling
        (a, new_a), (b, new_b) = left.extended_forward(x), right.extended_forward(z)
        return after.extended_forward(*merge.extended_forward([a, b], [new_a, new_b]))[0]

    after.init_computation(**options.counting())
    loss = squares(forward(), y)
    loss.backward()
    after.update_computation()
    after.compute_optimal_updates(**options.solving(), maximum_added_neurons=2)
    measured = (loss.item() - squares(forward(1e-4), y).item()) / 20 / 1e-8
    assert measured == pytest.approx(after.first_order_improvement.item(), rel=1e-3, abs=1e-5)
    expected = forward(0.5).detach()
    after.reset_computation()
    insertions = after.apply_change(scaling_factor=0.5)
    after.delete_update()
    torch.testing.assert_close(forward(), expected)
    widths = left.out_features, right.out_features
    assert widths == (6, 6) if mode == "sum" else sum(widths) == 11
    assert after.in_features == merge.out_features
    assert insertions


def test_functions_that_work_in_place_do_not_spoil_statistics():
    changes = []
    for inplace in (False, True):
        torch.manual_seed(0)
        left, right = (LinearGrowingModule(size, 4, dtype=torch.float64) for size in (3, 2))
        merge = LinearMergeGrowingModule([left, right], "sum", nn.ReLU(inplace=inplace))
        x, z = (torch.randn(20, size, dtype=torch.float64) for size in (3, 2))
        merge.init_computation()
        merge(left(x), right(z)).exp().sum().backward()
        merge.update_computation()
        changes.append(merge.compute_optimal_delta()[0][0][0])
    torch.testing.assert_close(*changes)


def test_requests_that_make_no_sense():
    layers = [LinearGrowingModule(3, 4), LinearGrowingModule(2, 5)]
    with pytest.raises(ConfigError, match=r"one width, got \[4, 5\]"):
        LinearMergeGrowingModule(layers)
    with pytest.raises(ConfigError, match=r"mode .* 'add'"):
        LinearMergeGrowingModule(layers, "add")
    merge = LinearMergeGrowingModule(layers, "concat")
    with pytest.raises(GrowthError, match="merges 2 layers, got 1"):
        merge(torch.zeros(1, 4))
    with pytest.raises(GrowthError, match="does not count at present"):
        merge.update_computation()
    with pytest.raises(GrowthError, match="change by themselves"):
        merge.compute_optimal_delta()
    merge.init_computation()
    with pytest.raises(ConfigError, match=r"n_averaged .* 0"):
        merge.update_computation(0.0)
    with pytest.raises(GrowthError, match="keeps no activity"):
        merge.update_computation()
