"""Responses and signals of functions."""

import numpy as np
import pandas as pd
import torch

from edgelab.graphs import build_graph
from edgelab.screens import function_responses, function_signals
from edgelab.tasks import Task


def test_responses_need_an_output_of_their_own():
    graph = build_graph(
        [("a", "b")],
        input_edges=[("drug", "a")],
        output_edges=[
            ("a", "own"),
            ("b", "first"),
            ("b", "second"),
            ("c", "mixed"),
            ("d", "mixed"),
        ],
        functions=["a", "b", "c", "d"],
    )
    y = torch.arange(12.0).reshape(3, 4)
    task = Task(name="toy", data=graph, x=torch.ones(3, 1), y=y, condition=pd.Series(["on"] * 3))
    responses = function_responses(task)
    own = graph["output"].node_names.index("own")
    np.testing.assert_array_equal(responses[:, 0], y[:, own].numpy())
    assert np.isnan(responses[:, 1:]).all()


def test_a_function_without_a_response_is_known_by_what_was_done_to_it():
    graph = build_graph(
        [("a", "b"), ("b", "c")],
        input_edges=[("drug", "a"), ("dye", "a"), ("dye", "c")],
        output_edges=[("c", "level")],
        functions=["a", "b", "c"],
        inputs=["drug", "dye"],
    )
    x = torch.tensor([[1.0, 0.0], [0.5, -2.0]])
    y = torch.tensor([[7.0], [8.0]])
    signals = function_signals(
        Task(name="toy", data=graph, x=x, y=y, condition=pd.Series(["on"] * 2))
    )
    np.testing.assert_array_equal(signals[:, 0], [1.0, -1.5])
    assert np.isnan(signals[:, 1]).all()  # nothing acts on b, and nothing reads it
    np.testing.assert_array_equal(signals[:, 2], [7.0, 8.0])
