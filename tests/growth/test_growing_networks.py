"""Growing in one call, over whole networks: budgets, line search, methods, norms, selections."""

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.growth import (
    GROWTH_METHODS,
    GrowingChain,
    LinearGrowingModule,
    TensorStatistic,
    grow,
    grow_parameter,
    line_search,
    second_moment_sum,
)
from edgelab.growth._grow import _keep_best


def squares(prediction, target):
    return (prediction - target).square().sum()


@pytest.mark.parametrize("method", GROWTH_METHODS.names())
def test_every_method_adds_what_was_asked_for(method, chain):
    network, x, y = chain((3, 4, 5, 2), activation=nn.ReLU)
    done = grow(
        network, [(x, y)], squares, 4, method=method, generator=torch.Generator().manual_seed(0)
    )
    assert sum(done.added) == 4
    assert [
        layer.out_features - size for layer, size in zip(network.layers, (4, 5), strict=False)
    ] == done.added
    assert done.loss_after == pytest.approx(squares(network(x), y).item() / len(x))
    if method == "tiny_and_delta":
        assert done.loss_after < done.loss_before
        assert done.search.loss == pytest.approx(done.loss_after)
    assert all(parameter.grad is None for parameter in network.parameters())
    assert network.layers[1].extended_input_layer is None
    assert not network.layers[1].store_input


def test_the_budget_goes_where_it_explains_most_per_parameter(chain):
    network, x, y = chain((3, 4, 20, 2), samples=100)
    network.init_computation()
    network.backward(squares(network(x), y))
    network.update_computation()
    network.compute_optimal_updates()
    gains = []
    for layer in network.growing_layers:
        size = layer.previous_module.in_features + layer.out_features
        gains += [
            (value / size, layer.name) for value in layer.eigenvalues_extension.square().tolist()
        ]
    best = [name for _, name in sorted(gains, reverse=True)[:3]]
    network.reset_computation()
    network.delete_update()
    done = grow(network, [(x, y)], squares, 3)
    assert done.added == [best.count(layer.name) for layer in network.growing_layers]


def test_a_small_gain_by_few_parameters_beats_a_larger_one_by_many(chain):
    network, x, y = chain((3, 4, 20, 2), samples=100)
    network.init_computation()
    network.backward(squares(network(x), y))
    network.update_computation()
    network.compute_optimal_updates(maximum_added_neurons=1)
    wide, narrow = network.growing_layers  # 3 + 20 and 4 + 2 parameters per neuron
    wide.eigenvalues_extension = torch.tensor([1.5], dtype=torch.float64)
    narrow.eigenvalues_extension = torch.tensor([1.0], dtype=torch.float64)
    _keep_best([wide, narrow], 1)
    assert wide.extended_input_layer is None
    assert narrow.extended_input_layer.in_features == 1


def test_growing_leaves_gradients_of_parameters_alone(chain):
    network, x, y = chain()
    squares(network(x), y).backward()
    bias = network.layers[1].bias
    before = bias.grad.clone()
    grow(network, [(x, y)], squares, 1)
    assert torch.equal(bias.grad, before)


def test_batches_do_not_matter(chain):
    results = []
    for size in (30, 7):
        network, x, y = chain()
        grow(network, list(zip(x.split(size), y.split(size), strict=True)), squares, 2)
        results.append(network.layers[0].weight.detach())
    torch.testing.assert_close(*results)


def test_repeated_growth_fits_what_a_narrow_network_cannot(chain):
    network, x, y = chain((3, 1, 2), activation=nn.ReLU, samples=60)
    y = torch.stack([x[:, 0].abs(), x[:, 1] * x[:, 2]], dim=1)
    losses = [grow(network, [(x, y)], squares, 2).loss_after for _ in range(8)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.2 * squares(y.mean(0), y).item() / 60


def test_other_modules_may_stand_in_a_chain():
    torch.manual_seed(0)
    layers = [
        LinearGrowingModule(3, 4),
        nn.Dropout(0.0),
        LinearGrowingModule(4, 5),
        LinearGrowingModule(5, 1),
    ]
    network = GrowingChain(layers)
    assert network.growing_layers == [layers[3]]
    x = torch.randn(20, 3)
    grow(network, [(x, x[:, :1].exp())], nn.MSELoss(), 1, method="random")
    assert network(x).shape == (20, 1)


def test_requests_that_make_no_sense(chain):
    network, x, y = chain()
    with pytest.raises(ConfigError, match="positive number of neurons"):
        grow(network, [(x, y)], squares, 0)
    with pytest.raises(ConfigError, match="unknown way of growing 'tinny'"):
        grow(network, [(x, y)], squares, 1, method="tinny")
    with pytest.raises(GrowthError, match="no layer of this network can grow"):
        grow(GrowingChain([LinearGrowingModule(3, 2)]), [(x, y)], squares, 1)
    with pytest.raises(GrowthError, match="x_ext is given"):
        network.layers[1].extended_forward(
            torch.zeros(1, 4, dtype=torch.float64), torch.zeros(1, 1)
        )


def test_line_search_passes_over_losses_that_are_not_finite():
    losses = {0.1: 3.0, 0.5: float("nan"), 1.0: 2.0, 2.0: float("inf")}
    found = line_search(losses.__getitem__, list(losses))
    assert (found.scaling, found.loss, found.losses.keys()) == (1.0, 2.0, losses.keys())
    with pytest.raises(GrowthError, match="not finite"):
        line_search(lambda _: float("nan"), [1.0])
    with pytest.raises(ConfigError, match="at least one"):
        line_search(lambda _: 0.0, [])


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


def test_a_parameter_grows_while_an_old_graph_lives():
    weight = nn.Parameter(torch.ones(2, 3))
    old = (torch.ones(1, 3) @ weight.T).sum()
    grow_parameter(weight, torch.zeros(2, 1), 1, at=0)
    (torch.ones(1, 4) @ weight.T).sum().backward()
    assert weight.grad.shape == (2, 4)
    assert old.item() == 6


@pytest.mark.parametrize("columns", [1, 127, 128, 129, 300])
def test_second_moments_in_blocks(columns):
    x = torch.randn(50, columns, dtype=torch.float64)
    full = torch.cat([x, torch.ones(50, 1, dtype=torch.float64)], dim=1)
    torch.testing.assert_close(second_moment_sum(x, ones=True), full.T @ full)
    torch.testing.assert_close(second_moment_sum(x), x.T @ x)


def test_statistics_refuse_updates_of_another_shape():
    statistic = TensorStatistic((2,), lambda: (torch.zeros(3), 1), name="S")
    with pytest.raises(GrowthError, match=r"S should get updates of shape \(2,\), got \(3,\)"):
        statistic.update()
    with pytest.raises(GrowthError, match="has counted no sample"):
        statistic()


@pytest.mark.parametrize("method", GROWTH_METHODS)
def test_nothing_grows_on_a_loss_that_is_not_finite(method):
    network = GrowingChain(
        [LinearGrowingModule(3, 2, post_layer_function=nn.ReLU()), LinearGrowingModule(2, 1)]
    )
    x = torch.ones(4, 3)
    with pytest.raises(GrowthError, match="the loss is nan before growing"):
        grow(network, [(x, torch.full((4, 1), torch.nan))], nn.MSELoss(), 1, method=method)
    assert network.layers[1].in_features == 2


def test_growing_needs_samples():
    network = GrowingChain([LinearGrowingModule(3, 2), LinearGrowingModule(2, 1)])
    with pytest.raises(ConfigError, match="holds a sample"):
        grow(network, [(torch.ones(0, 3), torch.ones(0, 1))], nn.MSELoss(), 1)
