"""What is counted: positions, batches of any size, only what is wanted, in order."""

import pytest
import torch
from torch import nn

from edgelab.errors import ConfigError, GrowthError
from edgelab.growth import (
    GRADMAX,
)


def test_positions_count_one_by_one(chain, counted):
    network, x, y = chain()
    counted(network, x, y)
    network.compute_optimal_updates()
    other = chain()[0]
    counted(other, x.view(5, 6, 3), y.view(5, 6, 2))
    other.compute_optimal_updates()
    layer, expected = other.layers[1], network.layers[1]
    assert layer.tensor_s()[-1, -1] == 1
    assert layer.tensor_s.samples == 30
    assert set(layer._statistics.samples().values()) == {30, 0}
    torch.testing.assert_close(layer.eigenvalues_extension, expected.eigenvalues_extension)
    total, samples = layer.compute_n_update()
    torch.testing.assert_close(total / samples, layer.tensor_n)


def test_batches_may_have_any_sizes(chain, squares, counted):
    network, x, y = chain()
    counted(network, x, y)
    other = chain()[0]
    other.init_computation()
    for part_x, part_y in zip(x.split(7), y.split(7), strict=True):
        squares(other(part_x), part_y).backward()
        other.update_computation()
        other.update_computation()  # counts nothing
    statistics = network.layers[1]._statistics
    for name, samples in statistics.samples().items():
        if samples:
            torch.testing.assert_close(other.layers[1]._statistics[name](), statistics[name]())


def test_steps_out_of_order_say_what_is_missing(chain):
    network, x, _ = chain()
    layer = network.layers[1]
    with pytest.raises(GrowthError, match="init_computation"):
        layer.update_computation()
    with pytest.raises(GrowthError, match="has counted no sample"):
        layer.compute_optimal_updates()
    layer.init_computation()
    with torch.no_grad():
        network(x)  # evaluation between batches is harmless
    network(x)
    with pytest.raises(GrowthError, match=r"call loss\.backward"):
        layer.update_computation()
    with pytest.raises(ConfigError, match="n_averaged"):
        layer.update_computation(0.0)
    with pytest.raises(GrowthError, match="no previous module"):
        network.layers[0].tensor_s_growth  # noqa: B018


def test_the_fisher_information_is_counted_only_if_wanted(chain, counted):
    network, x, y = chain()
    counted(network, x, y)
    assert network.layers[1].covariance_loss_gradient.samples == 0
    with pytest.raises(
        GrowthError, match="covariance_loss_gradient of layer 1 has counted no sample"
    ):
        network.layers[1].compute_optimal_updates(use_fisher=True)
    counted(network, x, y, GRADMAX)
    counts = network.layers[1]._statistics.samples()
    assert {name for name, count in counts.items() if count} == {"tensor_m_prev"}
    assert network.layers[0].tensor_s.samples == 0


def test_activations_that_work_in_place_do_not_spoil_statistics(chain, counted):
    network, x, y = chain(activation=nn.ReLU, widths=(3, 4, 5, 2))
    other = chain(activation=lambda: nn.ReLU(inplace=True), widths=(3, 4, 5, 2))[0]
    for made in (network, other):
        counted(made, x, y).compute_optimal_updates()
    for layer, expected in zip(other.growing_layers, network.growing_layers, strict=True):
        torch.testing.assert_close(layer.eigenvalues_extension, expected.eigenvalues_extension)


def test_a_mean_loss_gives_the_update_of_a_summed_one(chain, counted):
    network, x, y = chain()
    counted(network, x, y)
    network.compute_optimal_updates()
    other = chain()[0]
    counted(other, x, y, loss=nn.functional.mse_loss, n_averaged=float(y.numel()))
    other.compute_optimal_updates()
    for name in ("optimal_delta_layer", "extended_input_layer"):
        torch.testing.assert_close(
            getattr(other.layers[1], name).weight, getattr(network.layers[1], name).weight
        )
    assert other.layers[1].first_order_improvement == pytest.approx(
        float(network.layers[1].first_order_improvement)
    )
