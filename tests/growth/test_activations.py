"""What lies between two growing layers: slopes and kinks at 0, norms that grow along."""

import pytest
from torch import nn

from edgelab.errors import GrowthError
from edgelab.growth._activations import (
    for_new_neurons,
    has_kink_at_zero,
    norms_in,
    scale_norms,
    slope_at,
    slope_right_of_zero,
    widen_norms,
    without_norms,
)


def test_norms_are_found_and_left_out():
    function = nn.Sequential(nn.BatchNorm1d(3), nn.ReLU())
    assert list(norms_in(function)) == [function[0]]
    assert [type(part) for part in without_norms(function)] == [nn.Identity, nn.ReLU]
    assert isinstance(function[0], nn.BatchNorm1d)


@pytest.mark.parametrize(
    ("function", "slope"),
    [(nn.ReLU(), 1.0), (nn.Tanh(), 1.0), (nn.GELU(), 0.5), (nn.Sigmoid(), 0.25)],
)
def test_slopes_just_above_zero(function, slope):
    assert slope_right_of_zero(nn.Sequential(nn.BatchNorm1d(3), function)) == pytest.approx(slope)


def test_a_relu_has_a_kink_at_zero():
    assert slope_at(nn.ReLU(), 0.0) == 0
    assert has_kink_at_zero(nn.ReLU())
    assert not has_kink_at_zero(nn.Tanh())


def test_new_neurons_pass_fresh_batch_norms():
    assert for_new_neurons(nn.BatchNorm1d(3), 2).num_features == 2
    function = nn.ReLU()
    assert for_new_neurons(function, 2) is function
    with pytest.raises(GrowthError, match="mix old neurons with new ones"):
        for_new_neurons(nn.LayerNorm(3), 2)


def test_norms_get_entries_for_new_neurons():
    norm = nn.BatchNorm1d(3)
    nn.init.constant_(norm.running_var, 4.0)
    insertions = widen_norms(norm, 2)
    assert [insertion.parameter for insertion in insertions] == [norm.weight, norm.bias]
    assert norm.num_features == 5
    assert norm.running_var.tolist() == [4, 4, 4, 1, 1]
    assert norm.running_mean.tolist() == norm.bias.tolist() == [0] * 5
    assert norm.weight.tolist() == [1] * 5


def test_a_module_that_can_grow_is_asked_to():
    class Widening(nn.Module):
        added = 0

        def grow(self, n_neurons):
            self.added += n_neurons

    function = nn.Sequential(Widening())
    assert widen_norms(function, 3) == []
    assert function[0].added == 3


@pytest.mark.parametrize(
    ("norm", "message"),
    [(nn.LayerNorm((2, 3)), r"axes \(2, 3\)"), (nn.GroupNorm(2, 4), "3 new neurons .* 2 groups")],
)
def test_norms_without_room_are_refused(norm, message):
    with pytest.raises(GrowthError, match=message):
        widen_norms(norm, 3)


def test_batch_norms_remember_scaled_inputs():
    norm = nn.BatchNorm1d(1)
    norm.running_mean.fill_(2.0)
    scale_norms(norm, 3.0)
    assert (norm.running_mean.item(), norm.running_var.item()) == (6, 9)
