import math

import pandas as pd
import pytest

from edgelab.errors import TableError
from edgelab.report import (
    comparison_table,
    comparison_verdict,
    format_comparison,
)

NAN = float("nan")


def records() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("pearson", 0, 0.5, 0.2, NAN, 5),
            ("pearson", 1, 0.7, 0.4, NAN, 5),
            ("mei", 0, 0.9, 0.1, NAN, 5),
            ("mei", 1, NAN, 0.1, 0.25, 5),
            ("broken", 0, NAN, NAN, NAN, 5),
            ("broken", 1, NAN, NAN, NAN, 5),
        ],
        columns=["scorer", "seed", "mrr", "auprc", "top@1", "n_positives"],
    )


def test_means_and_deviations_by_hand():
    table = comparison_table(records()).set_index("scorer")
    assert table.columns.tolist() == [
        "n_seeds", "mrr_mean", "mrr_sd", "auprc_mean", "auprc_sd", "top@1_mean", "top@1_sd",
    ]  # fmt: skip
    assert table.index.tolist() == ["mei", "pearson", "broken"]
    assert table.loc["pearson", "mrr_mean"] == pytest.approx(0.6)
    assert table.loc["pearson", "mrr_sd"] == pytest.approx(math.sqrt(0.02))
    assert table.loc["mei", "mrr_mean"] == 0.9 and math.isnan(table.loc["mei", "mrr_sd"])
    assert table.loc["mei", "auprc_sd"] == 0
    assert table["n_seeds"].tolist() == [2, 2, 2]


def test_order_follows_the_metric_and_not_the_rows():
    shuffled = records().sample(frac=1, random_state=3)
    assert comparison_table(shuffled, "auprc")["scorer"].tolist() == ["pearson", "mei", "broken"]
    pd.testing.assert_frame_equal(comparison_table(shuffled), comparison_table(records()))


def test_text():
    assert format_comparison(records(), labels={"mei": "MEI"}) == [
        ["scorer", "MRR", "AUPRC", "top 1"],
        ["MEI", "0.90", "0.10 ± 0.00", "0.25"],
        ["pearson", "0.60 ± 0.14", "0.30 ± 0.14", "–"],
        ["broken", "–", "–", "–"],
    ]
    assert format_comparison(records(), ["auprc"], sort_by="auprc")[1] == ["pearson", "0.30 ± 0.14"]


def test_verdict_does_not_hide_a_baseline_that_wins():
    assert comparison_verdict(records(), ["mei"]) == (
        "By MRR mei (0.90) is best, ahead of the best baseline, pearson (0.60 ± 0.14)."
    )
    assert comparison_verdict(records(), ["mei"], "auprc") == (
        "By AUPRC a baseline is best: pearson (0.30 ± 0.14), ahead of mei (0.10 ± 0.00)."
    )
    assert comparison_verdict(records(), ["broken"]) == "By MRR a baseline is best: mei (0.90)."
    with pytest.raises(TableError, match="no scorer has a value"):
        comparison_verdict(records().assign(mrr=NAN), ["mei"])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (records().iloc[:0], "no records"),
        (records().drop(columns="seed"), "lacks 'seed'"),
        (records().drop(columns="mrr"), "lacks 'mrr'"),
        (pd.concat([records(), records()]), "6 records repeat a scorer and seed, first: 'pearson'"),
        (records().assign(mrr="high"), "do not hold numbers"),
    ],
)
def test_bad_records(bad, message):
    with pytest.raises(TableError, match=message):
        comparison_table(bad)
    with pytest.raises(TableError):
        format_comparison(bad, ["mrr"])


def test_metrics_asked_for_must_be_there():
    with pytest.raises(TableError, match="lacks 'auc'"):
        format_comparison(records(), ["auc"])


def test_verdict_calls_equal_means_equal():
    tied = pd.DataFrame({"scorer": ["mei", "ks", "random"], "seed": 0, "mrr": [0.501, 0.499, 0.3]})
    for records in (tied, tied.assign(mrr=[0.499, 0.501, 0.3])):
        assert comparison_verdict(records, ["mei"]) == (
            "By MRR mei (0.50) and the best baseline, ks (0.50), are equally good."
        )
