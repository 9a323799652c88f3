"""How many threads a command uses."""

import pytest
import torch

from edgelab.cli.steps import use_threads


@pytest.fixture(autouse=True)
def threads_are_put_back():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_small_graph_gets_one_thread():
    torch.set_num_threads(2)
    assert use_threads(None, n_functions=11) == torch.get_num_threads() == 1


def test_a_large_graph_keeps_what_torch_would_use():
    torch.set_num_threads(2)
    assert use_threads(None, n_functions=500) == torch.get_num_threads() == 2


def test_the_user_decides():
    assert use_threads(2, n_functions=11) == torch.get_num_threads() == 2
