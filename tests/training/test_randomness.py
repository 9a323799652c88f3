import pytest
import torch

from edgelab.errors import CheckpointError
from edgelab.training import generator_for, seeded
from edgelab.training._randomness import random_state, restore_random_state

CPU = torch.device("cpu")


def test_the_global_generator_is_seeded_inside_and_untouched_outside():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    draws = []
    for _ in range(2):
        with seeded(0, CPU):
            draws.append(torch.rand(4))
    assert torch.equal(draws[0], draws[1])
    assert torch.equal(torch.rand(4), expected)


def test_an_error_inside_puts_the_generator_back_too():
    before = torch.get_rng_state()
    with pytest.raises(KeyError), seeded(0, CPU):
        raise KeyError
    assert torch.equal(before, torch.get_rng_state())


def test_states_come_back():
    generator = generator_for(0, "order")
    with seeded(0, CPU):
        state = random_state(generator, CPU)
        first = torch.rand(2), torch.rand(2, generator=generator)
        restore_random_state(state, generator, CPU)
        second = torch.rand(2), torch.rand(2, generator=generator)
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_a_state_that_torch_refuses_is_a_checkpoint_error():
    with pytest.raises(CheckpointError, match="torch version that wrote it"):
        restore_random_state({"order": torch.zeros(3, dtype=torch.uint8)}, torch.Generator(), CPU)
