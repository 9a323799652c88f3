"""What a command was given, as its record holds it, and the seeds of its hold-outs."""

from pathlib import Path

import pytest

from edgelab.cli._arguments import hold_out_seeds, recorded
from edgelab.errors import ConfigError


def test_the_record_holds_what_bears_on_the_results():
    given = {"x": Path("x.csv"), "seed": 0, "force": True, "out_dir": Path("out"), "debug": False}
    assert recorded("infer", given) == {"command": "infer", "x": "x.csv", "seed": 0}


def test_hold_outs_are_numbered_from_the_seed():
    assert list(hold_out_seeds(7, 3)) == [7, 8, 9]
    assert list(hold_out_seeds(2**63 - 3, 3)) == [2**63 - 3, 2**63 - 2, 2**63 - 1]
    assert not hold_out_seeds(2**63 - 1, 0)


@pytest.mark.parametrize(
    ("seed", "splits", "message"),
    [
        (2**63 - 2, 3, r"seed 9223372036854775806 leaves no seeds for 3 hold-outs.*--splits"),
        (-1, 3, r"from 0 to 2\*\*63 - 1, got -1"),
        (2**63, 0, r"from 0 to 2\*\*63 - 1, got 9223372036854775808"),
    ],
)
def test_seeds_that_do_not_suffice_are_refused(seed, splits, message):
    with pytest.raises(ConfigError, match=message):
        hold_out_seeds(seed, splits)
