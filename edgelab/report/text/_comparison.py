"""Records of a comparison as tables: mean and standard deviation per scorer."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from edgelab.errors import TableError, shorten
from edgelab.table import check_columns

from ._rows import format_mean

# The metrics that `format_comparison` prints if the records have them, in this order.
_METRICS = ("mrr", "auprc", "auc", "early_precision_ratio", "top@1", "top@3", "top@5")

METRIC_LABELS = {
    "mrr": "MRR",
    "auprc": "AUPRC",
    "auc": "AUROC",
    "early_precision_ratio": "early precision ratio",
    "top@1": "top 1",
    "top@3": "top 3",
    "top@5": "top 5",
}
"""What tables and figures call a metric."""

_COUNTS = ("n_positives", "n_negatives", "n_missing")


def check_records(records: pd.DataFrame, metrics: Sequence[str] = ()) -> list[str]:
    """The metrics named, or all that the records have; refuses what is no comparison."""
    check_columns(records, ("scorer", "seed", *metrics))
    if records.empty:
        raise TableError("the comparison has no records; compare at least one scorer on one seed")
    twice = records.duplicated(["scorer", "seed"]).to_numpy()
    if twice.any():
        first = records.iloc[int(twice.argmax())]
        raise TableError(
            f"{twice.sum()} records repeat a scorer and seed, first: {first['scorer']!r} with seed "
            f"{first['seed']!r}; keep one row for each"
        )
    if not metrics:
        metrics = _numeric_metrics(records)
    wrong = [name for name in metrics if not pd.api.types.is_numeric_dtype(records[name])]
    if wrong:
        raise TableError(
            f"the metrics {shorten(wrong)} do not hold numbers; convert them with .astype(float)"
        )
    return list(metrics)


def _numeric_metrics(records: pd.DataFrame) -> list[str]:
    metrics = [
        name
        for name in records.columns
        if name not in {"scorer", "seed", *_COUNTS} and pd.api.types.is_numeric_dtype(records[name])
    ]
    if not metrics:
        raise TableError(
            f"the comparison has no metrics beside {shorten(records.columns)}; add a numeric column"
        )
    return metrics


def comparison_table(records: pd.DataFrame, sort_by: str = "mrr") -> pd.DataFrame:
    """Mean and standard deviation of each metric over the seeds, one row per scorer, best first.

    Args:
        records: One row per scorer and seed: columns `scorer`, `seed` and one per metric.
        sort_by: The metric that decides the order; equal means in the order of names, NaN last.

    Returns:
        Columns `scorer`, `n_seeds`, then `<metric>_mean` and `<metric>_sd` of each metric. Seeds
        where a metric is NaN are left out of it; the deviation of a sample (divided by n - 1) is
        NaN for a single seed.

    Raises:
        TableError: If the records are empty, repeated or lack a column.

    Example:
        >>> records = pd.DataFrame(
        ...     {"scorer": ["mei", "mei", "ks"], "seed": [0, 1, 0], "mrr": [0.4, 0.6, 0.7]}
        ... )
        >>> comparison_table(records).round(2).values.tolist()
        [['ks', 1, 0.7, nan], ['mei', 2, 0.5, 0.14]]
    """
    check_records(records, [sort_by])
    groups = records.groupby("scorer", sort=True, observed=True)
    columns: dict[str, pd.Series] = {"n_seeds": groups["seed"].size()}
    for metric in check_records(records):
        columns[f"{metric}_mean"] = groups[metric].mean()
        columns[f"{metric}_sd"] = groups[metric].std()
    table = pd.DataFrame(columns).sort_values(
        f"{sort_by}_mean", ascending=False, kind="stable", na_position="last"
    )
    return table.reset_index()


def format_comparison(
    records: pd.DataFrame,
    metrics: Sequence[str] | None = None,
    *,
    sort_by: str = "mrr",
    labels: Mapping[str, str] | None = None,
) -> list[list[str]]:
    """The comparison as text: a row of headings, then one row per scorer, best first.

    Args:
        records: One row per scorer and seed: columns `scorer`, `seed` and one per metric.
        metrics: Which metrics to show; by default the usual ones that the records have.
        sort_by: The metric that decides the order.
        labels: What to call a scorer, by name; others keep their names.

    Returns:
        Rows of equal length. A cell reads `0.54 ± 0.08`, or `0.54` for a single seed, or `–` where
        nothing is known.

    Raises:
        TableError: If the records are empty, repeated or lack a column.

    Example:
        >>> records = pd.DataFrame({"scorer": ["mei", "mei"], "seed": [0, 1], "mrr": [0.4, 0.6]})
        >>> format_comparison(records)
        [['scorer', 'MRR'], ['mei', '0.50 ± 0.14']]
    """
    shown = check_records(
        records, metrics or [name for name in _METRICS if name in records.columns]
    )
    names = labels or {}
    rows = [["scorer", *(METRIC_LABELS.get(metric, metric) for metric in shown)]]
    for summary in comparison_table(records, sort_by).to_dict("records"):
        cells = [
            format_mean(summary[f"{metric}_mean"], summary[f"{metric}_sd"]) for metric in shown
        ]
        rows.append([names.get(summary["scorer"], str(summary["scorer"])), *cells])
    return rows


def comparison_verdict(
    records: pd.DataFrame,
    ours: Collection[str],
    metric: str = "mrr",
    labels: Mapping[str, str] | None = None,
) -> str:
    """One sentence that says who came first, and does not hide it when that is a baseline or a tie.

    Means that agree in the two decimals shown are a tie.

    Args:
        records: One row per scorer and seed.
        ours: The scorers that are not baselines.
        metric: What to judge by; larger is better.
        labels: What to call a scorer, by name.

    Returns:
        The sentence.

    Raises:
        TableError: If the records are empty, repeated, lack the metric, or have only NaN for it.

    Example:
        >>> records = pd.DataFrame({"scorer": ["mei", "ks"], "seed": [0, 0], "mrr": [0.5, 0.7]})
        >>> comparison_verdict(records, ["mei"])
        'By MRR a baseline is best: ks (0.70), ahead of mei (0.50).'
    """
    table = comparison_table(records, metric).dropna(subset=f"{metric}_mean")
    if table.empty:
        raise TableError(f"no scorer has a value of {metric!r}; judge by another metric")
    names = labels or {}
    text = {}
    mean = {}
    for row in table.to_dict("records"):
        scorer = row["scorer"]
        mean[scorer] = row[f"{metric}_mean"]
        value = format_mean(mean[scorer], row[f"{metric}_sd"])
        text[scorer] = f"{names.get(scorer, scorer)} ({value})"
    label = METRIC_LABELS.get(metric, metric)
    best = table["scorer"].iloc[0]
    own = [name for name in text if name in ours]
    baselines = [name for name in text if name not in ours]
    if own and baselines and f"{mean[own[0]]:.2f}" == f"{mean[baselines[0]]:.2f}":
        return (
            f"By {label} {text[own[0]]} and the best baseline, {text[baselines[0]]}, are equally "
            "good."
        )
    if best in ours:
        behind = f", ahead of the best baseline, {text[baselines[0]]}" if baselines else ""
        return f"By {label} {text[best]} is best{behind}."
    behind = f", ahead of {text[own[0]]}" if own else ""
    return f"By {label} a baseline is best: {text[best]}{behind}."
