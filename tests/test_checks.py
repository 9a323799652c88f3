"""Each rule for an argument lets through what it should, and names the value otherwise."""

import numpy as np
import pytest

from edgelab.checks import check_choice, check_integer, check_seed, check_share
from edgelab.errors import ConfigError


@pytest.mark.parametrize("value", [1, 10**30, np.int64(3)])
def test_positive_integers_pass(value):
    check_integer("epochs", value)


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True])
def test_other_values_are_no_positive_integers(value):
    with pytest.raises(ConfigError, match=f"epochs must be a positive integer, got {value!r}"):
        check_integer("epochs", value)


def test_an_integer_has_its_own_bound_and_a_cure():
    check_integer("layers", 2, least=2)
    with pytest.raises(ConfigError, match=r"layers .* at least 2, got 1; one maps inputs"):
        check_integer("layers", 1, least=2, why="one maps inputs, one outputs")


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, float("nan"), float("inf")])
def test_shares_lie_inside_the_unit_interval(value):
    check_share("fraction", 0.5)
    with pytest.raises(ConfigError, match=r"fraction must lie in \(0, 1\), got"):
        check_share("fraction", value)


def test_a_choice_is_one_of_those_listed():
    check_choice("keep", "design", ("design", "sources"))
    with pytest.raises(ConfigError, match=r"\['design', 'sources'\], got 'desing' .*'design'"):
        check_choice("keep", "desing", (name for name in ("design", "sources")))


@pytest.mark.parametrize("value", [0, 2**63 - 1, np.uint64(2**62)])
def test_seeds_pass(value):
    check_seed(value)


@pytest.mark.parametrize("value", [-1, 2**63, 0.0, None, False])
def test_other_values_are_no_seeds(value):
    with pytest.raises(ConfigError, match=r"draw must be an integer from 0 to 2\*\*63 - 1"):
        check_seed(value, "draw")
