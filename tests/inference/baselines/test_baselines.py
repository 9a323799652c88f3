import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from sklearn.covariance import LedoitWolf

from edgelab.graphs import build_graph
from edgelab.inference import RawScores
from edgelab.inference.baselines import (
    BASELINES,
    ks_shift,
    out_degree,
    partial_correlation,
    pearson,
    random_scores,
    spearman,
    z_shift,
)
from edgelab.inference.baselines._correlation import correlation_block, correlation_p_values
from edgelab.inference.baselines._intervention_shift import ks_test, mean_shift_test
from edgelab.screens import function_responses
from edgelab.tasks import Task

EDGES = [("a", "b"), ("b", "c"), ("a", "d"), ("d", "c")]
INPUTS = [("stimulus", "d"), ("drug", "a"), ("other", "b")]
FUNCTIONS = ["a", "b", "c", "d", "e"]
# x: stimulus, drug, other. Every setting has three samples; the control is the stimulus alone.
SETTINGS = [(1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0)]


def make_task(functions=FUNCTIONS, samples=None, outputs=("c", "a", "d", "b"), seed=0) -> Task:
    """A task whose nodes come in the given order; its numbers belong to the names, not to the
    order.
    """
    graph = build_graph(
        EDGES,
        input_edges=INPUTS,
        output_edges=[(name, f"{name}_level") for name in outputs],
        functions=list(functions),
        outputs=[f"{name}_level" for name in outputs],
        inputs=["stimulus", "drug", "other"],
    )
    x = np.repeat(np.array(SETTINGS), 3, axis=0)
    rng = np.random.default_rng(seed)
    level = dict(zip("abcd", rng.normal(size=(4, len(x))), strict=True))
    level["b"] += 0.8 * level["a"] + 3 * x[:, 1]
    y = np.stack([level[name] for name in outputs], axis=1)
    rows = np.arange(len(x)) if samples is None else np.asarray(samples)
    condition = pd.Series([f"setting {row // 3}" for row in rows], dtype="category")
    as_tensor = [torch.from_numpy(matrix[rows]).float() for matrix in (x, y)]
    return Task(name="toy", data=graph, x=as_tensor[0], y=as_tensor[1], condition=condition)


def dense(scorer) -> RawScores:
    return scorer.raw_scores(slice(0, scorer.pairs.n_targets))


@pytest.mark.parametrize(
    ("name", "reference"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)]
)
def test_correlations_agree_with_scipy(name, reference):
    task = make_task()
    task.y[:, 1] = task.y[:, 1].round()  # ties
    raw, responses = dense(BASELINES[name](task)), function_responses(task)
    for i, j in [(0, 1), (1, 0), (0, 2), (3, 1)]:
        expected = reference(responses[:, i], responses[:, j])
        assert raw.score[i, j] == pytest.approx(abs(expected.statistic), abs=1e-11)
        assert raw.p_value[i, j] == pytest.approx(expected.pvalue, rel=1e-6)
        assert raw.extras["sign"][i, j] == np.sign(expected.statistic)


@pytest.mark.parametrize("name", ["pearson", "spearman", "partial_correlation"])
def test_symmetric_scores_are_tied_exactly(name):
    score = dense(BASELINES[name](make_task())).score
    np.testing.assert_array_equal(score, score.T)


def test_correlations_of_two_samples_are_undefined():
    for name in ("pearson", "spearman", "partial_correlation"):
        assert np.isnan(dense(BASELINES[name](make_task(samples=[0, 1]))).score).all()


def test_null_p_values_of_pearson_are_uniform():
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


def test_partial_correlation_agrees_with_an_inverted_shrunken_correlation_matrix():
    task = make_task()
    values = function_responses(task)[:, :4]
    standardised = (values - values.mean(axis=0)) / values.std(axis=0)
    precision = np.linalg.inv(LedoitWolf().fit(standardised).covariance_)
    expected = np.abs(precision / np.sqrt(np.outer(np.diag(precision), np.diag(precision))))
    np.testing.assert_allclose(dense(partial_correlation(task)).score[:4, :4], expected, rtol=1e-9)


def test_out_degree_counts_edges_of_the_graph():
    score = dense(out_degree(make_task())).score
    np.testing.assert_array_equal(score, np.tile(np.array([[2.0], [1.0], [0.0], [1.0], [0.0]]), 5))


def test_random_scores_are_uniform_and_follow_the_seed():
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


def test_without_controls_no_shift_is_known():
    task = dataclasses.replace(
        make_task(), x=torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    )
    assert np.isnan(dense(ks_shift(task)).score).all()


