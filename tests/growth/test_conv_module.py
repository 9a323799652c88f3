"""Growing convolutions: windows against a plain loop, slopes, application, sizes."""

import pytest
import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.growth import Conv2dGrowingModule, GrowingChain, UpdateOptions, follow


def make(seed=0, activation=nn.Tanh, **second):
    torch.manual_seed(seed)
    options = {"dtype": torch.float64}
    first = Conv2dGrowingModule(3, 4, 3, padding=1, post_layer_function=activation(), **options)
    chain = GrowingChain([first, Conv2dGrowingModule(4, 5, 3, **second, **options)])
    x = torch.randn(6, 3, 7, 7, dtype=torch.float64)
    y = torch.randn_like(chain(x))
    return chain, x, y


def loss(chain, x, y):
    return (chain(x) - y).square().sum()


def count(chain, x, y, options=None):
    chain.init_computation(options)
    loss(chain, x, y).backward()
    chain.update_computation()
    return chain.layers[1]


GEOMETRIES = [{}, {"stride": 2}, {"padding": 1}, {"padding": 1, "dilation": 2}, {"use_bias": False}]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_moments_are_sums_over_windows_per_image(geometry):
    chain, x, y = make(**geometry)
    layer = count(chain, x, y)
    own, images = layer.layer, chain.layers[0](x).detach()
    padded = nn.functional.pad(images, [own.padding[0]] * 4)
    gradient = layer.pre_activity.grad
    total_s, total_m = 0.0, 0.0
    for row in range(gradient.shape[2]):
        for column in range(gradient.shape[3]):
            top, left, step = row * own.stride[0], column * own.stride[0], own.dilation[0]
            window = padded[
                :, :, top : top + 2 * step + 1 : step, left : left + 2 * step + 1 : step
            ].flatten(1)
            if layer.use_bias:
                window = torch.cat([window, torch.ones(6, 1, dtype=torch.float64)], dim=1)
            total_s, total_m = (
                total_s + window.T @ window,
                total_m + window.T @ gradient[:, :, row, column],
            )
    torch.testing.assert_close(layer.tensor_s(), total_s / 6)
    torch.testing.assert_close(layer.tensor_m(), total_m / 6)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize(
    "options",
    [UpdateOptions(), UpdateOptions(use_projection=False), UpdateOptions(use_fisher=True)],
)
def test_slope_and_application(geometry, options):
    chain, x, y = make(**geometry)
    layer = count(chain, x, y, options)
    chain.compute_optimal_updates(options, maximum_added_neurons=3)
    losses = []
    for scaling in (0.0, 1e-4):
        chain.set_scaling_factor(scaling)
        losses.append((chain.extended_forward(x) - y).square().sum().item())
    assert (losses[0] - losses[1]) / 6 / 1e-8 == pytest.approx(
        layer.first_order_improvement.item(), rel=1e-3
    )
    chain.set_scaling_factor(0.2)
    expected = chain.extended_forward(x).detach()
    chain.reset_computation()
    optimizer = torch.optim.Adam(chain.parameters())
    chain.zero_grad()
    loss(chain, x, y).backward()
    optimizer.step()
    chain.apply_change(optimizer=optimizer)
    chain.delete_update()
    assert chain(x).shape == expected.shape
    assert [part.out_channels for part in chain.layers] == [7, 5]
    loss(chain, x, y).backward()
    optimizer.step()


def test_applied_is_what_was_tried():
    chain, x, y = make(padding=1)
    count(chain, x, y)
    chain.compute_optimal_updates(maximum_added_neurons=2)
    chain.set_scaling_factor(0.2)
    expected = chain.extended_forward(x).detach()
    chain.apply_change()
    torch.testing.assert_close(chain(x), expected)


def test_shapes_of_statistics_and_a_second_pass():
    chain, x, y = make()
    layer = count(chain, x, y)
    layer.compute_optimal_delta()
    assert layer.tensor_m_prev().shape == (28, 45)
    assert layer.cross_covariance().shape == (9, 28, 37)
    total, images = layer.compute_n_update()
    torch.testing.assert_close(total / images, layer.tensor_n)


def test_random_channels_pair_and_norms_grow_along():
    chain, x, _ = make(
        activation=lambda: nn.Sequential(nn.BatchNorm2d(4, dtype=torch.float64), nn.ReLU())
    )
    chain.eval()
    expected = chain(x).detach()
    layer = chain.layers[1]
    layer.create_layer_extensions(4, neuron_pairing="vv_z_negz", noise_ratio=0.0)
    insertions = layer.apply_change(1.0)
    torch.testing.assert_close(chain(x), expected)
    assert chain.layers[0].post_layer_function[0].running_var.shape == (8,)
    assert len(insertions) == 5
    follow(torch.optim.Adam(chain.parameters()), insertions)


def test_sizes():
    chain, x, _ = make(stride=2)
    first, second = chain.layers
    first.update_input_size((7, 7))
    assert (first.input_volume, first.output_volume, second.input_volume, second.output_volume) == (
        147,
        196,
        196,
        45,
    )
    assert second.get_fan_in_from_layer() == second.in_features == 36
    assert second.get_fan_in_from_layer(num_neurons=6) == 54
    assert second(first(x)).shape[-2:] == second.output_size


def test_pooling_between_is_refused():
    chain, x, _ = make(activation=lambda: nn.MaxPool2d(2))
    chain.init_computation()
    chain(x).square().sum().backward()
    with pytest.raises(GrowthError, match="keeps the size"):
        chain.update_computation()
