"""Maps and pure constraints in place of other modules' weights."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from edgelab.errors import ConfigError
from edgelab.linear import (
    Constraint,
    MapConstraint,
    SymmetricLinear,
    constrain,
    left_stochastic,
    maps,
    symmetric,
)


@pytest.mark.parametrize("name", maps.names())
def test_every_map_can_replace_a_weight(name):
    layer = constrain(nn.Linear(6, 6, dtype=torch.float64), name).eval()
    linear_map = layer.parametrizations["weight"][0].linear_map
    x = torch.randn(3, 6, dtype=torch.float64)
    torch.testing.assert_close(layer(x), linear_map(x) + layer.bias)
    twin = copy.deepcopy(layer)
    twin.load_state_dict(layer.state_dict())
    torch.testing.assert_close(twin(x), layer(x))
    layer.train()(x).square().sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())


def test_layouts_of_rectangular_weights():
    stored_as_linear = constrain(nn.Linear(5, 3), "RightStochasticLinear")
    torch.testing.assert_close(stored_as_linear.weight.sum(0), torch.ones(5))
    module = nn.Module()
    module.mixing = nn.Parameter(torch.randn(5, 3))
    constrain(module, "RightStochasticLinear", tensor_name="mixing", layout="in_out")
    torch.testing.assert_close(module.mixing.sum(1), torch.ones(5))


def test_recurrent_weight_stays_orthogonal_in_training():
    cell = constrain(nn.RNNCell(3, 8), "OrthogonalLinear", tensor_name="weight_hh")
    optimiser = torch.optim.SGD(cell.parameters(), lr=0.1)
    for _ in range(3):
        with parametrize.cached():
            hidden = cell(torch.randn(4, 3), cell(torch.randn(4, 3)))
        hidden.square().sum().backward()
        optimiser.step()
        optimiser.zero_grad()
    torch.testing.assert_close(cell.weight_hh @ cell.weight_hh.T, torch.eye(8), atol=1e-5, rtol=0)


def test_pure_function_keeps_the_weight_as_raw_numbers():
    layer = nn.Linear(4, 4)
    before = layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Constraint(symmetric))
    torch.testing.assert_close(layer.weight, symmetric(before))
    convolution = nn.Conv1d(2, 3, 5)
    parametrize.register_parametrization(convolution, "weight", Constraint(left_stochastic))
    torch.testing.assert_close(convolution.weight.sum(1), torch.ones(3, 5))


def test_assigning_to_a_mapped_weight_is_refused():
    layer = constrain(nn.Linear(4, 4), "SymmetricLinear")
    with pytest.raises(ConfigError, match="change the parameters of its SymmetricLinear"):
        layer.weight = torch.eye(4)


def test_map_can_be_given_directly_with_options():
    layer = nn.Linear(4, 4)
    linear_map = SymmetricLinear(4, 4)
    parametrize.register_parametrization(layer, "weight", MapConstraint(linear_map))
    assert torch.equal(layer.weight, linear_map.effective_W())
    damped = constrain(nn.Linear(4, 4), "DampedSkewSymmetricLinear", sigma_min=2.0, sigma_max=3.0)
    assert ((damped.weight.diagonal() >= 2) & (damped.weight.diagonal() <= 3)).all()


def test_wrong_weights_and_names_are_refused():
    with pytest.raises(ConfigError, match="only a matrix"):
        constrain(nn.Conv1d(2, 3, 5), "Linear")
    with pytest.raises(ConfigError, match="Map must be square"):
        constrain(nn.Linear(4, 5), "OrthogonalLinear")
    with pytest.raises(ConfigError, match="close: 'OrthogonalLinear'"):
        constrain(nn.Linear(4, 4), "OrthogonalLiner")