@pytest.mark.parametrize("baseline", [ks_shift, z_shift])
def test_a_shift_is_known_for_perturbed_sources_and_measured_targets(baseline):
    raw = dense(baseline(make_task()))
    assert np.isfinite(raw.score[:2, :4]).all()
    assert np.isnan(raw.score[2:]).all()
    assert np.isnan(raw.score[:, 4]).all()
    assert raw.score[0, 1] == raw.score[0, [1, 2, 3]].max(), "the drug moves b most"


@pytest.mark.parametrize(("n_treated", "n_control"), [(1, 5), (7, 4), (40, 40)])
def test_ks_test_agrees_with_scipy(n_treated, n_control):
    rng = np.random.default_rng(n_treated)
    treated, control = rng.normal(0.5, 1, (n_treated, 6)), rng.normal(0, 1, (n_control, 6))
    treated[:, 3:], control[:, 3:] = treated[:, 3:].round(), control[:, 3:].round()
    distance, p_value = ks_test(treated, control)
    for column in range(6):
        expected = stats.ks_2samp(treated[:, column], control[:, column], method="asymp")
        assert distance[column] == pytest.approx(expected.statistic)
        assert p_value[column] == pytest.approx(expected.pvalue, rel=1e-6)


def test_shifts_by_hand():
    assert ks_test(np.array([[1.0], [2.0]]), np.array([[1.5], [5.0]]))[0].tolist() == [0.5]
    shift, p_value = mean_shift_test(np.array([[3.0]]), np.array([[-1.0], [0.0], [1.0]]))
    assert shift.tolist() == [3.0] and p_value.round(3).tolist() == [0.122]


def test_correlations_by_hand():
    values = np.array([[1.0, 6.0, 5.0], [2.0, 4.0, 5.0], [3.0, 2.0, 5.0]])
    raw = correlation_block(values)(slice(1, 2))
    np.testing.assert_array_equal(raw.score, [[1.0], [1.0], [np.nan]])
    np.testing.assert_array_equal(raw.extras["sign"], [[-1.0], [1.0], [np.nan]])
    assert correlation_p_values(np.array([[0.0, 1.0]]), n_samples=5).tolist() == [[1.0, 0.0]]


def test_mean_shift_test_agrees_with_scipy():
    rng = np.random.default_rng(0)
    treated, control = rng.normal(1, 1, (6, 3)), rng.normal(0, 1, (9, 3))
    shift, p_value = mean_shift_test(treated, control)
    expected = stats.ttest_ind(treated, control)
    np.testing.assert_allclose(p_value, expected.pvalue)
    np.testing.assert_allclose(shift, np.abs(expected.statistic) * np.sqrt(1 / 6 + 1 / 9))


def test_a_mean_shift_without_spread_is_undefined():
    shift, p_value = mean_shift_test(np.array([[2.0]]), np.array([[1.0], [1.0]]))
    assert np.isnan(shift).all()
    assert np.isnan(p_value).all()
    assert np.isnan(mean_shift_test(np.array([[2.0]]), np.array([[1.0]]))[0]).all()


def test_several_interventions_on_one_source_are_corrected_for():
    graph_task = make_task()
    task = dataclasses.replace(
        graph_task, x=torch.tensor([(0.0, 0, 0)] * 3 + [(0, 1.0, 0)] * 3 + [(0, 2.0, 0)] * 3)
    )
    raw, responses = dense(z_shift(task)), function_responses(task)
    one, two = (
        mean_shift_test(responses[rows, 1:2], responses[:3, 1:2])
        for rows in (slice(3, 6), slice(6, 9))
    )
    assert raw.score[0, 1] == max(one[0][0], two[0][0])
    assert raw.p_value[0, 1] == pytest.approx(min(1.0, 2 * min(one[1][0], two[1][0])))


def test_shifted_and_scaled_responses_change_no_score_of_a_measurement():
    task, scale = make_task(), torch.tensor([1e-3, 1.0, 20.0, 1e4])
    moved = dataclasses.replace(task, y=task.y * scale + scale)
    for name in ("pearson", "spearman", "partial_correlation", "ks_shift", "z_shift"):
        # float32 responses hold seven digits, and the shift costs some of them.
        first, second = (dense(BASELINES[name](data)).score for data in (task, moved))
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-5)


def test_spearman_sees_monotone_relations_in_full():
    task = make_task()
    task.y[:, 0] = task.y[:, 1].exp()
    a, c = FUNCTIONS.index("a"), FUNCTIONS.index("c")
    assert dense(spearman(task)).score[a, c] == pytest.approx(1.0)
    assert dense(spearman(task)).p_value[a, c] == pytest.approx(0.0, abs=1e-12)
    assert dense(pearson(task)).score[a, c] < 1
