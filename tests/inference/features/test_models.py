"""What trained networks know about a pair, and the seeds that they are trained with."""

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import Dataset
from edgelab.inference.features import _models as models
from edgelab.inference.features import model_features
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings, TrainingConfig

NAMES = ["a", "b", "c", "d"]


def screen(n_samples=40) -> Dataset:
    rng = np.random.default_rng(0)
    own = pd.DataFrame({"source": NAMES, "target": NAMES})
    return Dataset(
        name="screen",
        source="simulated",
        edges=pd.DataFrame({"source": ["a", "b", "c"], "target": ["b", "c", "d"]}),
        input_edges=own,
        output_edges=own,
        x=pd.DataFrame(np.eye(4)[rng.integers(4, size=n_samples)], columns=NAMES),
        y=pd.DataFrame(rng.normal(size=(n_samples, 4)), columns=NAMES),
        condition=pd.Series(["any"] * n_samples, dtype="category"),
    )


SETTINGS = ModelSettings(
    task="perturbation",
    channels=2,
    layers=2,
    training=TrainingConfig(epochs=1, batch_size=10, progress=False),
    min_steps=4,
)


def seeds_of(job_seed, monkeypatch) -> tuple[list[int], list[int]]:
    """The seeds of the models, and of the readings, that one job makes."""
    of_models, of_readings = [], []
    train, read = models._readings_of, models._reading

    def note_model(dataset, data, settings, seed):
        of_models.append(seed)
        return train(dataset, data, settings, seed)

    def note_reading(model, task, seed):
        of_readings.append(seed)
        return read(model, task, seed)

    with monkeypatch.context() as patch:
        patch.setattr(models, "_readings_of", note_model)
        patch.setattr(models, "_reading", note_reading)
        model_features(screen(), graph_of(screen()), SETTINGS, job_seed)
    return of_models, of_readings


def test_two_jobs_share_no_seed_of_a_model(monkeypatch):
    first, second = (seeds_of(seed, monkeypatch) for seed in (0, 1))
    assert len(set(first[0] + second[0])) == 2 * models.FOLDS
    assert len(set(first[1] + second[1])) == 2 * models.FOLDS * models.READINGS


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_every_pair_is_described_whatever_the_seed(seed):
    features = model_features(screen(), graph_of(screen()), SETTINGS, seed)
    assert {"mei", "mei_partial"} <= features.keys()
    apart = ~np.eye(4, dtype=bool)
    assert np.isfinite(features["mei"][apart]).all()


def test_equal_seeds_give_equal_bits_and_others_do_not():
    first, again, other = (
        model_features(screen(), graph_of(screen()), SETTINGS, seed)["mei"] for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
