"""The benchmark: leak-free, resumable, the same over processes, and honest about what stands."""

import dataclasses
import json

import pandas as pd
import pytest

from edgelab.benchmark import run_benchmark
from edgelab.benchmark._variants import VARIANTS
from edgelab.errors import ConfigError, DataError
from edgelab.evaluation import evaluate_against
from edgelab.graphs import hold_out_edges
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of

PLAIN = ["pearson", "spearman"]


def test_records_are_those_of_each_hold_out_done_by_hand(dataset, toy):
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


def test_methods_that_do_not_fit_the_data_are_skipped_and_say_why(dataset, quick):
    unread = dataclasses.replace(
        dataset, output_edges=dataset.output_edges.iloc[:-1], y=dataset.y.iloc[:, :-1]
    )
    two = pd.concat(
        [unread.output_edges, pd.DataFrame({"source": ["a"], "target": ["f_level"]})],
        ignore_index=True,
    )
    twice = dataclasses.replace(unread, output_edges=two, y=dataset.y)
    masked = dataclasses.replace(quick, task="masked")
    found = run_benchmark([twice], ["mei", "random"], seeds=[0], fraction=0.3, settings=masked)
    assert (
        found.skipped["scorer"].tolist() == ["mei"]
        and "masked task" in found.skipped["reason"].item()
    )
    assert set(found.records["scorer"]) == {"random", "out_degree"}


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_number_of_processes(dataset, quick):
    """Bit for bit, models included."""
    one, two = (
        run_benchmark(
            [dataset], ["mei_partial"], seeds=[0, 1], fraction=0.3, settings=quick, n_processes=n
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
    assert found.stability["n_top"].eq(len(dataset.edges)).all()


def test_data_sets_whose_names_look_alike_share_no_cell(toy, tmp_path):
    datasets = [toy("net 1", 1), toy("net_1", 2)]
    both = run_benchmark(datasets, ["pearson"], seeds=[0], fraction=0.3, folder=tmp_path).records
    alone = pd.concat(
        [run_benchmark([one], ["pearson"], seeds=[0], fraction=0.3).records for one in datasets],
        ignore_index=True,
    )
    columns = both.columns.drop("seconds")
    pd.testing.assert_frame_equal(both[columns], alone[columns])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["pearsn"]}, "close: 'pearson'"),
        ({"methods": []}, "methods is empty"),
        ({"seeds": []}, "1 data sets and 0 hold-outs"),
        ({"datasets": []}, "0 data sets and 1 hold-outs"),
        ({"n_processes": 0}, "processes must be a positive integer"),
    ],
)
def test_bad_arguments_say_what_is_wrong(change, message, dataset):
    arguments = {"datasets": [dataset], "methods": ["pearson"], "seeds": [0], "fraction": 0.3}
    with pytest.raises(ConfigError, match=message):
        run_benchmark(**(arguments | change))


def test_data_sets_of_one_name_are_refused(toy):
    with pytest.raises(ConfigError, match="share the name 'toy'"):
        run_benchmark([toy(seed=1), toy(seed=2)], ["pearson"], seeds=[0], fraction=0.3)
