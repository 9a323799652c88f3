"""A benchmark as text: means over the data sets, differences, and how well rankings stand."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from edgelab.table import check_columns

from ._comparison import METRIC_LABELS, check_records
from ._rows import format_mean

# The metrics of a benchmark's table, in this order.
_METRICS = (
    "mrr",
    "top@1",
    "top@3",
    "top@5",
    "auprc",
    "early_precision_ratio",
    "auc",
    "auc_matched",
)

BENCHMARK_LABELS = METRIC_LABELS | {
    "early_precision_ratio": "EPR",
    "auc_matched": "AUROC matched",
    "auprc_matched": "AUPRC matched",
    "mrr_matched": "MRR matched",
}
"""What a benchmark's tables call a metric; "matched": against false edges of the same degrees."""


def benchmark_summary(records: pd.DataFrame, sort_by: str = "mrr") -> pd.DataFrame:
    """Mean and standard deviation of each metric, one row per scorer, best first.

    Args:
        records: One row per data set, scorer and hold-out: columns `dataset`, `scorer`, `seed` and
            one per metric.
        sort_by: The metric that decides the order.

    Returns:
        `scorer`, `n` (hold-outs), then `<metric>_mean` and `<metric>_sd`. Data sets count alike in
        the mean; the deviation is that of hold-outs of one data set, pooled over the data sets.

    Raises:
        TableError: If the records lack a column.

    Example:
        >>> records = pd.DataFrame(
        ...     {"dataset": ["one", "one", "two", "two"], "scorer": "ks", "seed": [0, 1, 0, 1]}
        ... ).assign(mrr=[0.4, 0.6, 0.8, 1.0])
        >>> benchmark_summary(records).round(2).values.tolist()
        [['ks', 4, 0.7, 0.14]]
    """
    check_columns(records, ("dataset", "scorer", "seed", sort_by))
    metrics = [name for name in check_records(_named_apart(records)) if name != "seconds"]
    groups = records.groupby(["scorer", "dataset"], sort=True, observed=True)
    columns: dict[str, pd.Series] = {
        "n": records.groupby("scorer", sort=True, observed=True)["seed"].size()
    }
    for metric in metrics:
        columns[f"{metric}_mean"] = groups[metric].mean().groupby(level="scorer").mean()
        columns[f"{metric}_sd"] = groups[metric].var().groupby(level="scorer").mean() ** 0.5
    table = pd.DataFrame(columns).sort_values(
        f"{sort_by}_mean", ascending=False, kind="stable", na_position="last"
    )
    return table.rename_axis("scorer").reset_index()


def format_benchmark(
    records: pd.DataFrame,
    metrics: Sequence[str] | None = None,
    *,
    sort_by: str = "mrr",
    labels: Mapping[str, str] | None = None,
) -> list[list[str]]:
    """A benchmark as text: a row of headings, then one row per scorer, best first.

    Args:
        records: One row per data set, scorer and hold-out.
        metrics: Which metrics to show; by default the usual ones that the records have.
        sort_by: The metric that decides the order.
        labels: What to call a scorer, by name.

    Returns:
        Rows of equal length; a cell reads `0.54 ± 0.08`.

    Example:
        >>> rows = [("one", "ks", 0, 0.4), ("one", "ks", 1, 0.6)]
        >>> format_benchmark(pd.DataFrame(rows, columns=["dataset", "scorer", "seed", "mrr"]))
        [['scorer', 'MRR'], ['ks', '0.50 ± 0.14']]
    """
    shown = list(metrics or [name for name in _METRICS if name in records.columns])
    rows = [["scorer", *(BENCHMARK_LABELS.get(metric, metric) for metric in shown)]]
    for row in benchmark_summary(records, sort_by).to_dict("records"):
        cells = [format_mean(row[f"{metric}_mean"], row[f"{metric}_sd"]) for metric in shown]
        rows.append([(labels or {}).get(row["scorer"], str(row["scorer"])), *cells])
    return rows


def format_differences(
    differences: pd.DataFrame, labels: Mapping[str, str] | None = None
) -> list[list[str]]:
    """Differences from a reference as text, one row per scorer.

    Args:
        differences: What `edgelab.evaluation.paired_differences` returns.
        labels: What to call a scorer, by name.

    Returns:
        Rows of equal length, headings first; a cell reads `+0.05 [-0.02, +0.12]`, and ends in `*`
        where the interval leaves zero out.

    Example:
        >>> columns = ["scorer", "reference", "metric", "difference", "low", "high"]
        >>> table = pd.DataFrame([("mei", "ks", "mrr", 0.05, 0.02, 0.08)], columns=columns)
        >>> format_differences(table)
        [['difference from ks', 'MRR'], ['mei', '+0.05 [+0.02, +0.08]*']]
    """
    check_columns(differences, ("scorer", "reference", "metric", "difference", "low", "high"))
    names = labels or {}
    metrics = list(dict.fromkeys(differences["metric"]))
    reference = str(differences["reference"].iloc[0])
    rows = [
        [
            f"difference from {names.get(reference, reference)}",
            *(BENCHMARK_LABELS.get(name, name) for name in metrics),
        ]
    ]
    cells = {
        (row["scorer"], row["metric"]): _interval(row["difference"], row["low"], row["high"])
        for row in differences.to_dict("records")
    }
    scorers = dict.fromkeys(differences["scorer"])
    for scorer in scorers:
        row = [cells.get((scorer, metric), "–") for metric in metrics]
        rows.append([names.get(scorer, scorer), *row])
    return rows


def format_stability(
    stability: pd.DataFrame, labels: Mapping[str, str] | None = None
) -> list[list[str]]:
    """How many of the best candidates stay, as text: a row per scorer and a column per variant.

    Args:
        stability: Columns `dataset`, `scorer`, `variant`, `overlap`.
        labels: What to call a scorer, by name.

    Returns:
        Rows of equal length, headings first; a cell is the mean share of edges in common.

    Example:
        >>> rows = [("toy", "ks", "other seed", 1.0), ("toy", "ks", "other seed", 0.5)]
        >>> columns = ["dataset", "scorer", "variant", "overlap"]
        >>> format_stability(pd.DataFrame(rows, columns=columns))
        [['data set', 'scorer', 'other seed'], ['toy', 'ks', '75 %']]
    """
    check_columns(stability, ("dataset", "scorer", "variant", "overlap"))
    means = stability.groupby(["dataset", "scorer", "variant"], sort=False, observed=True)[
        "overlap"
    ].mean()
    variants = list(dict.fromkeys(stability["variant"]))
    rows = [["data set", "scorer", *variants]]
    names = labels or {}
    ranked = stability[["dataset", "scorer"]].drop_duplicates()
    for dataset, scorer in ranked.itertuples(index=False, name=None):
        cells = [_percent(means.get((dataset, scorer, variant), np.nan)) for variant in variants]
        rows.append([dataset, names.get(scorer, scorer), *cells])
    return rows


def _named_apart(records: pd.DataFrame) -> pd.DataFrame:
    """Records as one comparison: hold-outs of different data sets are different seeds."""
    seeds = pd.MultiIndex.from_frame(records[["dataset", "seed"]]).factorize()[0]
    return records.drop(columns="dataset").assign(seed=seeds)


def _interval(difference: float, low: float, high: float) -> str:
    if np.isnan(low):
        return f"{difference:+.2f}"
    return f"{difference:+.2f} [{low:+.2f}, {high:+.2f}]" + ("*" if low > 0 or high < 0 else "")


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.0%}".replace("%", " %")
