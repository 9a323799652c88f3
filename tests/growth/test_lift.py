"""Neurons that read nothing learn all the same, behind a kink too."""

import pytest
import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.growth import (
    GRADMAX,
    GrowingChain,
    LinearGrowingModule,
    grow,
)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.LeakyReLU, nn.Tanh])
@pytest.mark.parametrize("use_bias", [True, False])
def test_gradmax_adds_neurons_that_learn(activation, use_bias, chain, squares):
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


def test_gradmax_neurons_get_the_gradient_they_promise(chain, squares, counted):
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


def test_gradmax_refuses_a_norm_before_a_kink(chain, counted):
    network, x, y = chain(
        activation=lambda: nn.Sequential(nn.BatchNorm1d(4, dtype=torch.float64), nn.ReLU())
    )
    counted(network, x, y, GRADMAX)
    with pytest.raises(GrowthError, match="stay dead"):
        network.compute_optimal_updates(GRADMAX)
