"""Paired differences: by hand, against scipy, and calibrated where hold-outs overlap."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from edgelab.errors import ConfigError, TableError
from edgelab.evaluation import paired_difference, paired_differences


def test_without_overlap_it_is_the_interval_of_students_t():
    values = np.random.default_rng(0).normal(size=12)
    found = paired_difference([values.tolist()], held_out_fraction=1e-12)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_overlap_widens_the_interval_by_hand():
    found = paired_difference([[0.0, 1.0], [2.0, 4.0]], held_out_fraction=0.2)
    variance = (0.5 * (1 / 2 + 1 / 4) + 2.0 * (1 / 2 + 1 / 4)) / 4
    half = stats.t.ppf(0.975, 2) * math.sqrt(variance)
    assert (found.mean, found.low, found.high) == pytest.approx((1.75, 1.75 - half, 1.75 + half))
    assert found.n == 4 and found.n_better == 3.5


def test_data_sets_count_alike_whatever_their_number_of_hold_outs():
    assert paired_difference([[1.0] * 8, [0.0] * 2], 0.2).mean == 0.5


def test_one_hold_out_has_no_interval_and_missing_values_do_not_count():
    found = paired_difference([[0.5, math.nan]], 0.2)
    assert found.mean == 0.5 and math.isnan(found.low) and found.n == 1
    with pytest.raises(TableError, match="no difference"):
        paired_difference([[math.nan]], 0.2)


def test_the_interval_covers_a_difference_of_zero_about_as_often_as_it_says():
    rng, covered = np.random.default_rng(1), 0
    for _ in range(400):
        # A part that all hold-outs of a data set share, as their common training edges do, and one
        # of their own.
        parts = [(rng.normal(scale=0.5) + rng.normal(size=5)).tolist() for _ in range(2)]
        found = paired_difference(parts, 0.2)
        covered += found.low <= 0 <= found.high
    assert covered / 400 > 0.93


def records() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [
        (dataset, scorer, seed, rng.random() + (scorer == "good"))
        for dataset in ("one", "two")
        for seed in range(4)
        for scorer in ("base", "good")
    ]
    return pd.DataFrame(rows, columns=["dataset", "scorer", "seed", "mrr"])


def test_hold_outs_are_matched_by_data_set_and_seed():
    table = paired_differences(records().sample(frac=1, random_state=0), "base", ["mrr"], 0.2)
    wide = records().pivot_table(index=["dataset", "seed"], columns="scorer", values="mrr")
    assert table["scorer"].tolist() == ["good"] and table["n"].tolist() == [8]
    assert table["difference"].item() == pytest.approx((wide["good"] - wide["base"]).mean())
    assert table["low"].item() > 0


def test_hold_outs_of_one_scorer_only_are_left_out():
    some = records().query("not (scorer == 'good' and seed > 1)")
    assert paired_differences(some, "base", ["mrr"], 0.2)["n"].tolist() == [4]


def test_mistakes_are_named():
    with pytest.raises(TableError, match=r"reference 'bass' \(close: 'base'\)"):
        paired_differences(records(), "bass", ["mrr"], 0.2)
    with pytest.raises(ConfigError, match="held_out_fraction"):
        paired_difference([[0.1]], 1.0)
