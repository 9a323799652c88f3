"""Layers of both kinds as growth sees them: sizes, rows, layers like them, resizing."""

import pytest
import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.growth import GrowingModule
from edgelab.growth._conv_adapter import ConvAdapter
from edgelab.growth._linear_adapter import LinearAdapter

LINEAR = LinearAdapter(nn.Linear(3, 4), "linear")
CONV = ConvAdapter(nn.Conv2d(3, 4, (2, 5), stride=(1, 2), padding=1), "conv")


@pytest.fixture(params=[LINEAR, CONV], ids=lambda adapter: adapter.name)
def adapter(request):
    return request.param


def test_sizes():
    assert (LINEAR.in_features, LINEAR.out_features, LINEAR.in_neurons) == (3, 4, 3)
    assert (CONV.in_features, CONV.out_features, CONV.in_neurons) == (30, 4, 3)
    assert (LINEAR.fan_in(7), CONV.fan_in(7)) == (7, 70)
    assert LINEAR.size_after(()) == ()
    assert CONV.size_after((6, 9)) == CONV.layer(torch.zeros(1, 3, 6, 9)).shape[2:]


def test_the_layer_is_its_weight_as_a_matrix_on_rows(adapter):
    x = torch.randn(2, 6, 3) if adapter is LINEAR else torch.randn(2, 3, 6, 9)
    weight = adapter.layer.weight.flatten(1)
    expected = adapter.rows_of(x) @ weight.T + adapter.layer.bias
    torch.testing.assert_close(adapter.output_rows_of(adapter.layer(x)), expected)
    assert adapter.count_of(x) == (12 if adapter is LINEAR else 2)


def test_rows_become_weight_and_bias_and_back(adapter):
    layer = adapter.layer
    rows = torch.cat([layer.weight.flatten(1), layer.bias[:, None]], dim=1)
    weight, bias = adapter.split_rows(rows)
    assert torch.equal(weight, layer.weight)
    assert torch.equal(bias, layer.bias)


def test_a_layer_like_another_computes_with_the_weights_given(adapter):
    weight = torch.randn(2, *adapter.layer.weight.shape[1:])
    like = adapter.layer_of_tensor(weight)
    assert torch.equal(like.weight, weight)
    assert like.bias.tolist() == [0, 0]
    assert not like.weight.requires_grad
    assert adapter.layer_of_tensor(weight, force_bias=False).bias is None
    x = torch.randn(5, 3) if adapter is LINEAR else torch.randn(5, 3, 6, 9)
    assert like(x).shape[2:] == adapter.layer(x).shape[2:]


def test_only_fitting_weights_and_true_parameters_grow(adapter):
    with pytest.raises(GrowthError, match=f"{adapter.name} .* along axis 1"):
        adapter.grow_inputs(torch.zeros(9, 1), at=0)
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    with pytest.raises(GrowthError, match="the weight of computed is computed"):
        LinearAdapter(layer, "computed").grow_inputs(torch.zeros(2, 1), at=0)


def test_words_for_padding_are_refused():
    adapter = ConvAdapter(nn.Conv2d(1, 1, 3, padding="same"), "conv")
    with pytest.raises(GrowthError, match="'same'"):
        adapter.size_after((5, 5))


@pytest.mark.parametrize("layer", [nn.Linear(3, 4), nn.Conv2d(3, 4, 3)])
def test_a_growing_module_is_made_of_any_layer_that_has_an_adapter(layer):
    module = GrowingModule(layer)
    module.layer_out_extension(torch.zeros(2, *layer.weight.shape[1:]))
    assert module.out_features == 6
    assert next(iter(vars(module.layer)["_parameters"].values())) is module.weight
