"""Whether the promise of a level was kept: by hand."""

import pandas as pd
import pytest

from edgelab.confidence import LevelCheck, check_levels


def test_checks_average_experiments_and_a_run_without_calls_counts_as_zero():
    rows = [
        {"nominal": 0.1, "n_called": n, "realised": r, "power": p}
        for n, r, p in ((0, 0.0, 0.0), (4, 0.5, 0.2))
    ]
    check = check_levels(pd.DataFrame(rows))[0]
    assert (check.realised, check.mean_calls, check.power, check.n_experiments) == (
        0.25,
        2.0,
        0.1,
        2,
    )
    assert check.standard_error == pytest.approx(0.25)
    assert check.holds and check.low == 0.0 and check.high == pytest.approx(0.75)


@pytest.mark.parametrize(("realised", "holds"), [(0.1, True), (0.139, True), (0.141, False)])
def test_a_promise_is_broken_beyond_two_standard_errors(realised, holds):
    check = LevelCheck(
        nominal=0.1,
        realised=realised,
        standard_error=0.02,
        mean_calls=5.0,
        power=0.1,
        n_experiments=20,
    )
    assert check.holds is holds


def test_a_single_experiment_has_no_error_bar_and_is_taken_at_its_value():
    row = pd.DataFrame([{"nominal": 0.1, "n_called": 4, "realised": 0.5, "power": 0.1}])
    assert not check_levels(row)[0].holds
