"""One growing layer after another: promises, thresholds, targets, neighbours."""

import copy
import inspect
import re
import warnings

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.growth import (
    GRADMAX,
    TINY,
    GrowingModule,
    LinearGrowingModule,
    UpdateOptions,
)


def pair_of_layers(**options):
    torch.manual_seed(0)
    first = LinearGrowingModule(3, 4, post_layer_function=nn.Tanh(), dtype=torch.float64)
    return first, LinearGrowingModule(4, 2, previous_module=first, dtype=torch.float64, **options)


@pytest.mark.parametrize("activation", [nn.Tanh, nn.GELU, nn.SiLU, nn.Softsign, nn.Identity])
@pytest.mark.parametrize(
    "options", [UpdateOptions(), TINY, UpdateOptions(use_projection=False), GRADMAX]
)
def test_promised_improvement_is_the_measured_slope(activation, options, chain, counted, slope):
    network, x, y = chain(activation=activation)
    counted(network, x, y, options)
    network.compute_optimal_updates(options)
    promised = network.layers[1].first_order_improvement.item()
    assert slope(network, x, y) == pytest.approx(promised, rel=1e-3, abs=1e-6)


def test_promise_follows_scaling_and_selection(chain, counted, slope):
    network, x, y = chain(activation=nn.Tanh)
    counted(network, x, y)
    network.compute_optimal_updates()
    layer = network.layers[1]
    layer.scale_layer_extension(None, 2.0, 0.7)
    layer.scale_parameter_update(0.3)
    layer.sub_select_optimal_added_parameters(keep_neurons=1)
    assert slope(network, x, y) == pytest.approx(layer.first_order_improvement.item(), rel=1e-3)


def test_a_duplicated_hidden_neuron_does_not_explode(chain, counted):
    network, x, y = chain()
    first, second = network.layers
    with torch.no_grad():
        first.weight[1], first.bias[1] = first.weight[0], first.bias[0] + 1e-9
    counted(network.float(), x.float(), y.float())
    weight, _, decrease = second.compute_optimal_delta()
    assert weight.abs().max() < 20
    assert decrease > 0


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_scale_of_the_loss_changes_lengths_only(scale, chain, squares, counted):
    network, x, y = chain((3, 4, 3))
    counted(network, x, y, loss=lambda p, t: scale * squares(p, t))
    network.compute_optimal_updates(statistical_threshold=0.3)
    reference = counted(chain((3, 4, 3))[0], x, y)
    reference.compute_optimal_updates(statistical_threshold=0.3)
    layer, expected = network.layers[1], reference.layers[1]
    torch.testing.assert_close(layer.eigenvalues_extension, scale * expected.eigenvalues_extension)
    torch.testing.assert_close(
        layer.optimal_delta_layer.weight, scale * expected.optimal_delta_layer.weight
    )


def test_no_neuron_is_added_where_nothing_is_left(chain, counted):
    network, x, y = chain(activation=nn.Identity, widths=(3, 4, 2))
    counted(network, x, y)
    network.compute_optimal_updates()
    assert network.layers[1].extended_input_layer is None
    assert network.apply_change(0.5) == []


def test_bad_numbers_of_neurons_are_refused(chain, counted):
    network, x, y = chain()
    counted(network, x, y)
    with pytest.raises(ConfigError, match=r"maximum_added_neurons .* at least 0, got -1"):
        network.compute_optimal_updates(maximum_added_neurons=-1)
    network.compute_optimal_updates(maximum_added_neurons=0)
    assert network.layers[1].extended_input_layer is None


def test_updates_show_nowhere_until_they_are_taken(chain, counted):
    network, x, y = chain()
    names, n_parameters = list(network.state_dict()), len(list(network.parameters()))
    counted(network, x, y)
    network.compute_optimal_updates()
    assert list(network.state_dict()) == names
    assert len(list(network.parameters())) == n_parameters
    assert len(list(network.modules())) == len(list(chain()[0].modules()))
    assert list(network.layers[1].parameters()) == list(network.layers[1].layer.parameters())


