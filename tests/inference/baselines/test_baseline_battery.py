"""Every baseline through one battery: a small screen of knockouts and knockdowns with known
structure.
"""

import dataclasses
import importlib
import pkgutil

import numpy as np
import pandas as pd
import pytest
import torch

from edgelab.graphs import build_graph
from edgelab.inference import baselines, edge_table
from edgelab.inference.baselines import BASELINES, BaselineScorer
from edgelab.table import check_edge_table
from edgelab.tasks import Task

GENES = [f"g{i}" for i in (1, 2, 3, 4, 5, 10)]
EDGES = [("g1", "g2"), ("g2", "g3"), ("g1", "g4"), ("g4", "g3"), ("g5", "g10")]
DOSES = np.concatenate([np.zeros((3, 6)), np.eye(6), 0.5 * np.eye(6)])
SYMMETRIC = ("pearson", "spearman", "partial_correlation")
# Asked before a test imports every file by itself, which registers what the face forgets.
NAMES = BASELINES.names()


def screen(genes=GENES, samples=None, measured=GENES, scale=None, shift=0.0) -> Task:
    """A screen whose nodes come in the given order; its numbers belong to the names, not to the
    order.
    """
    graph = build_graph(
        EDGES if genes == GENES else EDGES[::-1],
        input_edges=pd.DataFrame({"source": genes, "target": genes, "sign": -1}),
        output_edges=[(name, f"{name}_level") for name in measured],
        functions=list(genes),
        inputs=list(genes),
        outputs=[f"{name}_level" for name in measured],
    )
    level = responses()
    factor = dict.fromkeys(GENES, 1.0) if scale is None else dict(zip(GENES, scale, strict=True))
    y = np.stack([factor[name] * level[name] + shift for name in measured], axis=1)
    x = DOSES[:, [GENES.index(name) for name in genes]]
    rows = np.arange(len(x)) if samples is None else np.asarray(samples)
    condition = pd.Series([f"setting {row}" for row in rows], dtype="category")
    as_tensor = [torch.from_numpy(matrix[rows]).float() for matrix in (x, y)]
    return Task(name="screen", data=graph, x=as_tensor[0], y=as_tensor[1], condition=condition)


def responses() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    level: dict[str, np.ndarray] = {}
    for gene in ("g1", "g5", "g2", "g4", "g3", "g10"):
        parents = [level[source] for source, target in EDGES if target == gene]
        free = 1.0 + 0.7 * np.sum(parents, axis=0) + 0.1 * rng.normal(size=len(DOSES))
        level[gene] = free * (1 - DOSES[:, GENES.index(gene)])
    # Equal in float32, so that permuted and scaled copies hold the very same numbers.
    return {gene: values.astype(np.float32).astype(np.float64) for gene, values in level.items()}


def by_name(name: str, task: Task) -> pd.DataFrame:
    scorer = BASELINES[name](task)
    table = edge_table(scorer.raw_scores, scorer.pairs).drop(columns=["src_idx", "dst_idx"])
    return table.astype({"src_func": str, "dst_func": str})


def test_every_baseline_of_the_package_is_registered():
    modules = [
        importlib.import_module(f"{baselines.__name__}.{m.name}")
        for m in pkgutil.iter_modules(baselines.__path__)
    ]
    written = {
        function
        for module in modules
        for function in vars(module).values()
        if callable(function)
        and getattr(function, "__module__", None) == module.__name__
        and getattr(function, "__annotations__", {}).get("return") is BaselineScorer
        and not function.__name__.startswith("_")
    }
    assert {function.__name__ for function in written} == {
        BASELINES[name].__name__ for name in NAMES
    }
    assert {
        "pearson",
        "spearman",
        "partial_correlation",
        "ks_shift",
        "z_shift",
        "out_degree",
        "random",
    } < {*NAMES}


