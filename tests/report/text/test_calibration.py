"""Nominal beside realised in words: three endings."""

import pytest

from edgelab.confidence import LevelCheck
from edgelab.report import CALIBRATION_HEADING, calibration_rows, calibration_sentence


def check(realised, calls=3.0, error=0.01, power=0.5):
    return LevelCheck(
        nominal=0.1,
        realised=realised,
        standard_error=error,
        mean_calls=calls,
        power=power,
        n_experiments=5,
    )


@pytest.mark.parametrize(
    ("one", "said", "verdict"),
    [
        (check(0.4), "40 % instead of 10 %", "BROKEN"),
        (check(0.08), "kept its promise at every level", "holds"),
        (check(0.0, calls=0.0), "prove no edge", "no calls"),
    ],
)
def test_sentence_and_row_agree(one, said, verdict):
    assert said in calibration_sentence([one])
    row = calibration_rows([one])[0]
    assert row[-1] == verdict and len(row) == len(CALIBRATION_HEADING)


def test_what_is_unknown_is_a_dash():
    assert calibration_rows([check(0.1, error=float("nan"), power=float("nan"))])[0][2:5] == (
        "–",
        "3.0",
        "–",
    )
