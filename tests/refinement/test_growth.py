"""Growth by a method of ranking edges."""

import numpy as np
import pytest

from edgelab.datasets import convergence
from edgelab.errors import ConfigError
from edgelab.methods import METHODS
from edgelab.refinement import Situation, growth_by
from edgelab.tasks import graph_of, perturbation_task
from edgelab.training import ModelSettings, TrainingConfig


@pytest.fixture(scope="module")
def data():
    return convergence(4, n_train=300, n_test=10, seed=1).train


@pytest.fixture
def settings():
    training = TrainingConfig(epochs=3, batch_size=64, lr=1e-2, device="cpu", progress=False)
    return ModelSettings(task="perturbation", channels=2, layers=3, training=training)


def test_any_method_can_choose_what_grows(data, settings):
    graph = graph_of(data)
    task = perturbation_task(data, graph)
    situation = Situation(
        graph=graph,
        model=settings.make_model(task),
        data=graph,
        batch=task.batch(),
        position=0,
        seed=0,
    )
    score = growth_by("spearman", data, settings).score(situation)
    table = METHODS["spearman"]
    assert score.shape == (8, 8) and np.isnan(np.diag(score)).all() and table.label
    measured = [graph["function"].node_names.index(name) for name in ("f4", "f5")]
    assert score[measured[0], measured[1]] == score[measured[1], measured[0]]


def test_an_unknown_growth_is_refused_with_all_choices(data, settings):
    with pytest.raises(
        ConfigError, match=r"unknown growth 'mie' \(close: 'mei'.*'gradient', 'random', "
    ):
        growth_by("mie", data, settings)
