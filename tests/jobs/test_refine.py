"""The refining job: growth of every kind, and settings that arrive."""

from dataclasses import replace

import pytest

from edgelab.datasets import convergence
from edgelab.jobs import refine_edges
from edgelab.refinement import RefineSettings
from edgelab.training import ModelSettings, TrainingConfig


@pytest.fixture(scope="module")
def data():
    return convergence(4, n_train=300, n_test=10, seed=1).train


@pytest.fixture
def settings():
    training = TrainingConfig(epochs=3, batch_size=64, lr=1e-2, device="cpu", progress=False)
    return ModelSettings(task="perturbation", channels=2, layers=3, training=training)


@pytest.mark.parametrize("growth", ["pearson", "mei", "random", "gradient"])
def test_refines_by_every_kind_of_growth(data, settings, growth):
    refining = RefineSettings(rounds=1, round_epochs=2)
    result = refine_edges(data, growth=growth, settings=settings, refining=refining)
    assert len(result.edges) <= len(data.edges) and len(result.history.records) == 3


def test_the_masked_task_works_too(data, settings):
    refining = RefineSettings(rounds=1, round_epochs=2)
    result = refine_edges(data, settings=replace(settings, task="masked"), refining=refining)
    assert set(result.data["input"].node_names) == set(data.inputs)
