"""Growing in one call, over whole networks: budgets, methods, losses, requests."""

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.growth import (
    GROWTH_METHODS,
    GrowingChain,
    LinearGrowingModule,
    grow,
)
from edgelab.growth._grow import _keep_best


def test_grow_sums_a_mean_loss_by_itself(chain, squares):
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


@pytest.mark.parametrize("method", GROWTH_METHODS.names())
def test_every_method_adds_what_was_asked_for(method, chain, squares):
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


def test_the_budget_goes_where_it_explains_most_per_parameter(chain, squares):
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


def test_a_small_gain_by_few_parameters_beats_a_larger_one_by_many(chain, squares):
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


def test_growing_leaves_gradients_of_parameters_alone(chain, squares):
    network, x, y = chain()
    squares(network(x), y).backward()
    bias = network.layers[1].bias
    before = bias.grad.clone()
    grow(network, [(x, y)], squares, 1)
    assert torch.equal(bias.grad, before)


def test_batches_do_not_matter(chain, squares):
    results = []
    for size in (30, 7):
        network, x, y = chain()
        grow(network, list(zip(x.split(size), y.split(size), strict=True)), squares, 2)
        results.append(network.layers[0].weight.detach())
    torch.testing.assert_close(*results)


def test_repeated_growth_fits_what_a_narrow_network_cannot(chain, squares):
    network, x, y = chain((3, 1, 2), activation=nn.ReLU, samples=60)
    y = torch.stack([x[:, 0].abs(), x[:, 1] * x[:, 2]], dim=1)
    losses = [grow(network, [(x, y)], squares, 2).loss_after for _ in range(8)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.2 * squares(y.mean(0), y).item() / 60


def test_requests_that_make_no_sense(chain, squares):
    network, x, y = chain()
    with pytest.raises(ConfigError, match="n_neurons must be a positive integer, got 0"):
        grow(network, [(x, y)], squares, 0)
    with pytest.raises(ConfigError, match="unknown way of growing 'tinny'"):
        grow(network, [(x, y)], squares, 1, method="tinny")
    with pytest.raises(GrowthError, match="no layer of this network can grow"):
        grow(GrowingChain([LinearGrowingModule(3, 2)]), [(x, y)], squares, 1)
    with pytest.raises(GrowthError, match="x_ext is given"):
        network.layers[1].extended_forward(
            torch.zeros(1, 4, dtype=torch.float64), torch.zeros(1, 1)
        )


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
