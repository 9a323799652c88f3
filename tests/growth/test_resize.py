"""Parameters that grow in place."""

import torch
from torch import nn

from edgelab.growth import grow_parameter
from edgelab.growth._resize import inserted, with_zeros


def test_a_parameter_grows_while_an_old_graph_lives():
    weight = nn.Parameter(torch.ones(2, 3))
    old = (torch.ones(1, 3) @ weight.T).sum()
    grow_parameter(weight, torch.zeros(2, 1), 1, at=0)
    (torch.ones(1, 4) @ weight.T).sum().backward()
    assert weight.grad.shape == (2, 4)
    assert old.item() == 6


def test_slices_go_where_they_should():
    assert inserted(torch.tensor([1, 2, 3]), torch.tensor([9, 9]), 0, 1).tolist() == [1, 9, 9, 2, 3]
    assert with_zeros(torch.tensor([1, 2, 3]), 0, 3, 1).tolist() == [1, 2, 3, 0]
