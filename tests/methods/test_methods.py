"""Every method through one battery, and the comparison that puts them side by side."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from edgelab.benchmark import compare_methods
from edgelab.datasets import Dataset, sachs, simulate, take_samples
from edgelab.errors import ConfigError
from edgelab.graphs import hold_out_edges
from edgelab.inference.baselines import BASELINES
from edgelab.jobs import infer_edges
from edgelab.methods import METHODS, Evidence
from edgelab.table import check_edge_table
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings, TrainingConfig

FUNCTIONS = ["a", "b", "c", "d", "e"]
EDGES = [("a", "b"), ("b", "c"), ("a", "d"), ("c", "e"), ("d", "e"), ("a", "c")]
QUICK = ModelSettings(
    channels=3,
    layers=3,
    training=TrainingConfig(epochs=1, batch_size=32, lr=1e-2, device="cpu", progress=False),
    min_steps=1,
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    on = np.random.default_rng(0).integers(0, 2, size=(120, 2)).astype(float)
    return simulate(
        EDGES,
        input_edges=[("drug", "a"), ("drug2", "d")],
        output_edges=[(name, f"{name}_level") for name in FUNCTIONS],
        x=pd.DataFrame(on, columns=["drug", "drug2"]),
        noise_scale=0.3,
        seed=1,
    )


def reordered(dataset: Dataset) -> Dataset:
    """The same data with nodes, edges and columns listed in another order."""
    return dataclasses.replace(
        dataset,
        edges=dataset.edges.iloc[::-1].reset_index(drop=True),
        functions=dataset.functions[::-1],
        x=dataset.x[dataset.x.columns[::-1]],
        y=dataset.y[dataset.y.columns[::-1]],
    )


def scores(table: pd.DataFrame) -> pd.Series:
    keys = [table["src_func"].astype(str), table["dst_func"].astype(str)]
    return pd.Series(table["score"].to_numpy(), index=pd.MultiIndex.from_arrays(keys)).sort_index()


@pytest.mark.parametrize("name", METHODS.names())
def test_every_method_makes_an_edge_table_of_all_pairs(name, dataset):
    split = hold_out_edges(graph_of(dataset), 0.2, seed=0)
    table = METHODS[name].table(Evidence(dataset, split.train, QUICK), None)
    check_edge_table(table)
    assert len(table) == len(FUNCTIONS) * (len(FUNCTIONS) - 1)
    assert table["has_edge"].sum() == len(EDGES) - len(split.held_out)
    short = METHODS[name].table(Evidence(dataset, split.train, QUICK), 1)
    assert not short["has_edge"].any() and short["dst_func"].is_unique


def test_no_baseline_is_missing_from_the_methods():
    assert {*BASELINES} <= {*METHODS}


@pytest.mark.parametrize("name", METHODS.names())
def test_no_method_sees_the_held_out_edges(name, dataset):
    """Held-out edges are dropped from the data set itself: nothing may change."""
    split = hold_out_edges(graph_of(dataset), 0.3, seed=1)
    hidden = pd.MultiIndex.from_frame(dataset.edges[["source", "target"]]).isin(
        list(split.held_out_pairs)
    )
    without = dataclasses.replace(dataset, edges=dataset.edges[~hidden].reset_index(drop=True))
    seen, unseen = (
        METHODS[name].table(Evidence(data, split.train, QUICK), None) for data in (dataset, without)
    )
    pd.testing.assert_frame_equal(seen, unseen)


@pytest.mark.parametrize("name", METHODS.names())
def test_no_method_depends_on_the_order_in_which_nodes_and_edges_are_listed(name, dataset):
    first, second = (
        infer_edges(data, name, settings=QUICK).table for data in (dataset, reordered(dataset))
    )
    pd.testing.assert_series_equal(scores(first), scores(second), check_exact=False, rtol=1e-9)


@pytest.mark.parametrize("name", METHODS.names())
def test_equal_seeds_give_equal_tables(name, dataset):
    first, second = (infer_edges(dataset, name, settings=QUICK, seed=3).table for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_the_seed_reaches_the_model(dataset):
    first, second = (
        infer_edges(dataset, "mei", settings=QUICK, seed=seed).table for seed in (0, 1)
    )
    assert not np.allclose(scores(first), scores(second))


def test_inference_returns_what_it_came_from(dataset):
    result = infer_edges(dataset, "mei_partial", settings=QUICK)
    assert len(result.history.records) == 1 and result.model.channels == 3
    assert not result.candidates["has_edge"].any() and len(result.candidates) == 20 - len(EDGES)
    assert infer_edges(dataset, "pearson").model is None


def test_training_resumes_from_a_checkpoint(dataset, tmp_path):
    first = infer_edges(dataset, "mei", settings=QUICK, checkpoint_dir=tmp_path)
    again = infer_edges(dataset, "mei", settings=QUICK, checkpoint_dir=tmp_path)
    assert again.history == first.history
    pd.testing.assert_frame_equal(first.table, again.table)


def test_comparison_has_one_record_per_method_and_seed(dataset):
    comparison = compare_methods(
        dataset, ["mei", "random"], seeds=[4, 7], fraction=0.3, settings=QUICK
    )
    assert comparison.records[["scorer", "seed"]].to_numpy().tolist() == [
        ["mei", 4],
        ["random", 4],
        ["mei", 7],
        ["random", 7],
    ]
    assert comparison.records["n_positives"].eq(2).all()
    candidate_scores, is_held_out = comparison.recoveries["mei"][0]
    assert len(candidate_scores) == 20 - len(EDGES) + 2 and is_held_out.sum() == 2


def test_both_tasks_train(dataset):
    settings = dataclasses.replace(QUICK, task="perturbation")
    assert len(infer_edges(dataset, "regressor", settings=settings).table) == 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda data: infer_edges(data, "meii"), "unknown method 'meii'.*'mei'"),
        (lambda data: compare_methods(data, ["random"], seeds=[]), "seeds is empty"),
        (lambda data: ModelSettings(task="masks"), "unknown task"),
        (lambda data: ModelSettings(layers=1), "at least 2"),
    ],
)
def test_bad_arguments_say_what_is_wrong(call, message, dataset):
    with pytest.raises(ConfigError, match=message):
        call(dataset)


def test_data_without_inputs_have_a_task_too():
    data = take_samples(sachs(), np.arange(30))
    silent = dataclasses.replace(data, x=data.x.iloc[:, :0], input_edges=data.input_edges.iloc[:0])
    assert ModelSettings().make_task(silent, graph_of(silent)).x.shape == (30, 11)
