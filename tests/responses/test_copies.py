"""Copies of a graph: each is trained as the GSNN that it would be alone."""

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.graphs import build_graph
from edgelab.models import GSNN
from edgelab.responses._copies import CopySettings, copies_of, train_copies
from edgelab.tasks import perturbation_task


def test_copies_are_disjoint_and_alike(screen):
    data = perturbation_task(screen).data
    copies = copies_of(data, 3)
    n_functions = data["function"].num_nodes
    edges = copies["function", "to", "function"].edge_index
    assert edges.shape[1] == 3 * 4
    assert torch.equal(edges[0] // n_functions, edges[1] // n_functions)
    assert torch.equal(edges[:, :4] % n_functions, data["function", "to", "function"].edge_index)


def test_a_model_of_copies_is_a_model_per_copy(screen):
    """The same numbers as GSNNs of single graphs that carry the weights of their copy."""
    task, count = perturbation_task(screen), 2
    torch.manual_seed(0)
    whole = GSNN.from_data(copies_of(task.data, count), 3, 5, norm="none").double()
    x = task.x.double()
    together = whole(x.repeat(1, count)).unflatten(1, (count, -1))
    silenced = whole(torch.cat([x, torch.zeros_like(x)], dim=1)).unflatten(1, (count, -1))
    torch.testing.assert_close(together[:, 0], silenced[:, 0])
    assert not torch.allclose(together[:, 0], together[:, 1])


def test_a_copy_learns_nothing_from_entries_without_weight(screen):
    task = perturbation_task(screen)
    y = task.y.expand(2, *task.y.shape).clone()
    weight = torch.ones_like(y)
    weight[:, :5] = 0
    settings = CopySettings(layers=5, epochs=20, every=20)
    first = train_copies(task.data, task.x, y, weight, task.x, settings)
    y[:, :5] = 1e3
    torch.testing.assert_close(
        train_copies(task.data, task.x, y, weight, task.x, settings), first, rtol=0, atol=0
    )


def test_other_copies_make_no_difference(screen):
    task = perturbation_task(screen)
    y = task.y.expand(2, *task.y.shape).clone()
    settings = CopySettings(layers=5, epochs=20, every=20)
    first = train_copies(task.data, task.x, y, torch.ones_like(y), task.x, settings)
    y[1] *= 3
    second = train_copies(task.data, task.x, y, torch.ones_like(y), task.x, settings)
    torch.testing.assert_close(first[:, 0], second[:, 0])
    assert not torch.allclose(first[:, 1], second[:, 1])


def test_nodes_of_copies_follow_each_other():
    data = build_graph([("a", "b")], input_edges=[("drug", "a")], output_edges=[("b", "read")])
    assert copies_of(data, 2)["function"].node_names == ["a#0", "b#0", "a#1", "b#1"]


@pytest.mark.parametrize("every", [0, 10])
def test_looks_come_at_equal_steps(every):
    with pytest.raises(ConfigError, match=r"every must .*divide.* epochs=25"):
        CopySettings(epochs=25, every=every)
