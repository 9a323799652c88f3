"""The small chain of the reference numbers, and random ones."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from edgelab.growth import GrowingChain, LinearGrowingModule

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "growing.json").read_text())


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


class Example:
    """3 → 4 → 2 with the reference's weights, six samples, summed squared error."""

    def __init__(self, use_bias=True, activation=None):
        given = GOLDEN["inputs"]
        self.x, self.y = tensor(given["X"]), tensor(given["Y"])
        options = {"use_bias": use_bias, "dtype": torch.float64}
        self.first = LinearGrowingModule(
            3, 4, post_layer_function=activation or nn.ReLU(), **options
        )
        self.second = LinearGrowingModule(4, 2, previous_module=self.first, **options)
        with torch.no_grad():
            for layer, number in ((self.first, "1"), (self.second, "2")):
                layer.weight.copy_(tensor(given["W" + number]))
                if use_bias:
                    layer.bias.copy_(tensor(given["b" + number]))

    def loss(self, prediction):
        return (prediction - self.y).square().sum()

    def plain_loss(self):
        return self.loss(self.second(self.first(self.x))).item()

    def extended_loss(self, scaling):
        self.second.scaling_factor = scaling
        hidden, new = self.first.extended_forward(self.x)
        return self.loss(self.second.extended_forward(hidden, new)[0]).item()

    def count(self, loss=None, n_averaged=1.0, **options):
        self.second.init_computation(**options)
        (loss or self.loss)(self.second(self.first(self.x))).backward()
        self.second.update_computation(n_averaged)

    def take_reference_signs(self, omega):
        """Flip new neurons to the signs of the reference."""
        with torch.no_grad():
            says, reads = self.second.extended_input_layer, self.first.extended_output_layer
            signs = (says.weight * omega).sum(0).sign()
            says.weight *= signs
            reads.weight *= signs[:, None]
            if reads.bias is not None:
                reads.bias *= signs


@pytest.fixture
def example():
    return Example


@pytest.fixture
def golden():
    return GOLDEN


@pytest.fixture
def chain():
    """A function that makes a seeded float64 perceptron as a chain, with its data."""

    def make(widths=(3, 4, 2), activation=nn.Tanh, samples=30, seed=0):
        torch.manual_seed(seed)
        last = len(widths) - 2
        layers = [
            LinearGrowingModule(
                n_in,
                n_out,
                post_layer_function=activation() if index < last else None,
                dtype=torch.float64,
                name=f"layer {index}",
            )
            for index, (n_in, n_out) in enumerate(pairwise(widths))
        ]
        x = torch.randn(samples, widths[0], dtype=torch.float64)
        y = torch.randn(samples, widths[-1], dtype=torch.float64)
        return GrowingChain(layers), x, y

    return make


def sum_of_squares(prediction, target):
    return (prediction - target).square().sum()


@pytest.fixture
def squares():
    """A summed loss."""
    return sum_of_squares


@pytest.fixture
def counted():
    """A function that passes one batch through a network while it counts, and returns it."""

    def count(network, x, y, options=None, loss=sum_of_squares, n_averaged=1.0):
        network.init_computation(options)
        network.zero_grad()
        loss(network(x), y).backward()
        network.update_computation(n_averaged)
        return network

    return count


@pytest.fixture
def slope():
    """A function that measures the fall of the loss per sample, in the square of the scaling."""

    def measure(network, x, y, step=1e-4):
        losses = []
        for scaling in (0.0, step):
            network.set_scaling_factor(scaling)
            losses.append(sum_of_squares(network.extended_forward(x), y).item())
        return (losses[0] - losses[1]) / len(x) / step**2

    return measure
