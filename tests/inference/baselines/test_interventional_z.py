import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from edgelab.graphs import build_graph
from edgelab.inference.baselines import interventional_z
from edgelab.tasks import Task

GENES = ["a", "b", "c", "d", "e"]


def screen(x, y, sign=-1) -> Task:
    graph = build_graph(
        [("a", "b")],
        input_edges=pd.DataFrame({"source": GENES, "target": GENES, "sign": sign}),
        output_edges=[(name, name) for name in GENES],
        functions=GENES,
    )
    condition = pd.Series([f"sample {row}" for row in range(len(x))])
    as_tensor = (torch.as_tensor(np.asarray(matrix), dtype=torch.float32) for matrix in (x, y))
    return Task(
        name="screen", data=graph, x=next(as_tensor), y=next(as_tensor), condition=condition
    )


def dense(task):
    return interventional_z(task).raw_scores(slice(0, len(GENES)))


def by_hand(table: np.ndarray) -> np.ndarray:
    """z of every knockout; each gene's mean and spread are over the knockouts of the others."""
    z = np.empty(table.shape)
    for gene in range(len(table)):
        others = np.delete(table[:, gene], gene)
        z[:, gene] = (table[:, gene] - others.mean()) / others.std()
    return z


@pytest.fixture
def tables():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 5, 5)).astype(np.float32).astype(np.float64)


def test_one_screen_is_the_z_of_its_table(tables):
    raw = dense(screen(np.eye(5), tables[0]))
    np.testing.assert_allclose(raw.score, np.abs(by_hand(tables[0])))
    np.testing.assert_array_equal(raw.extras["sign"], -np.sign(by_hand(tables[0])))


def test_screens_add_up_and_wild_types_take_no_part(tables):
    x = np.concatenate([np.zeros((2, 5)), np.eye(5), 0.5 * np.eye(5)])
    raw = dense(screen(x, np.concatenate([np.full((2, 5), 9.0), *tables])))
    zs = [by_hand(table) for table in tables]
    np.testing.assert_allclose(raw.score, np.abs(zs[0]) + np.abs(zs[1]))
    np.testing.assert_array_equal(raw.extras["sign"], -np.sign(zs[0] + zs[1]))


def test_replicates_count_as_one_setting(tables):
    x, y = np.repeat(np.eye(5), 2, axis=0), np.repeat(tables[0], 2, axis=0)
    y[::2] += 1.0
    y[1::2] -= 1.0
    np.testing.assert_allclose(dense(screen(x, y)).score, np.abs(by_hand(tables[0])), rtol=1e-5)


def test_inputs_of_unknown_sign_give_no_sign(tables):
    assert np.isnan(dense(screen(np.eye(5), tables[0], sign=0)).extras["sign"]).all()


def test_a_gene_that_was_not_perturbed_has_no_score(tables):
    raw = dense(screen(np.eye(5)[:4], tables[0][:4]))
    assert np.isnan(raw.score[4]).all() and np.isfinite(raw.score[:4]).all()


def test_a_gene_without_variation_has_no_score(tables):
    y = tables[0].copy()
    y[:, 2] = 0.1
    raw = dense(screen(np.eye(5), y))
    assert np.isnan(raw.score[:, 2]).all() and np.isfinite(np.delete(raw.score, 2, axis=1)).all()


def test_small_screens_have_no_score(tables):
    assert np.isnan(dense(screen(np.eye(5)[:2], tables[0][:2])).score).all()
    # Three settings, but each gene that is hit itself keeps two: only the genes left alone have a
    # spread.
    score = dense(screen(np.eye(5)[:3], tables[0][:3])).score
    assert np.isnan(score[:, :3]).all() and np.isfinite(score[:3, 3:]).all()


def test_the_gene_s_own_knockout_does_not_widen_its_spread(tables):
    y = tables[0].copy()
    task = screen(np.eye(5), y)
    far = dataclasses.replace(task, y=task.y - 100 * torch.eye(5))
    off = ~np.eye(5, dtype=bool)
    np.testing.assert_allclose(dense(far).score[off], dense(task).score[off])
