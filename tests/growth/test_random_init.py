"""Random neurons: laws, pairing, rescaling, milestones, errors that name the choice."""

import math

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError
from edgelab.growth import (
    INITIALISERS,
    LinearGrowingModule,
)
from edgelab.growth._random_init import next_step_size, pair, rescaling_factors


def pair_of_layers(**options):
    torch.manual_seed(0)
    first = LinearGrowingModule(3, 4, post_layer_function=nn.Tanh(), dtype=torch.float64)
    return first, LinearGrowingModule(4, 2, previous_module=first, dtype=torch.float64, **options)


@pytest.mark.parametrize("law", INITIALISERS.names())
def test_bounds_and_spread_of_laws(law):
    reference = torch.randn(20, 20, dtype=torch.float64)
    bound = {
        "copy_uniform": math.sqrt(3) * reference.std().item(),
        "kaiming": math.sqrt(6 / 50),
        "zeros": 0.0,
    }[law]
    values = torch.ones(20000, dtype=torch.float64)
    INITIALISERS[law](values, reference, 50, torch.Generator().manual_seed(0))
    assert values.abs().max() <= bound
    assert values.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize("reference", [None, torch.zeros(1), torch.full((5,), 2.0)])
def test_without_spread_copying_is_kaiming(reference):
    first, _ = pair_of_layers()
    values = torch.zeros(2000)
    first.copy_uniform_initialization(values, reference, 6)
    assert 0.99 < values.abs().max() <= 1
    first.kaiming_initialization(values, None, 600)
    assert values.abs().max() <= 0.1


def test_pairs_keep_the_function_and_noise_parts_them():
    for noise, tolerance in ((0.0, 1e-14), (1e-3, 1e-2)):
        first, second = pair_of_layers()
        x = torch.randn(9, 3, dtype=torch.float64)
        before = second(first(x)).detach()
        second.create_layer_extensions(4, neuron_pairing="vv_z_negz", noise_ratio=noise)
        says = second.extended_input_layer.weight
        asymmetry = (says[:, 2:] + says[:, :2]).abs().max()
        assert (asymmetry == 0) == (noise == 0)
        second.apply_change(scaling_factor=1.0)
        torch.testing.assert_close(second(first(x)), before, atol=tolerance, rtol=0)


def test_seeds_decide():
    weights = []
    for seed in (1, 1, 2):
        first, second = pair_of_layers()
        second.create_layer_extensions(3, generator=torch.Generator().manual_seed(seed))
        weights.append(first.extended_output_layer.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"extension_size": 3, "neuron_pairing": "vv_z_negz"},
            "requires an even extension_size, got 3",
        ),
        ({"extension_size": 2, "neuron_pairing": "twins"}, r"neuron_pairing .* 'twins'"),
        ({"extension_size": 2, "rescaling": "vt"}, r"rescaling .* 'vt'"),
        (
            {"extension_size": 2, "input_extension_init": "zero"},
            "unknown initialisation of an extension 'zero'",
        ),
        ({"extension_size": -2}, "must not be negative"),
    ],
)
def test_bad_choices_are_named_before_anything_changes(options, message):
    first, second = pair_of_layers()
    before = first.weight.clone()
    with pytest.raises(ConfigError, match=message):
        second.create_layer_extensions(**options)
    assert torch.equal(first.weight, before)
    assert second.extended_input_layer is None


@pytest.mark.parametrize(
    ("initial", "target", "steps"), [(4, 10, 4), (4, 11, 3), (4, 6, 5), (4, 4, 2), (4, 37, 7)]
)
def test_no_neuron_is_left_out_by_steps(initial, target, steps):
    first, second = pair_of_layers(target_in_neurons=target)
    sizes = []
    for _ in range(steps):
        size = second.number_of_neurons_to_add(number_of_growth_steps=steps)
        sizes.append(size)
        second.create_layer_extensions(size)
        second.apply_change(scaling_factor=1.0)
        second.delete_update()
    assert first.out_features == second.in_neurons == target
    assert second.missing_neurons() == 0
    positive = [size for size in sizes if size]
    assert not positive or max(positive) - min(positive) <= 1


def test_rescaling_brings_variances_to_their_targets():
    first, second = pair_of_layers()
    norm = nn.BatchNorm1d(4, dtype=torch.float64)
    first.post_layer_function = norm
    second.apply_rescaling("vt_constraint_new_shape", extension_size=12)
    assert first.weight.var().item() == pytest.approx(1 / 3)
    assert second.weight.var().item() == pytest.approx(1 / 16)
    assert not torch.equal(norm.running_var, torch.ones(4, dtype=torch.float64))


@pytest.mark.parametrize(
    ("rescaling", "expected"),
    [("none", (1, 1)), ("default_vt", (1, 0.5)), ("vt_constraint_old_shape", (1, 1))],
)
def test_factors_of_rescaling(rescaling, expected):
    # Weights that do not vary keep their factor 1.
    weights = torch.ones(4, 3), torch.ones(2, 4)
    assert rescaling_factors(rescaling, *weights, 3, 4, 16) == expected


def test_partners_read_the_same_and_act_with_the_opposite_sign():
    outgoing, incoming = torch.tensor([[3.0], [0.0]]), torch.tensor([[2.0, 0.0]])
    pair([outgoing], incoming, 0.0)
    assert outgoing.flatten().tolist() == [3, 3]
    assert incoming.tolist() == [[2, -2]]
    with pytest.raises(ConfigError, match="even extension_size, got 3"):
        pair([torch.zeros(3, 1)], torch.zeros(1, 4), 0.0)


def test_milestones_leave_no_neuron_out():
    assert next_step_size(4, 4, 10, 4) == 1
    assert next_step_size(4, 5, 10, 4) == 2
    assert next_step_size(4, 10, 10, 4) == 0
