"""Settings, controls and comparisons of samples with an input on and off."""

import numpy as np
import pandas as pd
import torch

from edgelab.graphs import build_graph
from edgelab.screens import comparisons, control_rows, distinct_settings
from edgelab.tasks import Task

# Stimulus, drug, other. Every setting has three samples; the control is the stimulus alone.
SETTINGS = [(1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0)]


def task_of(x) -> Task:
    inputs = ["stimulus", "drug", "other"]
    graph = build_graph(
        [("a", "b")],
        input_edges=[(name, "a") for name in inputs],
        output_edges=[("b", "level")],
        inputs=inputs,
    )
    x = torch.as_tensor(x, dtype=torch.float32)
    condition = pd.Series(["any"] * len(x))
    return Task(name="toy", data=graph, x=x, y=torch.zeros(len(x), 1), condition=condition)


def by_rows(task):
    return [
        (comparison.input_id, comparison.treated.tolist(), comparison.control.tolist())
        for comparison in comparisons(task)
    ]


def test_the_control_is_the_setting_nearest_to_all_others():
    assert np.flatnonzero(control_rows(task_of(np.repeat(SETTINGS, 3, axis=0)))).tolist() == [
        *(0, 1, 2)
    ]


def test_unperturbed_samples_are_the_controls_of_a_screen():
    x = np.concatenate([np.eye(3), np.zeros((2, 3))])
    assert control_rows(task_of(x)).tolist() == [False] * 3 + [True] * 2


def test_comparisons_are_matched_or_fall_back_to_the_control():
    # The drug was given on top of the stimulus; "other" was given alone and has no match. The
    # stimulus is never off in the control, but "stimulus and drug" without the stimulus does not
    # exist either: no comparison.
    assert by_rows(task_of(np.repeat(SETTINGS, 3, axis=0))) == [
        (1, [3, 4, 5], [0, 1, 2]),
        (2, [6, 7, 8], [0, 1, 2]),
    ]


def test_an_exact_match_is_preferred_to_the_control():
    task = task_of([(0.0, 0, 0), (1, 0, 0), (0, 0, 1), (1, 1, 0)])
    assert control_rows(task).tolist() == [True, False, False, False]
    # Sample 3 without the drug is sample 1; without the stimulus it does not exist, so the control
    # stands in.
    assert by_rows(task) == [
        (0, [1], [0]),
        (0, [3], [0]),
        (1, [3], [1]),
        (2, [2], [0]),
    ]


def test_continuous_inputs_have_no_comparisons_and_one_control():
    task = task_of(torch.randn(9, 3, generator=torch.Generator().manual_seed(0)))
    assert comparisons(task) == []
    assert control_rows(task).sum() == 1


def test_minus_zero_is_off():
    settings, setting_of = distinct_settings(np.array([[-0.0], [0.0], [1.0]]))
    assert settings.tolist() == [[0.0], [1.0]] and setting_of.tolist() == [0, 0, 1]
