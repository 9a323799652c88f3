"""What goes wrong in growing layers elsewhere, and must not here: one test, or a few, for each."""

import copy
import warnings

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.growth import (
    GRADMAX,
    TINY,
    GrowingChain,
    LinearGrowingModule,
    LinearMergeGrowingModule,
    UpdateOptions,
    grow,
)


def squares(prediction, target):
    return (prediction - target).square().sum()


def counted(chain, x, y, options=None, loss=squares, n_averaged=1.0):
    chain.init_computation(options)
    chain.zero_grad()
    loss(chain(x), y).backward()
    chain.update_computation(n_averaged)
    return chain


def slope(chain, x, y, step=1e-4):
    """Measured fall of the loss per sample, in the square of the scaling."""
    losses = []
    for scaling in (0.0, step):
        chain.set_scaling_factor(scaling)
        losses.append(squares(chain.extended_forward(x), y).item())
    return (losses[0] - losses[1]) / len(x) / step**2


# GradMax behind a kink


@pytest.mark.parametrize("activation", [nn.ReLU, nn.LeakyReLU, nn.Tanh])
@pytest.mark.parametrize("use_bias", [True, False])
def test_gradmax_adds_neurons_that_learn(activation, use_bias, chain):
    network, x, y = chain(activation=activation)
    if not use_bias:
        layers = [
            LinearGrowingModule(
                3, 4, use_bias=False, post_layer_function=activation(), dtype=torch.float64
            ),
            LinearGrowingModule(4, 2, use_bias=False, dtype=torch.float64),
        ]
        network = GrowingChain(layers)
    before = network(x).detach()
    grow(network, [(x, y)], squares, 2, method="gradmax")
    torch.testing.assert_close(network(x), before, atol=1e-12 if use_bias else 0.02, rtol=0)
    squares(network(x), y).backward()
    first = network.layers[0]
    gradient = first.weight.grad[4:]
    assert (gradient.abs().sum(1) > 0.1 * first.weight.grad[:4].abs().sum(1).mean()).all()


def test_gradmax_neurons_get_the_gradient_they_promise(chain):
    network, x, y = chain(activation=nn.ReLU)
    layer = network.layers[1]
    counted(network, x, y, GRADMAX)
    network.compute_optimal_updates(GRADMAX)
    promised = layer.eigenvalues_extension
    network.reset_computation()
    network.apply_change(1.0)
    network.zero_grad()
    squares(network(x), y).backward()
    first = network.layers[0]
    gradients = torch.cat([first.weight.grad, first.bias.grad[:, None]], dim=1)[4:] / len(x)
    torch.testing.assert_close(gradients.norm(dim=1), promised, rtol=1e-2, atol=0)


def test_gradmax_refuses_a_norm_before_a_kink(chain):
    network, x, y = chain(
        activation=lambda: nn.Sequential(nn.BatchNorm1d(4, dtype=torch.float64), nn.ReLU())
    )
    counted(network, x, y, GRADMAX)
    with pytest.raises(GrowthError, match="stay dead"):
        network.compute_optimal_updates(GRADMAX)


# The promised improvement is the measured slope


@pytest.mark.parametrize("activation", [nn.Tanh, nn.GELU, nn.SiLU, nn.Softsign, nn.Identity])
@pytest.mark.parametrize(
    "options", [UpdateOptions(), TINY, UpdateOptions(use_projection=False), GRADMAX]
)
def test_promised_improvement_is_the_measured_slope(activation, options, chain):
    network, x, y = chain(activation=activation)
    counted(network, x, y, options)
    network.compute_optimal_updates(options)
    promised = network.layers[1].first_order_improvement.item()
    assert slope(network, x, y) == pytest.approx(promised, rel=1e-3, abs=1e-6)


def test_promise_follows_scaling_and_selection(chain):
    network, x, y = chain(activation=nn.Tanh)
    counted(network, x, y)
    network.compute_optimal_updates()
    layer = network.layers[1]
    layer.scale_layer_extension(None, 2.0, 0.7)
    layer.scale_parameter_update(0.3)
    layer.sub_select_optimal_added_parameters(keep_neurons=1)
    assert slope(network, x, y) == pytest.approx(layer.first_order_improvement.item(), rel=1e-3)


# Nearly singular moments


