"""Settings of q-values are checked where they are made."""

import pytest

from edgelab.confidence import QSettings
from edgelab.errors import ConfigError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"way": "mirrors"}, "way must be.*'mirrors'.*'mirror'"),
        ({"splits": 0}, "splits must be a positive integer, got 0"),
        ({"seed": -1}, r"seed must be .* 2\*\*63 - 1, got -1"),
    ],
)
def test_settings_are_checked(options, message):
    with pytest.raises(ConfigError, match=message):
        QSettings(**options)


def test_no_seed_is_that_of_the_job():
    assert QSettings().seed is None and QSettings(seed=0).seed == 0
