"""`edgelab calibrate` as a user runs it."""

import json

import pandas as pd
import pytest


@pytest.fixture
def toy(simulated):
    return simulated(80)


def test_prints_nominal_beside_realised_and_writes_it(run, toy, tmp_path):
    result = run(
        "calibrate",
        *toy.options(),
        "--out",
        tmp_path / "trust",
        "--experiments",
        2,
        "--q-splits",
        2,
    )
    assert result.exit_code == 0, result.output
    assert "realised" in result.output and "planted" in result.output
    written = json.loads((tmp_path / "trust" / "calibration.json").read_text())
    assert [check["nominal"] for check in written["checks"]] == [0.05, 0.1, 0.2]
    assert written["arguments"]["command"] == "calibrate"
    assert len(pd.read_csv(tmp_path / "trust" / "calibration.csv")) == 6
    assert (tmp_path / "trust" / "calibration.png").exists()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--q", "mirrors", "way must be"),
        ("--keep", "all", "keep must be"),
        ("--method", "meii", "unknown method"),
    ],
)
def test_a_wrong_choice_is_one_clear_line(run, toy, tmp_path, option, value, message):
    result = run("calibrate", *toy.options(), "--out", tmp_path / "trust", option, value)
    assert result.exit_code == 1 and message in result.output