def test_a_duplicated_hidden_neuron_does_not_explode(chain):
    network, x, y = chain()
    first, second = network.layers
    with torch.no_grad():
        first.weight[1], first.bias[1] = first.weight[0], first.bias[0] + 1e-9
    counted(network.float(), x.float(), y.float())
    weight, _, decrease = second.compute_optimal_delta()
    assert weight.abs().max() < 20
    assert decrease > 0


# Thresholds do not depend on the scale of the loss


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_scale_of_the_loss_changes_lengths_only(scale, chain):
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


def test_no_neuron_is_added_where_nothing_is_left(chain):
    network, x, y = chain(activation=nn.Identity, widths=(3, 4, 2))
    counted(network, x, y)
    network.compute_optimal_updates()
    assert network.layers[1].extended_input_layer is None
    assert network.apply_change(0.5) == []


def test_bad_numbers_of_neurons_are_refused(chain):
    network, x, y = chain()
    counted(network, x, y)
    with pytest.raises(ConfigError, match="maximum_added_neurons .* at least 0, got -1"):
        network.compute_optimal_updates(maximum_added_neurons=-1)
    network.compute_optimal_updates(maximum_added_neurons=0)
    assert network.layers[1].extended_input_layer is None


# Means and sums


def test_a_mean_loss_gives_the_update_of_a_summed_one(chain):
    network, x, y = chain()
    counted(network, x, y)
    network.compute_optimal_updates()
    other = chain()[0]
    counted(other, x, y, loss=nn.functional.mse_loss, n_averaged=float(y.numel()))
    other.compute_optimal_updates()
    for name in ("optimal_delta_layer", "extended_input_layer"):
        torch.testing.assert_close(
            getattr(other.layers[1], name).weight, getattr(network.layers[1], name).weight
        )
    assert other.layers[1].first_order_improvement == pytest.approx(
        float(network.layers[1].first_order_improvement)
    )


def test_grow_sums_a_mean_loss_by_itself(chain):
    results = []
    for loss in (nn.MSELoss(), nn.MSELoss(reduction="sum"), nn.functional.mse_loss, squares):
        network, x, y = chain()
        grow(network, list(zip(x.split(7), y.split(7), strict=True)), loss, 2)
        results.append(network.layers[1].weight.detach())
    for result in results[1:]:
        torch.testing.assert_close(result, results[0])


def test_a_hidden_mean_is_refused(chain):
    network, x, y = chain()
    with pytest.raises(ConfigError, match="not a sum over samples"):
        grow(network, [(x, y)], lambda p, t: (p - t).square().mean(), 1)


# Positions


def test_positions_count_one_by_one(chain):
    network, x, y = chain()
    counted(network, x, y)
    network.compute_optimal_updates()
    other = chain()[0]
    counted(other, x.view(5, 6, 3), y.view(5, 6, 2))
    other.compute_optimal_updates()
    layer, expected = other.layers[1], network.layers[1]
    assert layer.tensor_s()[-1, -1] == 1
    assert layer.tensor_s.samples == 30
    assert set(layer._statistics.samples().values()) == {30, 0}
    torch.testing.assert_close(layer.eigenvalues_extension, expected.eigenvalues_extension)
    total, samples = layer.compute_n_update()
    torch.testing.assert_close(total / samples, layer.tensor_n)


def test_batches_may_have_any_sizes(chain):
    network, x, y = chain()
    counted(network, x, y)
    other = chain()[0]
    other.init_computation()
    for part_x, part_y in zip(x.split(7), y.split(7), strict=True):
        squares(other(part_x), part_y).backward()
        other.update_computation()
        other.update_computation()  # counts nothing
    statistics = network.layers[1]._statistics
    for name, samples in statistics.samples().items():
        if samples:
            torch.testing.assert_close(other.layers[1]._statistics[name](), statistics[name]())


# The optimizer


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
def test_the_optimizer_follows(optimizer, chain):
    makers = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5),
        "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01),
    }
    network, x, y = chain()
    follower = makers[optimizer](network.parameters())
    squares(network(x), y).backward()
    follower.step()
    parameters = list(network.parameters())
    before = copy.deepcopy(follower.state_dict()["state"])
    grow(network, [(x, y)], squares, 2, optimizer=follower)
    assert all(new is old for new, old in zip(network.parameters(), parameters, strict=True))
    for index, parameter in enumerate(parameters):
        for name, old in before[index].items():
            new = follower.state[parameter][name]
            if old.ndim:
                assert new.shape == parameter.shape
                torch.testing.assert_close(new[tuple(slice(size) for size in old.shape)], old)
                assert new.sum() == pytest.approx(float(old.sum()))
    follower.zero_grad()
    squares(network(x), y).backward()
    follower.step()
    assert all(parameter.grad.shape == parameter.shape for parameter in parameters)


