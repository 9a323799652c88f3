"""The benchmark: leak-free, resumable, the same over processes, and honest about what stands."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from edgelab.benchmark import run_benchmark
from edgelab.benchmark._judge import judged, make_hold_out
from edgelab.benchmark._variants import VARIANTS, overlap, reordered, variant_evidence
from edgelab.datasets import Dataset, sachs, simulate
from edgelab.errors import ConfigError, DataError, LeakageError
from edgelab.evaluation import evaluate_against
from edgelab.graphs import edges_of, hold_out_edges
from edgelab.jobs import infer_edges
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings, TrainingConfig

FUNCTIONS = ["a", "b", "c", "d", "e", "f"]
EDGES = [
    ("a", "b"),
    ("b", "c"),
    ("a", "d"),
    ("c", "e"),
    ("d", "e"),
    ("a", "c"),
    ("e", "f"),
    ("b", "f"),
    ("c", "f"),
]
QUICK = ModelSettings(
    channels=3,
    layers=3,
    training=TrainingConfig(epochs=1, batch_size=32, lr=1e-2, device="cpu", progress=False),
    min_steps=1,
)
PLAIN = ["pearson", "spearman"]


def toy(name: str = "toy", seed: int = 1) -> Dataset:
    on = np.random.default_rng(0).integers(0, 2, size=(90, 2)).astype(float)
    return simulate(
        EDGES,
        input_edges=[("drug", "a"), ("drug2", "d")],
        output_edges=[(one, f"{one}_level") for one in FUNCTIONS],
        x=pd.DataFrame(on, columns=["drug", "drug2"]),
        noise_scale=0.3,
        seed=seed,
        name=name,
    )


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return toy()


def test_records_are_those_of_each_hold_out_done_by_hand(dataset):
    found = run_benchmark([dataset, toy("other", 2)], ["pearson"], seeds=[3], fraction=0.3)
    split = hold_out_edges(graph_of(dataset), 0.3, 3)
    table = METHODS["pearson"].table(Evidence(dataset, split.train), None)
    expected = evaluate_against(table, split.held_out_pairs)
    record = found.records.iloc[0]
    assert {name: record[name] for name in expected} == pytest.approx(expected)
    assert found.records[["dataset", "scorer"]].to_numpy().tolist() == [
        [name, scorer]
        for name in ("toy", "other")
        for scorer in ("pearson", "out_degree", "random")
    ]


def test_scorers_get_nothing_that_holds_the_hidden_edges(dataset):
    hold_out = make_hold_out(dataset, 0.3, 0)
    hidden = hold_out.split.held_out_pairs
    assert len(hidden) == 3
    shown = [
        hold_out.evidence._dataset.edges,
        edges_of(hold_out.evidence.data),
        edges_of(hold_out.evidence.task.data),
    ]
    for edges in shown:
        assert len(edges) == len(EDGES) - 3
        assert not hidden & set(edges[["source", "target"]].itertuples(index=False, name=None))


def test_a_method_that_marks_hidden_edges_is_caught(dataset, monkeypatch):
    whole = Evidence(dataset, graph_of(dataset))
    table = METHODS["pearson"].table(whole, None)
    cheat = dataclasses.replace(METHODS["pearson"], label="cheat", table=lambda *_: table)
    monkeypatch.setitem(METHODS._entries, "cheat", cheat)
    with pytest.raises(LeakageError, match="marks 9 edges, but the scorer was shown 6"):
        list(judged(make_hold_out(dataset, 0.3, 0), ["cheat"]))


def test_finished_cells_are_not_computed_again(dataset, tmp_path, monkeypatch):
    first = run_benchmark([dataset], PLAIN, seeds=[0], fraction=0.3, folder=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 4

    def refuse(*_):
        raise AssertionError

    broken = dataclasses.replace(METHODS["pearson"], table=refuse)
    monkeypatch.setitem(METHODS._entries, "pearson", broken)
    again = run_benchmark([dataset], PLAIN, seeds=[0], fraction=0.3, folder=tmp_path)
    pd.testing.assert_frame_equal(first.records, again.records)
    with pytest.raises(AssertionError):
        run_benchmark([dataset], PLAIN, seeds=[0, 1], fraction=0.3, folder=tmp_path)


def test_cells_of_another_run_are_refused_or_redone(dataset, tmp_path):
    run_benchmark([dataset], ["pearson"], seeds=[0], fraction=0.3, folder=tmp_path)
    changed = dataclasses.replace(dataset, y=dataset.y + 1)
    with pytest.raises(ConfigError, match=r"other data, other settings.*--redo"):
        run_benchmark([changed], ["pearson"], seeds=[0], fraction=0.3, folder=tmp_path)
    with pytest.raises(ConfigError, match="other data"):
        run_benchmark([dataset], ["pearson"], seeds=[0], fraction=0.4, folder=tmp_path)
    fresh = run_benchmark([dataset], ["pearson"], seeds=[0], fraction=0.4)
    redone = run_benchmark(
        [dataset], ["pearson"], seeds=[0], fraction=0.4, folder=tmp_path, redo=True
    )
    columns = fresh.records.columns.drop("seconds")
    pd.testing.assert_frame_equal(fresh.records[columns], redone.records[columns])


def test_a_damaged_cell_is_named(dataset, tmp_path):
    run_benchmark([dataset], ["pearson"], seeds=[0], fraction=0.3, folder=tmp_path)
    path = tmp_path / "toy.hold-out.0.pearson.json"
    for text in ("{", json.dumps({"mrr": 1})):
        path.write_text(text)
        with pytest.raises(DataError, match=r"pearson\.json.*Delete it"):
            run_benchmark([dataset], ["pearson"], seeds=[0], fraction=0.3, folder=tmp_path)


def test_methods_that_do_not_fit_the_data_are_skipped_and_say_why(dataset):
    unread = dataclasses.replace(
        dataset, output_edges=dataset.output_edges.iloc[:-1], y=dataset.y.iloc[:, :-1]
    )
    two = pd.concat(
        [unread.output_edges, pd.DataFrame({"source": ["a"], "target": ["f_level"]})],
        ignore_index=True,
    )
    twice = dataclasses.replace(unread, output_edges=two, y=dataset.y)
    masked = dataclasses.replace(QUICK, task="masked")
    found = run_benchmark([twice], ["mei", "random"], seeds=[0], fraction=0.3, settings=masked)
    assert (
        found.skipped["scorer"].tolist() == ["mei"]
        and "masked task" in found.skipped["reason"].item()
    )
    assert set(found.records["scorer"]) == {"random", "out_degree"}


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_number_of_processes(dataset):
    """Bit for bit, models included."""
    one, two = (
        run_benchmark(
            [dataset], ["mei_partial"], seeds=[0, 1], fraction=0.3, settings=QUICK, n_processes=n
        )
        for n in (1, 2)
    )
    columns = one.records.columns.drop("seconds")
    pd.testing.assert_frame_equal(one.records[columns], two.records[columns], check_exact=True)


def test_stability_compares_with_the_data_as_they_are(dataset):
    found = run_benchmark([dataset], PLAIN, seeds=[0], fraction=0.3, n_stability=2)
    assert len(found.stability) == 4 * 2 * (len(VARIANTS) - 1)
    means = found.stability.groupby(["scorer", "variant"])["overlap"].mean()
    assert means["pearson", "other seed"] == means["pearson", "reordered"] == 1.0
    assert means["random", "other seed"] < 0.8 and means["random", "one sample less"] == 1.0
    assert found.stability["n_top"].eq(len(EDGES)).all()


def test_one_sample_less_is_one_sample_less(dataset):
    assert variant_evidence(dataset, "one sample less", 3).task.y.shape[0] == dataset.n_samples - 1
    single = dataclasses.replace(
        dataset, x=dataset.x.iloc[:1], y=dataset.y.iloc[:1], condition=dataset.condition.iloc[:1]
    )
    with pytest.raises(ConfigError, match="none can be left out"):
        variant_evidence(single, "one sample less", 0)


def test_overlap_counts_edges_in_common():
    assert overlap([["a", "b"]], [["a", "b"], ["b", "a"]]) == 0.5
    assert np.isnan(overlap([], []))


@pytest.mark.parametrize("name", METHODS.names())
def test_no_method_depends_on_the_order_in_which_anything_is_listed(name, dataset):
    """Nodes, edges, columns and samples, bit for bit."""
    first, second = (
        infer_edges(data, name, settings=QUICK).table
        for data in (dataset, reordered(dataset, 5)[0])
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mei_partial", "ks_shift", "partial_correlation"])
def test_real_data_in_another_order_rank_the_same(name):
    first, second = (infer_edges(data, name).table for data in (sachs(), reordered(sachs(), 1)[0]))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["pearsn"]}, "close: 'pearson'"),
        ({"seeds": []}, "nothing to do"),
        ({"datasets": [toy(), toy()]}, "share the name 'toy'"),
        ({"n_processes": 0}, "processes must be a positive integer"),
    ],
)
def test_bad_arguments_say_what_is_wrong(change, message):
    arguments = {
        "datasets": [toy()],
        "methods": ["pearson"],
        "seeds": [0],
        "fraction": 0.3,
    } | change
    with pytest.raises(ConfigError, match=message):
        run_benchmark(**arguments)
