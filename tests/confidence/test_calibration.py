"""The check of q-values: it passes what is honest, catches what is not, and infer says so."""

import numpy as np
import pandas as pd
import pytest

from edgelab.confidence import LevelCheck, Planting, QSettings, believable_q_values, calibrate
from edgelab.datasets import Dataset, simulate
from edgelab.errors import ConfigError
from edgelab.jobs import infer_edges

GENES = [f"g{number}" for number in range(10)]


@pytest.fixture(scope="module")
def screen():
    """Ten genes that share a hidden cause, two edges, knockouts with 6 replicates, 20 controls."""
    doses = np.concatenate([np.zeros((20, 10)), np.repeat(np.eye(10), 6, axis=0)])
    x = pd.DataFrame(doses, columns=[f"{gene} off" for gene in GENES])
    inputs = pd.DataFrame({"source": x.columns, "target": GENES})
    outputs = pd.DataFrame({"source": GENES, "target": [f"{gene} level" for gene in GENES]})
    edges = pd.DataFrame({"source": ["g0", "g1"], "target": ["g1", "g2"]})
    made = simulate(
        edges, input_edges=inputs.assign(weight=-6.0), output_edges=outputs, x=x, seed=0
    )
    hidden = np.random.default_rng(0).standard_normal((len(x), 1))
    return Dataset(
        name="screen", source="simulated", edges=edges, input_edges=inputs, output_edges=outputs, x=x,
        y=made.y + hidden, condition=made.condition,
    )  # fmt: skip


def test_interventions_keep_their_promise(screen):
    found = calibrate(
        screen,
        q=QSettings(splits=4),
        planting=Planting(n_edges=4, strength=2.0),
        experiments=10,
        progress=False,
    )
    assert found.holds and found.checks[-1].power > 0.1
    assert found.records["seed"].nunique() == 10


def test_association_is_caught(screen):
    """A hidden common cause correlates everything: Benjamini-Hochberg on correlations promises 5 %
    and is far off.
    """
    found = calibrate(
        screen, "pearson", q=QSettings(way="association"), experiments=4, progress=False
    )
    assert not found.holds
    assert found.checks[0].realised > 0.3
    assert found.summary()[0]["holds"] is False


def test_infer_prints_what_was_realised_where_the_promise_was_broken(screen):
    result = infer_edges(screen, "pearson", q=QSettings(way="association"), check=4)
    table = result.table
    called = (table["q_nominal"] <= 0.05) & ~table["has_edge"]
    realised = result.calibration.checks[0].realised
    assert called.any() and (table.loc[called, "q_value"] >= realised - 1e-12).all()


def test_a_check_that_holds_changes_nothing(screen):
    result = infer_edges(screen, "interventional_z", q=QSettings(splits=3), check=3)
    assert result.calibration is not None and result.calibration.holds
    pd.testing.assert_series_equal(
        result.table["q_value"], result.table["q_nominal"], check_names=False
    )


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


def test_experiments_are_needed(screen):
    with pytest.raises(ConfigError, match="experiments"):
        calibrate(screen, experiments=0)
