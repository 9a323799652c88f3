"""Chance: uniform, without structure, by the seed."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from edgelab.graphs import build_graph
from edgelab.inference.baselines import random_scores
from edgelab.tasks import Task


def test_random_scores_are_uniform_and_follow_the_seed(dense):
    functions = [f"g{i}" for i in range(150)]
    graph = build_graph(
        [("g0", "g1")],
        input_edges=[("drug", "g0")],
        output_edges=[("g0", "out")],
        functions=functions,
    )
    task = Task(
        name="chance",
        data=graph,
        x=torch.zeros(2, 1),
        y=torch.zeros(2, 1),
        condition=pd.Series(["none"] * 2),
    )
    first, again, other = (dense(random_scores(task, seed=seed)).score for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.03
    assert stats.kstest(first.ravel(), "uniform").pvalue > 0.001
    # No structure: rows and columns are as unrelated as independent ones (sd of r is 1 /
    # sqrt(150)).
    assert np.std(np.corrcoef(first)[np.triu_indices(150, 1)]) == pytest.approx(
        1 / np.sqrt(150), rel=0.1
    )
