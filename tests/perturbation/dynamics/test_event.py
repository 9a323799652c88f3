"""Where a solver stops for an event, and what moves its time."""

import torch

from edgelab.perturbation.dynamics._event import stop_rule, with_gradient


def test_a_rule_falls_to_zero_at_a_rising_event_and_at_the_cap():
    start, cap = torch.tensor(0.0), torch.tensor(4.0)
    rule = stop_rule(lambda t, x: x - 2, start, start, cap)  # below 0 at the start
    one = torch.tensor(1.0)
    assert rule(one, torch.tensor(0.5)).item() == 1.5
    assert rule(one, torch.tensor(2.5)).item() == -0.5
    assert rule(torch.tensor(5.0), torch.tensor(0.5)).item() == -1.0
    assert stop_rule(lambda t, x: x - 2, torch.tensor(2.0), start, cap) is None


def test_the_time_of_an_event_moves_with_the_slope_and_its_state_stays():
    # x = 2 w t reaches 1 at t = 1 / (2 w), whose derivative at w = 1 is -1/2.
    w = torch.tensor(1.0, requires_grad=True)
    time, state = with_gradient(
        lambda t, x: x - 1, lambda t, x: 2 * w, torch.tensor(0.5), 2 * w * 0.5
    )
    assert torch.autograd.grad(time, w, retain_graph=True)[0].item() == -0.5
    assert torch.autograd.grad(state, w)[0].item() == 0.0
