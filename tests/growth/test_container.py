"""Chains of growing layers and other modules."""

import torch
from torch import nn

from edgelab.growth import (
    GrowingChain,
    LinearGrowingModule,
    grow,
)


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
