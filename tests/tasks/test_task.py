from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest
import torch

from edgelab.errors import DataError
from edgelab.graphs import build_graph
from edgelab.tasks import HideMeasurements, Task


def make(**changes):
    fields = {
        "name": "toy",
        "data": build_graph(
            [("a", "b")], input_edges=[("u", "a"), ("v", "b")], output_edges=[("b", "p")]
        ),
        "x": torch.arange(8.0).reshape(4, 2),
        "y": torch.arange(4.0).reshape(4, 1),
        "condition": pd.Series(list("rsrs"), dtype="category"),
    }
    return Task(**(fields | changes))


def test_a_part_of_the_samples_by_position_or_truth_value():
    task = make(corruption=HideMeasurements(0.5, (1,)))
    by_position = task.samples(np.array([3, 1]))
    assert by_position.x.tolist() == [[6, 7], [2, 3]] and by_position.condition.tolist() == [
        "s",
        "s",
    ]
    by_truth = task.samples(np.array([False, True, False, True]))
    assert by_truth.y.tolist() == [[1], [3]] and by_truth.corruption is task.corruption
    assert by_truth.data is task.data and by_truth.condition.index.tolist() == [0, 1]


def test_it_is_frozen():
    with pytest.raises(FrozenInstanceError):
        make().name = "other"


def test_replacing_a_field_checks_again():
    with pytest.raises(DataError, match="x has 4 samples, y 4 and condition 3"):
        replace(make(), condition=pd.Series(list("rsr")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": torch.zeros(4, 3)}, r"x has shape \(4, 3\), but the graph has 2 inputs"),
        ({"y": torch.zeros(4, 2)}, r"y has shape \(4, 2\), but the graph has 1 outputs"),
        ({"condition": pd.Series(list("rs"))}, "x has 4 samples, y 4 and condition 2"),
    ],
)
def test_shapes_that_do_not_fit(changes, message):
    with pytest.raises(DataError, match=message):
        make(**changes)
