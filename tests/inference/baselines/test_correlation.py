"""Correlations of responses, against scipy."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from edgelab.graphs import build_graph
from edgelab.inference.baselines import BASELINES, pearson, spearman
from edgelab.inference.baselines._correlation import correlation_block, correlation_p_values
from edgelab.screens import function_responses
from edgelab.tasks import Task

FUNCTIONS = ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("name", "reference"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)]
)
def test_correlations_agree_with_scipy(make_task, dense, name, reference):
    task = make_task()
    task.y[:, 1] = task.y[:, 1].round()  # ties
    raw, responses = dense(BASELINES[name](task)), function_responses(task)
    for i, j in [(0, 1), (1, 0), (0, 2), (3, 1)]:
        expected = reference(responses[:, i], responses[:, j])
        assert raw.score[i, j] == pytest.approx(abs(expected.statistic), abs=1e-11)
        assert raw.p_value[i, j] == pytest.approx(expected.pvalue, rel=1e-6)
        assert raw.extras["sign"][i, j] == np.sign(expected.statistic)


def test_null_p_values_of_pearson_are_uniform(dense):
    rng = np.random.default_rng(0)
    functions = [f"g{i}" for i in range(60)]
    graph = build_graph(
        [("g0", "g1")],
        input_edges=[("drug", "g0")],
        output_edges=[(g, g) for g in functions],
        functions=functions,
    )
    y = torch.from_numpy(rng.normal(size=(12, 60))).float()
    task = Task(
        name="null", data=graph, x=torch.zeros(12, 1), y=y, condition=pd.Series(["none"] * 12)
    )
    p_value = dense(pearson(task)).p_value[np.triu_indices(60, 1)]
    assert stats.kstest(p_value, "uniform").pvalue > 0.001


def test_correlations_by_hand():
    values = np.array([[1.0, 6.0, 5.0], [2.0, 4.0, 5.0], [3.0, 2.0, 5.0]])
    raw = correlation_block(values)(slice(1, 2))
    np.testing.assert_array_equal(raw.score, [[1.0], [1.0], [np.nan]])
    np.testing.assert_array_equal(raw.extras["sign"], [[-1.0], [1.0], [np.nan]])
    assert correlation_p_values(np.array([[0.0, 1.0]]), n_samples=5).tolist() == [[1.0, 0.0]]


def test_spearman_sees_monotone_relations_in_full(make_task, dense):
    task = make_task()
    task.y[:, 0] = task.y[:, 1].exp()
    a, c = FUNCTIONS.index("a"), FUNCTIONS.index("c")
    assert dense(spearman(task)).score[a, c] == pytest.approx(1.0)
    assert dense(spearman(task)).p_value[a, c] == pytest.approx(0.0, abs=1e-12)
    assert dense(pearson(task)).score[a, c] < 1
