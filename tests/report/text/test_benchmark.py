"""A benchmark as text and figure: means by hand, intervals as they are, panels as asked for."""

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import ConfigError, TableError
from edgelab.evaluation import paired_differences
from edgelab.report import (
    benchmark_summary,
    format_benchmark,
    format_differences,
    format_stability,
    plot_benchmark,
)


@pytest.fixture
def records() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [
        (dataset, scorer, seed, base + 0.05 * rng.random(), rng.random(), 3, 0.1)
        for dataset in ("one", "two")
        for scorer, base in (("random", 0.1), ("mei", 0.6), ("ks", 0.5))
        for seed in range(4)
    ]
    return pd.DataFrame(
        rows, columns=["dataset", "scorer", "seed", "mrr", "auc_matched", "n_positives", "seconds"]
    )


def test_data_sets_count_alike_and_the_best_comes_first(records):
    records = pd.concat(
        [records, records[records["dataset"] == "two"].assign(seed=lambda t: t["seed"] + 4)]
    )
    summary = benchmark_summary(records)
    assert summary["scorer"].tolist() == ["mei", "ks", "random"]
    assert summary["n"].tolist() == [12, 12, 12]
    mei = records[records["scorer"] == "mei"].groupby("dataset")["mrr"]
    assert summary["mrr_mean"][0] == pytest.approx(mei.mean().mean())
    assert summary["mrr_sd"][0] == pytest.approx(np.sqrt(mei.var().mean()))
    assert "seconds_mean" not in summary and "n_positives_mean" not in summary


def test_text_has_the_metrics_that_are_there_and_the_labels(records):
    rows = format_benchmark(records, labels={"mei": "MEI"})
    assert rows[0] == ["scorer", "MRR", "AUROC matched"] and [row[0] for row in rows[1:]] == [
        "MEI",
        "ks",
        "random",
    ]
    assert all("±" in cell for row in rows[1:] for cell in row[1:])


def test_differences_say_where_zero_lies_outside(records):
    rows = format_differences(
        paired_differences(records, "mei", ["mrr", "auc_matched"], 0.2), {"mei": "MEI"}
    )
    assert rows[0] == ["difference from MEI", "MRR", "AUROC matched"]
    by_name = {row[0]: row[1:] for row in rows[1:]}
    assert by_name["random"][0].startswith("-0.5") and by_name["random"][0].endswith("]*")
    assert not by_name["random"][1].endswith("*")


def test_stability_is_a_share_and_missing_ones_are_dashes():
    rows = [
        ("one", "ks", "other seed", 0.25),
        ("one", "ks", "reordered", 1.0),
        ("one", "mei", "reordered", 0.5),
    ]
    stability = pd.DataFrame(rows, columns=["dataset", "scorer", "variant", "overlap"])
    assert format_stability(stability)[1:] == [
        ["one", "ks", "25 %", "100 %"],
        ["one", "mei", "–", "50 %"],
    ]


def test_the_figure_has_a_panel_per_metric_and_a_colour_per_data_set(records):
    figure = plot_benchmark(
        records, ["mrr", "auc_matched"], highlight=["mei"], labels={"mei": "$MEI$"}
    )
    first, second = figure.axes
    assert first.get_xlabel() == "MRR" and second.get_xlabel() == "AUROC matched"
    assert [text.get_text() for text in first.get_yticklabels()] == ["$MEI$", "ks", "random"]
    assert first.get_yticklabels()[0].get_fontweight() == "bold"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    figure.canvas.draw()


def test_mistakes_are_named(records):
    with pytest.raises(ConfigError, match="metrics is empty"):
        plot_benchmark(records, [])
    with pytest.raises(ConfigError, match="close: 'mei'"):
        plot_benchmark(records, ["mrr"], highlight=["me"])
    with pytest.raises(TableError, match="dataset"):
        benchmark_summary(records.drop(columns="dataset"))
