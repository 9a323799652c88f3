"""The spread of every initialiser, on a layer whose degrees differ."""

import math

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.models import GSNN, INITIALIZERS
from edgelab.models._initializers import Fan, initial_weight

N = 40_000
FAN = Fan(torch.tensor([[4.0], [16.0]]), torch.tensor([[9.0], [1.0]]))
# Variance for (fan_in, fan_out) = (4, 9) and (16, 1).
VARIANCES = {
    "degree_normalized": (1 / 36 / 3, 1 / 16 / 3),
    "xavier_uniform": (2 / 13, 2 / 17),
    "xavier_normal": (2 / 13, 2 / 17),
    "kaiming_uniform": (2 / 4, 2 / 16),
    "kaiming_normal": (2 / 4, 2 / 16),
    "uniform": (1 / 4 / 3, 1 / 16 / 3),
    "normal": (1, 1),
    "zeros": (0, 0),
}


def test_every_initialiser_is_tested():
    assert set(VARIANCES) == set(INITIALIZERS.names())


@pytest.mark.parametrize("init", INITIALIZERS.names())
def test_mean_and_variance(init):
    torch.manual_seed(0)
    weight = initial_weight(init, (2, N), FAN)
    for row, variance in zip(weight, VARIANCES[init], strict=True):
        assert row.mean().abs() <= 5 * math.sqrt(variance / N)
        assert row.var().item() == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize(
    "init", [name for name in INITIALIZERS.names() if "uniform" in name or "degree" in name]
)
def test_uniform_ones_keep_their_bound(init):
    weight = initial_weight(init, (2, N), FAN)
    bound = torch.tensor(VARIANCES[init]).mul(3).sqrt()
    assert (weight.abs().amax(1) <= bound * (1 + 1e-6)).all()


def test_the_seed_decides():
    torch.manual_seed(0)
    first = initial_weight("normal", (2, 3), FAN)
    torch.manual_seed(0)
    assert torch.equal(initial_weight("normal", (2, 3), FAN), first)


def test_an_unknown_init_is_refused():
    with pytest.raises(ConfigError, match="unknown init 'xavier'"):
        initial_weight("xavier", (2, 3), FAN)


def test_a_models_weights_are_scaled_by_the_degrees_of_its_graph(edge_index, names):
    """lin_in: ±1 / √(in-degree · channels); lin_out: ±1 / √(channels · out-degree)."""
    model = GSNN(edge_index, names, 500, 1)
    for layer, at in ((model.blocks[0].lin_in, 1), (model.blocks[0].lin_out, 0)):
        ends = [model.edges[edge][at] for edge in layer.edges.tolist()]
        for row, node in zip(layer.weight, ends, strict=True):
            bound = (ends.count(node) * 500) ** -0.5
            assert 0.95 * bound < row.abs().max() <= bound
