"""Interventions that fix functions."""

import pytest
import torch

from edgelab.errors import DataError
from edgelab.graphs import build_graph
from edgelab.models import GSNN, ClampedGSNN

NAMES = ["a", "b", "c"]


@pytest.fixture
def chain():
    """a -> b -> c, an intervention on each, c read out."""
    return build_graph(
        [("a", "b"), ("b", "c")],
        input_edges=[(f"on {name}", name) for name in NAMES],
        output_edges=[("c", "level")],
    )


def model(chain, kind=ClampedGSNN):
    torch.manual_seed(0)
    return kind.from_data(chain, channels=3, layers=4, norm="none")


def doses(*rows):
    return torch.tensor(rows, dtype=torch.float32)


def test_a_fixed_function_does_not_listen_to_what_comes_before_it(chain):
    net = model(chain)
    fixed = net(doses([0.0, 1.0, 0.0], [0.7, 1.0, 0.0], [-2.0, 1.0, 0.0]))
    torch.testing.assert_close(fixed, fixed[:1].expand_as(fixed))
    free = net(doses([0.0, 0.0, 0.0], [0.7, 0.0, 0.0]))
    assert (free[0] - free[1]).abs() > 1e-3 * free[0].abs()


def test_a_weaker_dose_leaves_its_regulators_a_part_of_their_say(chain):
    net = model(chain)

    def say(dose):
        with_a, without_a = net(doses([0.7, dose, 0.0], [0.0, dose, 0.0]))
        return (with_a - without_a).abs().item()

    assert 0 == say(1.0) < say(0.5) < say(0.0)


def test_without_interventions_it_is_a_gsnn(chain):
    nothing = torch.zeros(2, 3)
    assert torch.equal(model(chain)(nothing), model(chain, GSNN)(nothing))


def test_what_is_left_of_every_edge(chain):
    net = model(chain)
    left = dict(
        zip(net.edges, net.remaining_influence(doses([0.0, 0.25, -3.0]))[0].tolist(), strict=True)
    )
    assert left["a", "b"] == left["b", "b"] == 0.75
    assert left["b", "c"] == left["c", "c"] == 0.0
    assert left["on b", "b"] == left["c", "level"] == left["a", "a"] == 1.0


def test_two_interventions_fix_two_functions(chain):
    left = dict(
        zip(
            (net := model(chain)).edges,
            net.remaining_influence(doses([1.0, 1.0, 0.0]))[0].tolist(),
            strict=True,
        )
    )
    assert left["a", "a"] == left["a", "b"] == left["b", "b"] == 0.0
    assert left["b", "c"] == 1.0


def test_masks_of_edges_multiply(chain):
    net = model(chain)
    closed = torch.ones(len(net.edges))
    closed[net.edges.index(("b", "c"))] = 0
    first, second = net(doses([0.0, 0.3, 0.0], [0.0, 0.9, 0.0]), edge_mask=closed)
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize("shape", [(2,), (5, 8), (1, 2)])
def test_an_edge_mask_of_another_shape_is_refused_by_name(chain, shape):
    with pytest.raises(DataError, match="edge_mask must be"):
        model(chain)(doses([0.0, 1.0, 0.0]), edge_mask=torch.ones(shape))
