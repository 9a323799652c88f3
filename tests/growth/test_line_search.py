"""The best of several scalings."""

import pytest

from edgelab.errors import ConfigError, GrowthError
from edgelab.growth import (
    line_search,
)


def test_line_search_passes_over_losses_that_are_not_finite():
    losses = {0.1: 3.0, 0.5: float("nan"), 1.0: 2.0, 2.0: float("inf")}
    found = line_search(losses.__getitem__, list(losses))
    assert (found.scaling, found.loss, found.losses.keys()) == (1.0, 2.0, losses.keys())
    with pytest.raises(GrowthError, match="not finite"):
        line_search(lambda _: float("nan"), [1.0])
    with pytest.raises(ConfigError, match="at least one"):
        line_search(lambda _: 0.0, [])
