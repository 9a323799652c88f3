"""Selecting, scaling and applying an update by hand-computed numbers."""

import pytest
import torch

from edgelab.errors import ConfigError


def test_selection_of_neurons(chain, golden, example):
    for keep, expected in ((1, golden["golden"]["sub_select_1"]), (0, None)):
        made = example()
        made.count()
        made.second.compute_optimal_updates()
        made.second.sub_select_optimal_added_parameters(keep_neurons=keep)
        if expected is None:
            assert made.second.extended_input_layer is None is made.first.extended_output_layer
        else:
            torch.testing.assert_close(made.second.eigenvalues_extension.tolist(), expected["eig"])
    made = example()
    made.count()
    made.second.compute_optimal_updates()
    made.second.sub_select_optimal_added_parameters(
        keep_neurons=1, zeros_if_not_enough=True, zeros_fan_out=True
    )
    assert made.first.extended_output_layer.weight[1].eq(0).all()
    assert made.second.extended_input_layer.weight[:, 1].eq(0).all()
    assert made.second.eigenvalues_extension[1] == 0
    with pytest.raises(ConfigError, match="exactly one"):
        made.second.sub_select_optimal_added_parameters()


def test_scalings(example):
    made = example()
    made.count()
    made.second.compute_optimal_updates()
    values, decrease = made.second.eigenvalues_extension, made.second.parameter_update_decrease
    made.second.scale_layer_extension(None, 2.0, 3.0)
    made.second.scale_parameter_update(0.5)
    torch.testing.assert_close(made.second.eigenvalues_extension, values * 6**0.5)
    assert made.second.parameter_update_decrease == decrease / 2
    made.second.scaling_factor = -0.3
    scalings = [
        made.second.optimal_delta_scaling,
        made.second.input_extension_scaling,
        made.first.output_extension_scaling,
    ]
    assert [value.item() for value in scalings] == pytest.approx([0.09, -0.3, -0.3])


def test_an_applied_update_is_gone(example):
    made = example()
    made.count()
    made.second.compute_optimal_updates()
    made.second.apply_change(scaling_factor=0.5, extension_size=1)
    loss = made.plain_loss()
    assert made.second.apply_change(scaling_factor=0.5) == []
    assert made.plain_loss() == loss
    assert made.second.in_features == 5
