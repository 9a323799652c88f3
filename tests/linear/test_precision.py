"""The type in which linear algebra is done, and how parameters are drawn."""

import torch

from edgelab.linear._initial import factory_of, fan_in_uniform
from edgelab.linear._precision import at_least_float32, full_precision


def test_half_precision_is_raised_and_the_rest_is_left():
    assert at_least_float32(torch.ones(2, dtype=torch.bfloat16)).dtype is torch.float32
    values = torch.ones(2, dtype=torch.float64)
    assert at_least_float32(values) is values


def test_autocast_is_switched_off_where_it_is_on():
    x = torch.ones(1, 1)
    with torch.autocast("cpu", torch.bfloat16):
        assert (x @ x).dtype is torch.bfloat16
        with full_precision(x):
            assert (x @ x).dtype is torch.float32


def test_parameters_are_drawn_within_the_inverse_root_of_their_inputs():
    drawn = fan_in_uniform(30, 20, fan_in=4)
    assert 0.45 < drawn.abs().max() <= 0.5
    assert factory_of({"device": "cpu", "sigma_min": 0.1}) == {"device": "cpu", "dtype": None}
