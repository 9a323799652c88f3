"""What solving found stays as it is; selecting, scaling and padding give a new update."""

import dataclasses

import pytest
import torch
from torch import nn

from edgelab.growth import grow_parameter
from edgelab.growth._linear_adapter import LinearAdapter
from edgelab.growth._update import Update, padded


def layer_of(weight):
    return LinearAdapter(nn.Linear(1, 1, bias=False), "layer").layer_of_tensor(weight)


@pytest.fixture
def update():
    return Update(
        incoming=layer_of(torch.tensor([[1.0, 2.0, 3.0]])),
        singular_values=torch.tensor([9.0, 4.0, 1.0], dtype=torch.float64),
        neuron_decrease=torch.tensor([3.0, 2.0, -1.0], dtype=torch.float64),
        decrease=5.0,
    )


def make(weight, bias=None, force_bias=True):
    return layer_of(weight)


def test_an_update_is_frozen(update):
    with pytest.raises(dataclasses.FrozenInstanceError):
        update.decrease = 0.0


def test_selected_neurons_keep_their_numbers(update):
    kept = update.selected(torch.tensor([0, 2]), make)
    assert kept.incoming.weight.tolist() == [[1, 3]]
    assert kept.singular_values.tolist() == [9, 1]
    assert kept.neuron_decrease.tolist() == [3, -1]
    assert update.n_neurons == 3
    none = update.selected(torch.tensor([], dtype=torch.int64), make)
    assert none.incoming is None is none.singular_values
    assert none.n_neurons == 0


def test_singular_values_count_squared_unless_all_are_equally_long(update):
    product = torch.tensor([4.0])
    assert update.scaled(product).singular_values.tolist() == [18, 8, 2]
    assert update.scaled(product).neuron_decrease.tolist() == [12, 8, -4]
    equal = dataclasses.replace(update, ignores_singular_values=True)
    assert equal.scaled(product).singular_values.tolist() == [36, 16, 4]


def test_silenced_neurons_promise_nothing(update):
    silent = torch.tensor([False, True, False])
    assert update.silenced(silent).singular_values.tolist() == [9, 0, 1]
    assert update.silenced(silent).neuron_decrease.tolist() == [3, 0, -1]


def test_promises(update):
    slope = torch.tensor(0.5)
    assert update.improvement(slope) == 5 + 0.5 * (3 + 2 - 1)
    assert update.improvement_after_delta(slope) == 5 + 0.5 * (81 + 16 + 1)
    equal = dataclasses.replace(update, ignores_singular_values=True)
    assert equal.improvement_after_delta(slope) == 5 + 0.5 * (9 + 4 + 1)
    assert Update(decrease=5.0).improvement(slope) == 5


def test_layers_under_way_get_zeros_where_weights_grow():
    insertion = grow_parameter(nn.Parameter(torch.ones(1, 2)), torch.ones(1, 1), dim=1, at=1)
    assert padded(None, insertion, make) is None
    grown = padded(layer_of(torch.tensor([[1.0, 2.0]])), insertion, make)
    assert grown.weight.tolist() == [[1, 0, 2]]
