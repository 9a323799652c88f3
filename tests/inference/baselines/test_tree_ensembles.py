import dataclasses
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor

from edgelab.datasets import ecoli70
from edgelab.errors import ConfigError
from edgelab.graphs import build_graph, hold_out_edges
from edgelab.inference.baselines import _tree_ensembles as tree_ensembles
from edgelab.inference.baselines import genie3, grnboost
from edgelab.tasks import Task, graph_of, perturbation_task

GENES = ["g1", "g2", "g10", "g3"]
METHODS = {"genie3": genie3, "grnboost": grnboost}


@pytest.fixture(autouse=True)
def nothing_remembered():
    tree_ensembles._solved.cache_clear()


def task_of(values, doses=None, genes=GENES) -> Task:
    graph = build_graph(
        [("g1", "g2")],
        input_edges=[(gene, gene) for gene in genes],
        output_edges=[(gene, gene) for gene in genes],
        functions=list(genes),
        inputs=list(genes),
        outputs=list(genes),
    )
    doses = np.zeros(values.shape) if doses is None else doses
    x, y = (torch.as_tensor(matrix, dtype=torch.float32) for matrix in (doses, values))
    return Task(name="toy", data=graph, x=x, y=y, condition=pd.Series(["any"] * len(x)))


def table(seed=0, n=60):
    values = np.random.default_rng(seed).normal(size=(n, 4))
    values[:, 1] += 2 * values[:, 0]  # g1 -> g2
    values[:, 3] -= values[:, 2] ** 2  # g10 -| g3, not seen by a correlation
    return values.astype(np.float32).astype(np.float64)


def dense(scorer):
    return scorer.raw_scores(slice(0, scorer.pairs.n_targets))


@pytest.mark.parametrize("name", METHODS)
class TestBoth:
    def test_the_strongest_predictor_is_found(self, name):
        raw = dense(METHODS[name](task_of(table())))
        assert np.nanargmax(raw.score[:, 1]) == 0 and raw.extras["sign"][0, 1] == 1
        assert np.nanargmax(raw.score[:, 3]) == 2
        np.testing.assert_allclose(np.nansum(raw.score, axis=0), 1.0)

    def test_no_order_changes_a_bit(self, name):
        """Nothing is remembered in between: the ensembles are grown anew from what is the same
        problem.
        """
        rows, columns = np.random.default_rng(1).permutation(60), [2, 0, 3, 1]
        first = dense(METHODS[name](task_of(table()), n_trees=20))
        tree_ensembles._solved.cache_clear()
        other = task_of(table()[rows][:, columns], genes=[GENES[column] for column in columns])
        second = dense(METHODS[name](other, n_trees=20))
        np.testing.assert_array_equal(second.score, first.score[np.ix_(columns, columns)])
        np.testing.assert_array_equal(
            second.extras["sign"], first.extras["sign"][np.ix_(columns, columns)]
        )

    def test_the_number_of_jobs_changes_nothing(self, name):
        results = []
        for n_jobs in (None, 1, 2):
            tree_ensembles._solved.cache_clear()
            results.append(dense(METHODS[name](task_of(table()), n_trees=10, n_jobs=n_jobs)).score)
        for one, other in pairwise(results):
            np.testing.assert_array_equal(one, other)

    def test_the_seed_matters_and_so_does_the_name(self, name):
        one, other = (
            dense(METHODS[name](task_of(table()), n_trees=10, seed=seed)).score for seed in (0, 1)
        )
        assert not np.allclose(np.nan_to_num(one), np.nan_to_num(other))
        renamed = dense(
            METHODS[name](task_of(table(), genes=["g1", "g2", "g20", "g3"]), n_trees=10)
        ).score
        assert not np.allclose(np.delete(renamed[:, 2], 2), np.delete(one[:, 2], 2))
        np.testing.assert_array_equal(np.delete(renamed, 2, axis=1), np.delete(one, 2, axis=1))

    def test_a_target_learns_nothing_from_its_own_knockouts(self, name):
        values, doses = table(), np.zeros((60, 4))
        doses[:6, 1] = 1.0
        other = values.copy()
        other[:6, 1] = 50.0
        one, two = (
            dense(METHODS[name](task_of(y, doses), n_trees=10)).score[:, 1] for y in (values, other)
        )
        np.testing.assert_array_equal(one, two)

    def test_hold_outs_share_one_result(self, name, monkeypatch):
        data = ecoli70(n_observed=12, n_knockdowns=0)
        calls = []
        solve = tree_ensembles._Problem.solve
        monkeypatch.setattr(
            tree_ensembles._Problem,
            "solve",
            lambda self, target: calls.append(target) or solve(self, target),
        )
        graph = graph_of(data)
        for seed in range(3):
            METHODS[name](
                perturbation_task(data, hold_out_edges(graph, 0.2, seed).train), n_trees=1
            )
        assert len(calls) == 46
        METHODS[name](perturbation_task(data), n_trees=2)
        assert len(calls) == 92

    def test_few_samples_give_no_score(self, name):
        assert np.isnan(dense(METHODS[name](task_of(table(n=9)))).score).all()

    @pytest.mark.parametrize("wrong", [{"n_trees": 0}])
    def test_wrong_options_are_refused(self, name, wrong):
        with pytest.raises(ConfigError, match="n_trees"):
            METHODS[name](task_of(table()), **wrong)