@pytest.mark.parametrize("name", NAMES)
class TestEveryBaseline:
    def test_makes_a_proper_table(self, name):
        scorer = BASELINES[name](screen())
        table = check_edge_table(edge_table(scorer.raw_scores, scorer.pairs))
        assert len(table) == 30
        assert table["has_edge"].sum() == len(EDGES)
        assert table["score"].notna().all()

    def test_genes_in_another_order_change_nothing(self, name):
        order = ["g10", "g3", "g1", "g5", "g2", "g4"]
        expected = by_name(name, screen())
        pd.testing.assert_frame_equal(
            by_name(name, screen(genes=order, measured=order[::-1])), expected, rtol=1e-9
        )

    def test_samples_in_another_order_change_nothing(self, name):
        order = np.random.default_rng(5).permutation(len(DOSES))
        pd.testing.assert_frame_equal(
            by_name(name, screen(samples=order)), by_name(name, screen()), rtol=1e-9
        )

    def test_units_of_the_responses_change_nothing(self, name):
        scale = [2.0**-10, 1.0, 2.0**6, 2.0**13, 1.0, 2.0**-3]
        pd.testing.assert_frame_equal(
            by_name(name, screen(scale=scale)), by_name(name, screen()), rtol=1e-9
        )

    def test_twice_the_same_is_the_same_to_the_bit(self, name):
        pd.testing.assert_frame_equal(
            by_name(name, screen()), by_name(name, screen()), check_exact=True
        )

    def test_blocks_of_targets_fit_together(self, name):
        scorer = BASELINES[name](screen())
        whole = scorer.raw_scores(slice(0, 6))
        parts = [scorer.raw_scores(block) for block in (slice(0, 1), slice(1, 4), slice(4, 6))]
        np.testing.assert_array_equal(
            np.concatenate([part.score for part in parts], axis=1), whole.score
        )
        for extra, matrix in whole.extras.items():
            np.testing.assert_array_equal(
                np.concatenate([part.extras[extra] for part in parts], axis=1), matrix
            )
        if whole.p_value is not None:
            np.testing.assert_array_equal(
                np.concatenate([part.p_value for part in parts], axis=1), whole.p_value
            )

    def test_signs_are_signs(self, name):
        table = by_name(name, screen())
        if "sign" in table:
            assert set(table["sign"].dropna()) <= {-1.0, 0.0, 1.0}
            assert not table.loc[table["has_edge"], "sign"].lt(0).any(), (
                "every edge of the screen activates"
            )

    def test_constant_and_unmeasured_functions_do_no_harm(self, name):
        task = screen(measured=GENES[:-1])
        task.y[:, task.data["output"].node_names.index("g5_level")] = 1e6 / 3
        table = by_name(name, task)
        assert not np.isinf(table["score"]).any()
        if name in SYMMETRIC:
            spoilt = table["src_func"].isin(["g5", "g10"]) | table["dst_func"].isin(["g5", "g10"])
            assert table["score"].isna().tolist() == spoilt.tolist()

    def test_no_measured_function_at_all_does_no_harm(self, name):
        task = dataclasses.replace(screen(), y=torch.ones(len(DOSES), len(GENES)))
        assert not np.isinf(by_name(name, task)["score"]).any()


@pytest.mark.parametrize("name", ["pearson", "spearman", "partial_correlation"])
def test_symmetric_scores_are_tied_exactly(make_task, dense, name):
    score = dense(BASELINES[name](make_task())).score
    np.testing.assert_array_equal(score, score.T)


def test_correlations_of_two_samples_are_undefined(make_task, dense):
    for name in ("pearson", "spearman", "partial_correlation"):
        assert np.isnan(dense(BASELINES[name](make_task(samples=[0, 1]))).score).all()


def test_shifted_and_scaled_responses_change_no_score_of_a_measurement(make_task, dense):
    task, scale = make_task(), torch.tensor([1e-3, 1.0, 20.0, 1e4])
    moved = dataclasses.replace(task, y=task.y * scale + scale)
    for name in ("pearson", "spearman", "partial_correlation", "ks_shift", "z_shift"):
        # float32 responses hold seven digits, and the shift costs some of them.
        first, second = (dense(BASELINES[name](data)).score for data in (task, moved))
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-5)
