"""How the model behind a job is built and trained."""

import dataclasses

import numpy as np
import pytest

from edgelab.datasets import sachs, take_samples
from edgelab.errors import ConfigError
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings


@pytest.mark.parametrize(
    ("options", "message"),
    [({"task": "masks"}, "unknown task 'masks'"), ({"layers": 1}, "at least 2.*got 1")],
)
def test_settings_are_checked(options, message):
    with pytest.raises(ConfigError, match=message):
        ModelSettings(**options)


def test_data_without_inputs_have_a_task_too():
    data = take_samples(sachs(), np.arange(30))
    silent = dataclasses.replace(data, x=data.x.iloc[:, :0], input_edges=data.input_edges.iloc[:0])
    assert ModelSettings().make_task(silent, graph_of(silent)).x.shape == (30, 11)