def test_growth_goes_on_training_as_before(chain):
    """At scale 0 of what new neurons say, growth changes nothing of training by momentum."""
    losses = []
    for grows in (False, True):
        network, x, y = chain()
        optimizer = torch.optim.SGD(network.layers[:1].parameters(), lr=1e-3, momentum=0.9)
        for step in range(6):
            if grows and step == 3:
                counted(network, x, y)
                network.compute_optimal_updates()
                layer = network.layers[1]
                optimizer_free = layer.apply_change(
                    apply_delta=False,
                    input_extension_scaling=0.0,
                    output_extension_scaling=1.0,
                    optimizer=optimizer,
                )
                assert len(optimizer_free) == 3
                network.reset_computation()
                network.delete_update()
            optimizer.zero_grad()
            loss = squares(network(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[:6] == pytest.approx(losses[6:], rel=1e-12)


# Updates are not parts of the network


def test_updates_show_nowhere_until_they_are_taken(chain):
    network, x, y = chain()
    names, n_parameters = list(network.state_dict()), len(list(network.parameters()))
    counted(network, x, y)
    network.compute_optimal_updates()
    assert list(network.state_dict()) == names
    assert len(list(network.parameters())) == n_parameters
    assert len(list(network.modules())) == len(list(chain()[0].modules()))
    assert list(network.layers[1].parameters()) == list(network.layers[1].layer.parameters())


def test_updates_move_and_copy_with_the_network(chain):
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


# Adjacent layers, merges


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_adjacent_layers_grow_from_one_pass(order, chain):
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


@pytest.mark.parametrize("mode", ["sum", "concat"])
@pytest.mark.parametrize("options", [UpdateOptions(), UpdateOptions(use_projection=False), GRADMAX])
def test_growth_crosses_a_merge(mode, options):
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


# Bare failures elsewhere


def test_steps_out_of_order_say_what_is_missing(chain):
    network, x, _ = chain()
    layer = network.layers[1]
    with pytest.raises(GrowthError, match="init_computation"):
        layer.update_computation()
    with pytest.raises(GrowthError, match="has counted no sample"):
        layer.compute_optimal_updates()
    layer.init_computation()
    with torch.no_grad():
        network(x)  # evaluation between batches is harmless
    network(x)
    with pytest.raises(GrowthError, match=r"call loss\.backward"):
        layer.update_computation()
    with pytest.raises(ConfigError, match="n_averaged"):
        layer.update_computation(0.0)
    with pytest.raises(GrowthError, match="no previous module"):
        network.layers[0].tensor_s_growth  # noqa: B018


def test_the_fisher_information_is_counted_only_if_wanted(chain):
    network, x, y = chain()
    counted(network, x, y)
    assert network.layers[1].covariance_loss_gradient.samples == 0
    with pytest.raises(
        GrowthError, match="covariance_loss_gradient of layer 1 has counted no sample"
    ):
        network.layers[1].compute_optimal_updates(use_fisher=True)
    counted(network, x, y, GRADMAX)
    counts = network.layers[1]._statistics.samples()
    assert {name for name, count in counts.items() if count} == {"tensor_m_prev"}
    assert network.layers[0].tensor_s.samples == 0


def test_learnable_scalings_stay_out_of_the_parameters(chain):
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


def test_activations_that_work_in_place_do_not_spoil_statistics(chain):
    network, x, y = chain(activation=nn.ReLU, widths=(3, 4, 5, 2))
    other = chain(activation=lambda: nn.ReLU(inplace=True), widths=(3, 4, 5, 2))[0]
    for made in (network, other):
        counted(made, x, y).compute_optimal_updates()
    for layer, expected in zip(other.growing_layers, network.growing_layers, strict=True):
        torch.testing.assert_close(layer.eigenvalues_extension, expected.eigenvalues_extension)