def problem_of_g2(seed):
    """What an ensemble learns of g2: predictors and target, sorted, and the seed of its name."""
    values = table()[:, [0, 1, 3, 2]]  # natural order: g1 g2 g3 g10
    part = values[np.lexsort(np.concatenate([np.zeros((60, 4)), values], axis=1).T)]
    digest = tree_ensembles.blake2b(f"{seed} g2".encode(), digest_size=4).digest()
    target = (part[:, 1] - part[:, 1].mean()) / part[:, 1].std()
    return part[:, [0, 2, 3]], target, int.from_bytes(digest, "little")


def test_the_forest_is_that_of_scikit_learn():
    others, target, seed = problem_of_g2(seed=4)
    forest = ExtraTreesRegressor(30, max_features="sqrt", random_state=seed).fit(others, target)
    raw = dense(genie3(task_of(table()), n_trees=30, seed=4))
    np.testing.assert_array_equal(raw.score[[0, 3, 2], 1], forest.feature_importances_)


def test_the_boosting_is_that_of_scikit_learn():
    others, target, seed = problem_of_g2(seed=4)
    boosting = GradientBoostingRegressor(
        n_estimators=30,
        learning_rate=0.02,
        max_depth=None,
        max_leaf_nodes=8,
        max_features=0.3,
        random_state=seed,
    ).fit(others, target)
    raw = dense(grnboost(task_of(table()), n_trees=30, seed=4))
    np.testing.assert_array_equal(raw.score[[0, 3, 2], 1], boosting.feature_importances_)


@pytest.mark.parametrize("name", METHODS)
def test_of_equal_predictors_none_is_preferred_for_its_name(name):
    """Twelve copies of the same regulator: those first by name must not take all of the score."""
    rng = np.random.default_rng(0)
    genes = [f"g{number}" for number in range(30)]
    values = rng.normal(size=(60, 30)).astype(np.float32)
    values[:, 1:12] = values[:, [0]]
    values[:, 29] = values[:, 0] + 0.1 * values[:, 29]
    score = dense(METHODS[name](task_of(values, genes=genes), n_trees=50)).score[:12, 29]
    assert 0.3 < score[:6].sum() / score.sum() < 0.7


def test_many_samples_are_learned_from_in_part_by_every_tree():
    score = dense(grnboost(task_of(table(n=3000)), n_trees=10)).score
    assert np.nanargmax(score[:, 1]) == 0 and np.nanargmax(score[:, 3]) == 2


def test_random_forests_are_another_choice():
    extra, random = (
        dense(genie3(task_of(table()), forest=name, n_trees=10)).score
        for name in ("extra_trees", "random_forest")
    )
    assert not np.allclose(np.nan_to_num(extra), np.nan_to_num(random))
    assert np.nanargmax(random[:, 1]) == 0
    with pytest.raises(ConfigError, match=r"forest must be one of .*'oak'"):
        genie3(task_of(table()), forest="oak")


def test_boosting_refuses_a_learning_rate_outside_its_range():
    with pytest.raises(ConfigError, match="learning_rate"):
        grnboost(task_of(table()), learning_rate=0.0)


def test_a_function_without_a_response_takes_no_part():
    task = task_of(table())
    task.y[:, task.data["output"].node_names.index("g3")] = 7.0
    for baseline in METHODS.values():
        score = dense(baseline(dataclasses.replace(task), n_trees=5)).score
        assert np.isnan(score[3]).all() and np.isnan(score[:, 3]).all()
        assert np.isfinite(score[:3, :3][~np.eye(3, dtype=bool)]).all()
