import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.covariance import shrunk_covariance

from edgelab.graphs import build_graph
from edgelab.inference.baselines import robust_precision
from edgelab.inference.baselines._robust_precision import direct_associations, stabilised
from edgelab.screens import input_values, summed_effects
from edgelab.tasks import Task

GENES = [f"g{i}" for i in range(6)]


def task_of(x, y) -> Task:
    graph = build_graph(
        [("g0", "g1")],
        input_edges=pd.DataFrame({"source": GENES, "target": GENES, "sign": -1}),
        output_edges=[(name, name) for name in GENES],
        functions=GENES,
    )
    x, y = (torch.as_tensor(np.asarray(matrix), dtype=torch.float32) for matrix in (x, y))
    return Task(name="screen", data=graph, x=x, y=y, condition=pd.Series(["any"] * len(x)))


def dense(task):
    return robust_precision(task).raw_scores(slice(0, len(GENES)))


def one_by_one(values, hit, shrinkage):
    """The same from the definition: for each target the samples that leave it alone, and an inverse
    of their own.
    """
    usual = ~hit
    mean = np.array([values[usual[:, j], j].mean() for j in range(values.shape[1])])
    spread = np.array([values[usual[:, j], j].std() for j in range(values.shape[1])])
    z = (values - mean) / spread
    direct = np.full((values.shape[1],) * 2, np.nan)
    for j in range(values.shape[1]):
        rows = z[usual[:, j]]
        covariance = (1 - shrinkage) * rows.T @ rows / len(z) + shrinkage * np.eye(values.shape[1])
        others = np.arange(values.shape[1]) != j
        direct[others, j] = np.linalg.solve(
            covariance[np.ix_(others, others)], covariance[others, j]
        )
    return direct


@given(
    seed=st.integers(0, 1000),
    hits=st.sampled_from([0.0, 0.2, 0.5]),
    shrinkage=st.sampled_from([0.05, 0.2, 0.9]),
)
def test_direct_associations_are_regressions_on_the_samples_left_alone(seed, hits, shrinkage):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(40, 4)) @ rng.normal(size=(4, 4))
    hit = rng.random(values.shape) < hits
    np.testing.assert_allclose(
        direct_associations(values, hit, shrinkage),
        one_by_one(values, hit, shrinkage),
        rtol=1e-7,
        atol=1e-9,
    )


def test_without_interventions_they_come_from_one_precision_matrix():
    values = np.random.default_rng(0).normal(size=(30, 5)) @ np.random.default_rng(1).normal(
        size=(5, 5)
    )
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    precision = np.linalg.inv(shrunk_covariance(np.cov(z.T, bias=True), 0.3))
    expected = -precision / np.diag(precision)
    np.fill_diagonal(expected, np.nan)
    np.testing.assert_allclose(
        direct_associations(values, np.zeros((30, 5), bool), 0.3), expected, rtol=1e-9
    )


def test_a_forced_level_says_nothing_about_its_regulators():
    rng = np.random.default_rng(0)
    values, hit = rng.normal(size=(50, 4)), np.zeros((50, 4), dtype=bool)
    hit[:10, 2] = True
    other = values.copy()
    other[:10, 2] = other[:10, 2][::-1]
    first, second = (direct_associations(table, hit)[:, 2] for table in (values, other))
    np.testing.assert_allclose(first, second, atol=1e-12)


def test_a_chain_is_told_from_a_shortcut():
    """g0 -> g1 -> g2: knocking out g0 moves g2 too, but g1 explains it."""
    rng = np.random.default_rng(2)
    doses = np.repeat(np.concatenate([np.zeros((1, 6)), np.eye(6)]), 5, axis=0)
    level = np.zeros((len(doses), 6))
    for gene in range(6):
        parent = 3 * level[:, gene - 1] if gene in (1, 2) else 0.0
        level[:, gene] = (1 - doses[:, gene]) * (2 + parent + 0.2 * rng.normal(size=len(doses)))
    raw = dense(task_of(doses, level))
    assert raw.score[1, 2] > 2 * raw.score[0, 2]
    assert raw.score[0, 1] > 2 * np.nanmax(raw.score[2:, 1])
    assert raw.extras["sign"][0, 1] == raw.extras["sign"][1, 2] == 1


def test_the_score_is_direct_association_times_effect_times_reach():
    rng = np.random.default_rng(4)
    task = task_of(np.eye(6), rng.normal(size=(6, 6)))
    responses = task.y.numpy().astype(float)
    effect = summed_effects(task.data, input_values(task), responses)[0]
    np.fill_diagonal(effect, np.nan)
    reach = np.sqrt(np.nanmean(effect**2, axis=1, keepdims=True))
    expected = np.abs(direct_associations(responses, np.eye(6, dtype=bool))) * effect * reach
    np.testing.assert_allclose(dense(task).score, expected)


def test_sources_that_were_not_perturbed_are_still_ranked():
    rng = np.random.default_rng(5)
    doses = np.concatenate([np.zeros((20, 6)), np.eye(6)[:4]])
    level = rng.normal(size=(24, 6))
    level[:, 1] += 3 * level[:, 5]
    score = dense(task_of(doses, level)).score
    assert np.isfinite(score[~np.eye(6, dtype=bool)]).all()
    assert np.nanargmax(score[:, 1]) == 5


def test_without_any_intervention_the_direct_association_decides():
    task = task_of(np.zeros((30, 6)), np.random.default_rng(6).normal(size=(30, 6)))
    responses = task.y.numpy().astype(float)
    expected = np.abs(direct_associations(responses, np.zeros((30, 6), dtype=bool)))
    np.testing.assert_array_equal(dense(task).score, expected)


def test_amounts_and_logarithms_are_told_apart_by_column():
    values = np.array([[27.0, -1.0, 0.0], [8.0, 1.0, 1.0]])
    np.testing.assert_allclose(stabilised(values), [[3.0, -1.0, 0.0], [2.0, 1.0, 1.0]])


@pytest.mark.parametrize("column", [0, 3])
def test_a_flat_function_takes_no_part(column):
    y = np.random.default_rng(7).normal(size=(12, 6))
    y[:, column] = 4.0
    task = task_of(np.concatenate([np.eye(6)] * 2), y)
    score = dense(task).score
    assert np.isnan(score[column]).all() and np.isnan(score[:, column]).all()
    rest = np.delete(np.delete(score, column, axis=0), column, axis=1)
    assert np.isfinite(rest[~np.eye(5, dtype=bool)]).all()
    spoilt = dataclasses.replace(task, y=task.y + 0.0)
    np.testing.assert_array_equal(dense(spoilt).score, score)
