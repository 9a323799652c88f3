"""The check of q-values: it passes what is honest and catches what is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from edgelab.confidence import LevelCheck, Planting, QSettings, calibrate, plant_edges
from edgelab.confidence._calibration import believable_q_values
from edgelab.errors import ConfigError

QUICK = {"q": QSettings(splits=1), "experiments": 3, "progress": False}


def test_interventions_keep_their_promise(screen):
    calibration = calibrate(
        screen,
        q=QSettings(splits=4),
        planting=Planting(n_edges=4, strength=2.0),
        experiments=20,
        progress=False,
    )
    assert calibration.holds and calibration.checks[-1].power > 0.1
    assert calibration.records["seed"].nunique() == 20


def test_association_is_caught(screen):
    """A hidden common cause correlates everything: correlations promise 5 % and are far off."""
    calibration = calibrate(
        screen, "pearson", q=QSettings(way="association"), experiments=4, progress=False
    )
    assert not calibration.holds
    assert calibration.checks[0].realised > 0.3
    assert calibration.summary()[0]["holds"] is False


def test_equal_seeds_give_equal_checks(screen):
    options = {"q": QSettings(splits=2), "experiments": 2, "progress": False}
    first, second = (calibrate(screen, **options).records for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_a_q_value_is_never_improved():
    check = LevelCheck(
        nominal=0.1, realised=0.3, standard_error=0.01, mean_calls=1.0, power=0.1, n_experiments=9
    )
    q_value = np.array([0.01, 0.1, 0.2, np.nan])
    np.testing.assert_array_equal(believable_q_values(q_value, [check]), [0.3, 0.3, 0.2, np.nan])


def test_believable_q_values_by_hand():
    """Of two levels the second was broken: only what it calls anew is replaced."""
    kept = LevelCheck(
        nominal=0.1, realised=0.09, standard_error=0.02, mean_calls=9.0, power=0.5, n_experiments=20
    )
    broken = replace(kept, nominal=0.2, realised=0.5)
    q_value = np.array([0.05, 0.15, 0.3])
    assert believable_q_values(q_value, [kept, broken]).tolist() == [0.05, 0.5, 0.3]


def test_neighbouring_seeds_share_no_experiment(screen):
    first, second = (
        calibrate(screen, planting=Planting(seed=seed), **QUICK).records["seed"] for seed in (0, 1)
    )
    assert not {*first} & {*second}


def test_an_experiment_can_be_repeated_by_its_seed(screen):
    records = calibrate(screen, planting=Planting(n_edges=4), **QUICK).records
    planted = plant_edges(screen, Planting(n_edges=4, seed=int(records["seed"].iloc[0])))
    assert records["true_share"].iloc[0] == planted.total[planted.judged].mean()


def test_a_seed_of_the_q_values_is_respected(screen):
    planting = Planting(n_edges=4, strength=2.0)

    def records(seed):
        q = QSettings(splits=1, seed=seed)
        return calibrate(screen, q=q, planting=planting, experiments=3, progress=False).records

    pd.testing.assert_frame_equal(records(5), records(5))
    assert not records(5).equals(records(6))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"experiments": 0}, "experiments must be a positive integer, got 0"),
        ({"estimand": "totl"}, "estimand must be one of.*'totl'.*'total'"),
        ({"method": "meii"}, "unknown method 'meii'.*'mei'"),
    ],
)
def test_arguments_are_checked(screen, options, message):
    with pytest.raises(ConfigError, match=message):
        calibrate(screen, progress=False, **options)
