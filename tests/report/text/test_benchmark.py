"""A benchmark as text: means by hand, intervals as they are."""

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import TableError
from edgelab.evaluation import paired_differences
from edgelab.report import (
    benchmark_summary,
    format_benchmark,
    format_differences,
    format_stability,
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


def test_mistakes_are_named(records):
    with pytest.raises(TableError, match="dataset"):
        benchmark_summary(records.drop(columns="dataset"))
