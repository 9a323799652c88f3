"""Factors that bring the parts of an update to comparable lengths, by hand."""

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.growth._normalise import Spread, gradmax_factors, normalisation_factors, weight_std

SPREAD = Spread(delta=5.0, incoming=2.0, outgoing=4.0)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("equalize_second_layer", (0.2, 0.5, 0.4)),
        ("equalize_extensions", (0.125, 0.5, 0.25)),
        ("match_extending_layer", (0.6, 1.5, 2.0)),
        ("legacy_normalization", (0.2, 1.0, 0.5)),
        ("weird_normalization", (0.2, 1.0, 0.5)),
    ],
)
def test_factors(kind, expected):
    assert normalisation_factors(kind, SPREAD, 1.0, layer=3.0, previous=8.0) == expected


@pytest.mark.parametrize("kind", ["equalize_second_layer", "equalize_extensions"])
def test_a_part_that_is_missing_or_does_not_vary_keeps_its_factor(kind):
    assert normalisation_factors(kind, Spread(None, 0.0, None), 1.0) == (1, 1, 1)


def test_unknown_kinds_are_named():
    with pytest.raises(ConfigError, match="'legacy'"):
        normalisation_factors("legacy", SPREAD, 1.0)


def test_gradmax_gives_new_neurons_the_mean_norm_of_old_ones():
    old, new = torch.tensor([[3.0], [4.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    assert gradmax_factors(old, new).tolist() == [5, 1]
    assert gradmax_factors(old, new, scale=2.0).tolist() == [10, 1]
    assert gradmax_factors(old[:, :0], new).tolist() == [1, 1]
    with pytest.raises(ConfigError, match=r"gradmax_scale .* 0"):
        gradmax_factors(old, new, scale=0.0)


def test_a_single_number_has_no_spread():
    assert weight_std(torch.ones(1)) is None
    assert weight_std(torch.tensor([0.0, 2.0])) == pytest.approx(2**0.5)
