"""What the next layer asks of a layer: storing, selecting and applying new neurons."""

import pytest
import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.growth import LinearGrowingModule


@pytest.fixture
def layer():
    """Two inputs, one output: 1 x + 2 y + 3."""
    layer = LinearGrowingModule(2, 1, post_layer_function=nn.ReLU(), name="layer")
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 2.0]]))
        layer.bias.copy_(torch.tensor([3.0]))
    return layer


ALPHA = torch.tensor([[1.0, 0.0, 5.0], [0.0, -1.0, 6.0]])


def test_stored_neurons_pass_the_function_at_their_scaling(layer):
    outlet = layer.outlet
    outlet.store(ALPHA)
    outlet.scaling = 2.0
    assert outlet.activation(torch.tensor([[1.0, 8.0]])).tolist() == [[12, 0]]
    assert layer.extended_output_layer.bias.tolist() == [5, 6]
    assert [slot.tolist() for _, slot in outlet.slots(2)] == [[0, 1]]
    assert outlet.slots(2)[0][0] == 1


def test_selected_neurons_are_applied_at_their_scaling(layer):
    outlet = layer.outlet
    outlet.store(ALPHA)
    outlet.scaling = 0.5
    outlet.select(torch.tensor([1]))
    outlet.apply()
    assert layer.weight.tolist() == [[1, 2], [0, -0.5]]
    assert layer.bias.tolist() == [3, 3]
    assert outlet.layers() == [] == outlet.apply()
    assert outlet.activation(torch.zeros(1, 2)) is None


def test_no_neuron_is_no_layer(layer):
    outlet = layer.outlet
    outlet.store(ALPHA)
    outlet.select(torch.tensor([], dtype=torch.int64))
    assert outlet.extension is None
    outlet.store(ALPHA[:0])
    assert outlet.extension is None


def test_lengths(layer):
    outlet = layer.outlet
    assert outlet.reading_length().item() == pytest.approx(5**0.5)
    with pytest.raises(GrowthError, match="layer keeps no input"):
        outlet.constant_lift()
    outlet.start_recording()
    layer(torch.tensor([[0.0, 0.0], [1.0, 0.0]]))  # pre-activations 3 and 4
    assert outlet.constant_lift() == pytest.approx(1e-3 * 12.5**0.5)
    assert outlet.rows().tolist() == [[0, 0], [1, 0]]
    outlet.stop_recording()
    assert not layer.store_input
