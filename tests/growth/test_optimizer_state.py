"""What an optimizer remembers of old weights stays while they grow."""

import copy

import pytest
import torch

from edgelab.growth import (
    grow,
)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
def test_the_optimizer_follows(optimizer, chain, squares):
    makers = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5),
        "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01),
    }
    network, x, y = chain()
    follower = makers[optimizer](network.parameters())
    squares(network(x), y).backward()
    follower.step()
    parameters = list(network.parameters())
    before = copy.deepcopy(follower.state_dict()["state"])
    grow(network, [(x, y)], squares, 2, optimizer=follower)
    assert all(new is old for new, old in zip(network.parameters(), parameters, strict=True))
    for index, parameter in enumerate(parameters):
        for name, old in before[index].items():
            new = follower.state[parameter][name]
            if old.ndim:
                assert new.shape == parameter.shape
                torch.testing.assert_close(new[tuple(slice(size) for size in old.shape)], old)
                assert new.sum() == pytest.approx(float(old.sum()))
    follower.zero_grad()
    squares(network(x), y).backward()
    follower.step()
    assert all(parameter.grad.shape == parameter.shape for parameter in parameters)


def test_growth_goes_on_training_as_before(chain, squares, counted):
    """At scale 0 of what new neurons say, growth changes nothing of training by momentum."""
    losses = []
    for grows in (False, True):
        network, x, y = chain()
        optimizer = torch.optim.SGD(network.layers[:1].parameters(), lr=1e-3, momentum=0.9)
        for step in range(6):
            if grows and step == 3:
                counted(network, x, y)
                network.compute_optimal_updates()
                layer = network.layers[1]
                optimizer_free = layer.apply_change(
                    apply_delta=False,
                    input_extension_scaling=0.0,
                    output_extension_scaling=1.0,
                    optimizer=optimizer,
                )
                assert len(optimizer_free) == 3
                network.reset_computation()
                network.delete_update()
            optimizer.zero_grad()
            loss = squares(network(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[:6] == pytest.approx(losses[6:], rel=1e-12)