def test_updates_move_and_copy_with_the_network(chain, counted):
    network, x, y = chain()
    counted(network, x, y)
    network.compute_optimal_updates()
    network.reset_computation()
    twin = copy.deepcopy(network)
    assert twin.layers[1].previous_module is twin.layers[0]
    twin.float()
    assert twin.layers[1].extended_input_layer.weight.dtype == torch.float32
    twin.set_scaling_factor(0.5)
    network.set_scaling_factor(0.5)
    expected = network.extended_forward(x)
    torch.testing.assert_close(
        twin.extended_forward(x.float()).double(), expected, atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_adjacent_layers_grow_from_one_pass(order, chain, counted):
    network, x, y = chain((3, 4, 5, 2))
    counted(network, x, y)
    network.compute_optimal_updates(maximum_added_neurons=2)
    network.set_scaling_factor(0.3)
    expected = network.extended_forward(x).detach()
    network.reset_computation()
    for index in order:
        network.layers[index].apply_change()
    network.delete_update()
    torch.testing.assert_close(network(x), expected)
    assert [layer.out_features for layer in network.layers] == [6, 7, 2]
    assert [layer.layer.in_features for layer in network.layers] == [3, 6, 7]


def test_learnable_scalings_stay_out_of_the_parameters(chain, squares, counted):
    network, x, y = chain()
    counted(network, x, y)
    network.compute_optimal_updates()
    layer, scaling = network.layers[1], nn.Parameter(torch.full((1,), 0.5, dtype=torch.float64))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer.scaling_factor = scaling
        squares(network.extended_forward(x), y).backward()
    assert scaling.grad is not None
    assert len(list(network.parameters())) == 4


def test_targets_must_be_known():
    _, second = pair_of_layers()
    with pytest.raises(GrowthError, match="Target in neurons is not set"):
        second.missing_neurons()
    with pytest.raises(ConfigError, match="Unknown method: zzz"):
        second.number_of_neurons_to_add("zzz")


def test_complete_growth():
    first, second = pair_of_layers(target_in_neurons=9)
    assert len(second.complete_growth({"rescaling": "default_vt"})) == 3
    assert (first.out_features, second.in_neurons, second.number_of_parameters()) == (9, 9, 20)
    assert second.complete_growth() == []


def test_parameters_can_be_added_by_hand():
    first, _ = pair_of_layers()
    first.add_parameters(added_out_features=2)
    first.add_parameters(torch.ones(6, 1, dtype=torch.float64), added_in_features=1)
    assert first.weight.shape == (6, 4)
    assert first.layer.in_features == 4
    with pytest.raises(GrowthError, match="exactly one"):
        first.add_parameters(added_in_features=1, added_out_features=1)
    with pytest.raises(GrowthError, match="can only grow along axis 1"):
        first.layer_in_extension(torch.ones(5, 1, dtype=torch.float64))


@pytest.mark.parametrize(
    ("layer", "message"),
    [(nn.Embedding(3, 4), "got Embedding"), (nn.Conv2d(4, 4, 3, groups=2), "2 groups")],
)
def test_layers_without_an_adapter_are_refused(layer, message, wrong_types):
    with pytest.raises(ConfigError, match=message):
        GrowingModule(layer)


def test_expected_shapes_are_checked():
    with pytest.raises(ConfigError, match=r"tensor_s_shape .* \(4, 4\), got \(3, 3\)"):
        GrowingModule(nn.Linear(3, 2), tensor_s_shape=(3, 3))
    with pytest.raises(ConfigError, match=r"tensor_m_shape .* \(4, 2\), got \(3, 2\)"):
        GrowingModule(nn.Linear(3, 2), tensor_m_shape=(3, 2))


# Names and arguments that a program written for growing modules may rely on.
METHODS = """
add_parameters
apply_change scaling_factor apply_previous apply_delta apply_extension extension_size
    optimal_delta_scaling input_extension_scaling output_extension_scaling
apply_neuron_pairing neuron_pairing noise_ratio
apply_rescaling rescaling neuron_pairing extension_size
complete_growth extension_kwargs
compute_covariance_loss_gradient_update
compute_cross_covariance_update
compute_m_prev_update desired_activation
compute_m_update desired_activation
compute_n_update
compute_optimal_delta update dtype force_pseudo_inverse use_fisher
compute_optimal_updates numerical_threshold statistical_threshold maximum_added_neurons
    update_previous dtype compute_delta use_covariance alpha_zero omega_zero use_projection
    ignore_singular_values use_fisher
compute_s_update
copy_uniform_initialization tensor reference_tensor fan_in
create_layer_extensions extension_size output_extension_size input_extension_size
    output_extension_init input_extension_init neuron_pairing rescaling noise_ratio
create_layer_in_extension extension_size
create_layer_out_extension extension_size
delete_update include_previous delete_delta delete_input delete_output
extended_forward x x_ext use_optimal_delta use_extended_input use_extended_output
forward x
get_fan_in_from_layer layer num_neurons
init_computation
kaiming_initialization tensor reference_tensor fan_in
layer_in_extension weight
layer_of_tensor weight bias force_bias
layer_out_extension weight bias
missing_neurons
normalize_optimal_updates std_target normalization_type gradmax_scale
number_of_neurons_to_add method number_of_growth_steps
number_of_parameters
parameter_step delta_weights delta_biases
parameters recurse
projected_v_goal input_vector
reset_computation
scale_layer layer scale
scale_layer_extension scale scale_output scale_input
scale_parameter_update scale
set_scaling_factor factor
sub_select_optimal_added_parameters keep_neurons threshold sub_select_previous zeros_if_not_enough
    zeros_fan_in zeros_fan_out
update_computation
update_input_size input_size compute_from_previous force_update
weights_statistics
"""
PROPERTIES = """
activation_gradient bias first_order_improvement in_features in_neurons input input_extended
input_size input_volume out_features output_volume pre_activity tensor_n tensor_s tensor_s_growth
weight
"""


@pytest.mark.parametrize("line", re.sub(r"\n\s+", " ", METHODS).strip().splitlines())
def test_methods_take_what_they_took(line):
    name, *expected = line.split()
    taken = list(inspect.signature(getattr(GrowingModule, name)).parameters)
    assert [argument for argument in taken if argument != "self"][: len(expected)] == expected


def test_properties_are_there():
    assert [name for name in PROPERTIES.split() if not hasattr(GrowingModule, name)] == []
