"""Sign maps by hand, and their inverses."""

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.perturbation.gradnet._signs import (
    apply_final_sign,
    has_sign,
    inverse_sign_map,
    read_sign,
    sign_map,
)


def double(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("sign", "expected"), [("free", [-2, 3]), ("nonnegative", [4, 9]), ("nonpositive", [-4, -9])]
)
def test_sign_maps_and_their_inverses(sign, expected):
    values = sign_map(double([-2, 3]), sign)
    assert values.tolist() == expected and has_sign(values, sign)
    assert sign_map(inverse_sign_map(values, sign), sign).tolist() == expected


def test_an_unknown_sign_is_refused():
    with pytest.raises(
        ConfigError, match=r"must be one of \['free', 'nonnegative', 'nonpositive'\]; got 'pos'"
    ):
        read_sign("delta_sign", "pos")


def test_a_sign_is_read_in_any_case():
    assert read_sign("delta_sign", "Free") == "free"


@pytest.mark.parametrize(("rule", "expected"), [("reflect", 3.0), ("clip", 0.0)])
def test_a_final_sign_by_hand(rule, expected):
    matrix = torch.tensor([[1.0, 2.0], [-3.0, 4.0]])
    assert apply_final_sign(matrix, "nonnegative", rule).tolist() == [[1.0, 2.0], [expected, 4.0]]
    below = apply_final_sign(-matrix, "nonpositive", rule)
    assert below.tolist() == [[-1.0, -2.0], [-expected, -4.0]]


def test_zero_has_either_sign():
    assert not has_sign(torch.tensor([0.0, -1.0]), "nonnegative")
    assert has_sign(torch.tensor([0.0, -1.0]), "nonpositive")
