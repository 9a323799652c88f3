"""Coordinates of the sparse layers: what they mean, that they round-trip, what is refused."""

import pytest
import torch

from edgelab.errors import ConfigError

LAYERS = ("lin_in", "lin_out")


@pytest.mark.parametrize("name", LAYERS)
def test_coordinates_name_edges_and_channel_rows(small_model, name):
    """One weight per channel for each edge that ends (lin_in) or starts (lin_out) at a function."""
    model = small_model()
    position = 1 if name == "lin_in" else 0
    expected = [
        (edge, model.function_names.index(ends[position]) * 3 + channel)
        for edge, ends in enumerate(model.edges)
        if ends[position] in model.function_names
        for channel in range(3)
    ]
    expected = expected if name == "lin_in" else [(row, edge) for edge, row in expected]
    index, values, bias = getattr(model.blocks[0], name).to_coo()
    assert index.t().tolist() == sorted(map(list, expected))
    assert len(values) == len(expected)
    assert len(bias) == (5 * 3 if name == "lin_in" else len(model.edges))


@pytest.mark.parametrize("name", LAYERS)
def test_shuffled_coordinates_round_trip(small_model, name):
    layer = getattr(small_model().blocks[0], name)
    index, values, bias = layer.to_coo()
    order = torch.randperm(len(values), generator=torch.Generator().manual_seed(0))
    new_values, new_bias = torch.arange(len(values)).float(), torch.arange(len(bias)).float()
    layer.load_coo(index[:, order], new_values[order], new_bias)
    again = layer.to_coo()
    assert torch.equal(again[0], index)
    assert torch.equal(again[1], new_values)
    assert torch.equal(again[2], new_bias)


def test_what_is_returned_is_a_copy(small_model):
    layer = small_model().blocks[0].lin_in
    before = layer.weight.detach().clone()
    _, values, bias = layer.to_coo()
    values.zero_()
    bias.fill_(9)
    assert torch.equal(layer.weight, before)
    assert (layer.bias != 9).all()


def test_no_bias_is_none_and_a_bias_left_out_stays(small_model):
    assert small_model(bias=False).blocks[0].lin_in.to_coo()[2] is None
    layer = small_model().blocks[0].lin_in
    index, values, bias = layer.to_coo()
    layer.load_coo(index, values)
    assert torch.equal(layer.to_coo()[2], bias)


def test_other_coordinates_are_refused_and_change_nothing(small_model):
    layer = small_model().blocks[0].lin_in
    index, values, bias = layer.to_coo()
    moved, doubled = index.clone(), index.clone()
    moved[1, 0] += 1
    doubled[:, 0] = doubled[:, 1]
    for wrong in ((moved, values, bias), (doubled, values, bias), (index.flip(0), values, bias)):
        with pytest.raises(ConfigError, match="coordinates"):
            layer.load_coo(*wrong)
    for wrong in ((index[:, 1:], values[1:], bias), (index, values[1:], bias)):
        with pytest.raises(ConfigError, match=f"{len(values)} weights"):
            layer.load_coo(*wrong)
    with pytest.raises(ConfigError, match="15 biases, got 14"):
        layer.load_coo(index, values, bias[1:])
    assert torch.equal(layer.to_coo()[1], values)


def test_a_bias_for_a_layer_without_one_is_refused(small_model):
    layer = small_model(bias=False).blocks[0].lin_in
    index, values, _ = layer.to_coo()
    with pytest.raises(ConfigError, match="no bias"):
        layer.load_coo(index, values, torch.zeros(15))


def test_values_of_another_dtype_are_converted(small_model):
    layer = small_model().blocks[0].lin_out
    index, values, bias = layer.to_coo()
    layer.load_coo(index, values.double(), bias.double())
    assert layer.to_coo()[1].dtype == torch.float32
    assert torch.equal(layer.to_coo()[1], values)


def test_edge_channels_number_their_edges_one_after_the_other(small_model):
    index, _, bias = small_model(edge_channels=2).blocks[0].lin_out.to_coo()
    assert len(bias) == 2 * 16
    assert index[1].max() == 2 * 16 - 1
