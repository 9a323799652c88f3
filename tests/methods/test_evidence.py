"""Evidence: samples in their own order, a part of them, and one model for all methods."""

import dataclasses

import numpy as np
import pytest

from edgelab.datasets import take_samples
from edgelab.errors import ConfigError
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of


def test_the_order_in_which_samples_are_listed_does_not_matter(dataset):
    turned = take_samples(dataset, np.random.default_rng(0).permutation(dataset.n_samples))
    first, second = (Evidence(listed, graph_of(dataset)).task for listed in (dataset, turned))
    assert first.x.equal(second.x) and first.y.equal(second.y)


def test_some_of_the_samples_keep_graph_settings_and_seed(dataset, quick, tmp_path):
    whole = Evidence(dataset, graph_of(dataset), quick, seed=4, checkpoint_dir=tmp_path)
    rows = np.array([3, 70, 8])
    part = whole.samples(rows)
    assert part.data is whole.data and part.settings is quick and part.seed == 4
    assert part.checkpoint_dir is None  # the checkpoints are those of another model
    assert part.task.y.equal(whole.task.y[np.sort(rows)])


def test_methods_share_one_model(dataset, quick):
    evidence = Evidence(dataset, graph_of(dataset), quick)
    METHODS["mei"].table(evidence, None)
    trained = evidence.trained
    METHODS["regressor"].table(evidence, None)
    assert evidence.trained is trained


@pytest.mark.parametrize("task", ["masked", "perturbation", "intervention"])
def test_models_train_on_every_task(dataset, quick, task):
    evidence = Evidence(dataset, graph_of(dataset), dataclasses.replace(quick, task=task))
    assert len(evidence.trained.history.records) == 1
    assert len(METHODS["regressor"].table(evidence, None)) == 20


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seeds_that_generators_do_not_take_are_refused(dataset, seed):
    with pytest.raises(ConfigError, match=rf"0 to 2\*\*63 - 1, got {seed}"):
        Evidence(dataset, graph_of(dataset), seed=seed)
