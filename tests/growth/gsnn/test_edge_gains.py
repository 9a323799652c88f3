"""What a new edge could do: slots by hand, sums over batches, shares of the squared gradient."""

import pytest
import torch

from edgelab.graphs import build_graph
from edgelab.growth.gsnn import EdgeMoments, edge_gains, edge_moments, entering_slots
from edgelab.models import GSNN, block_signals

GRAPH = build_graph(
    [("a", "b"), ("b", "c")], input_edges=[("i", "a"), ("j", "c")], output_edges=[("c", "o")]
)


def make(**options):
    torch.manual_seed(0)
    options = {"channels": 2, "layers": 3, "norm": "none", **options}
    return GSNN.from_data(GRAPH, dtype=torch.float64, add_function_self_edges=False, **options)


def moments_of(model, *batches):
    slots = entering_slots(model)
    return [
        edge_moments(model, signals, slots)
        for signals in block_signals(model, batches, edge_states=True)
    ]


@pytest.mark.parametrize("bias", [True, False])
def test_slots_of_the_edges_that_enter(bias):
    model = make(bias=bias)
    slots = entering_slots(model)
    edges = model.res_blocks()[0].lin_in.node_of_edge.tolist()
    for function, row in enumerate(slots.tolist()):
        entering = [edge for edge, target in enumerate(edges) if target == function]
        padding = [len(edges) + 1] * (2 - len(entering))
        # Behind the edges stand a row of ones and one of zeros.
        assert row == [*entering, *padding, len(edges) if bias else len(edges) + 1]


@pytest.mark.parametrize("share_layers", [True, False])
def test_moments_of_batches_add_up(share_layers):
    model = make(share_layers=share_layers)
    x, y = torch.randn(9, 2, dtype=torch.float64), torch.randn(9, 1, dtype=torch.float64)
    whole = moments_of(model, (x, y))[0]
    first, second = moments_of(model, (x[:4], y[:4]), (x[4:], y[4:]))
    assert len(whole) == (1 if share_layers else 2)
    for total, one, other in zip(whole, first, second, strict=True):
        for expected, actual in zip(total.parts(), (one + other).parts(), strict=True):
            torch.testing.assert_close(actual, expected)


def test_a_gain_is_a_part_of_the_squared_gradient():
    # Two functions of one channel, no edge that enters: S = 4, N = -6, so s² = 36 / 4.
    moments = EdgeMoments(
        pull=torch.tensor([[0.0, 6.0], [0.0, 0.0]], dtype=torch.float64),
        sent=torch.tensor([[[4.0]], [[0.0]]], dtype=torch.float64),
        known=torch.zeros(2, 2, dtype=torch.float64),
        inputs=torch.zeros(2, 1, 1, dtype=torch.float64),
        input_pull=torch.zeros(2, 1, 1, dtype=torch.float64),
        power=torch.tensor([0.0, 10.0], dtype=torch.float64),
    )
    gains = edge_gains(moments, torch.tensor([[1], [1]]), torch.tensor([0, 1]))
    torch.testing.assert_close(gains, torch.tensor([[0.0, 9.0], [0.0, 0.0]], dtype=torch.float64))
