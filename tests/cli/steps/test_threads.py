"""How many threads a command may use."""

import pytest
import torch

from edgelab.cli.steps import use_threads


@pytest.fixture(autouse=True)
def threads_are_put_back():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_the_user_sets_the_most():
    torch.set_num_threads(2)
    use_threads(None)
    assert torch.get_num_threads() == 2
    use_threads(1)
    assert torch.get_num_threads() == 1
