"""Differences between scorers on the same hold-outs, with intervals that are wide enough."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
from scipy import stats

from edgelab.checks import check_share
from edgelab.errors import TableError, close_names
from edgelab.table import check_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """How much better one scorer is than another, on average over data sets.

    Attributes:
        mean: Mean difference; above 0 where the first scorer is better.
        low: Lower end of the confidence interval; NaN where no data set has two hold-outs.
        high: Upper end.
        n: Number of hold-outs compared.
        n_better: In how many of them the first scorer is better; ties count one half.
    """

    mean: float
    low: float
    high: float
    n: int
    n_better: float


_STATISTICS = [field.name for field in fields(PairedDifference)]


def paired_difference(
    differences: Sequence[Sequence[float]], held_out_fraction: float, confidence: float = 0.95
) -> PairedDifference:
    """Mean difference over the data sets, with a t interval that knows that hold-outs overlap.

    Hold-outs of one data set share most of their training edges, so their differences are not
    independent and the usual interval is too narrow. The variance of a data set's mean is therefore
    s² (1/n + f/(1 - f)), f being the fraction held out, instead of s²/n. Data sets are independent
    and count alike.

    Args:
        differences: For each data set, the differences on its hold-outs. NaN is left out.
        held_out_fraction: Share of the edges that each hold-out hides, in (0, 1).
        confidence: Of the interval, in (0, 1).

    Returns:
        The mean and its interval.

    Raises:
        ConfigError: If a fraction lies outside (0, 1).
        TableError: If there is no difference.

    Source: Nadeau and Bengio (2003), Machine Learning 52:239 (corrected resampled t-test).

    Example:
        >>> gain = paired_difference([[0.1, 0.2, 0.3]], held_out_fraction=0.2)
        >>> round(gain.mean, 3), round(gain.low, 3), round(gain.high, 3), gain.n_better
        (0.2, -0.129, 0.529, 3.0)
    """
    check_share("held_out_fraction", held_out_fraction)
    check_share("confidence", confidence)
    arrays = [np.asarray(part, dtype=float) for part in differences]
    judged = [array[~np.isnan(array)] for array in arrays]
    groups = [array for array in judged if array.size]
    if not groups:
        raise TableError(
            "there is no difference to average: no hold-out was judged by both scorers"
        )
    mean = float(np.mean([group.mean() for group in groups]))
    half = _half_width(groups, held_out_fraction / (1 - held_out_fraction), confidence)
    every = np.concatenate(groups)
    n_better = float(np.count_nonzero(every > 0) + np.count_nonzero(every == 0) / 2)
    return PairedDifference(
        mean=mean, low=mean - half, high=mean + half, n=every.size, n_better=n_better
    )


def _half_width(groups: Sequence[np.ndarray], overlap: float, confidence: float) -> float:
    if any(group.size < 2 for group in groups):
        return math.nan
    variance = [group.var(ddof=1) * (1 / group.size + overlap) for group in groups]
    degrees = sum(group.size - 1 for group in groups)
    return float(
        stats.t.ppf((1 + confidence) / 2, degrees) * math.sqrt(sum(variance)) / len(groups)
    )


def paired_differences(
    records: pd.DataFrame,
    reference: str,
    metrics: Sequence[str],
    held_out_fraction: float,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare every scorer with one of them, on the hold-outs that both have.

    Args:
        records: One row per data set, scorer and seed: columns `dataset`, `scorer`, `seed` and the
            metrics.
        reference: The scorer that the others are compared with.
        metrics: Which metrics.
        held_out_fraction: Share of the edges that each hold-out hides, in (0, 1).
        confidence: Of the intervals, in (0, 1).

    Returns:
        One row per other scorer and metric: `scorer, reference, metric, difference, low, high, n,
        n_better`; positive where the scorer is better than the reference. Scorers in the order of
        their first record.

    Raises:
        TableError: If a column is missing, the reference has no records, or shares no hold-out with
            a scorer.
        ConfigError: If a fraction lies outside (0, 1).

    Example:
        >>> rows = [("mei", 0, 0.5), ("mei", 1, 0.7), ("ks", 0, 0.4), ("ks", 1, 0.4)]
        >>> records = pd.DataFrame(rows, columns=["scorer", "seed", "mrr"]).assign(dataset="toy")
        >>> gains = paired_differences(records, "ks", ["mrr"], 0.2)
        >>> gains[["scorer", "difference", "n"]].round(2).values.tolist()
        [['mei', 0.2, 2]]
    """
    check_columns(records, ("dataset", "scorer", "seed", *metrics))
    scorers = list(dict.fromkeys(records["scorer"].astype(str)))
    if reference not in scorers:
        raise TableError(
            f"no records of the reference {reference!r} ({close_names(reference, scorers)})"
        )
    rows = []
    for metric in metrics:
        values = records.set_index(["dataset", "seed", "scorer"])[metric]
        for scorer in scorers:
            if scorer == reference:
                continue
            own = values.xs(scorer, level="scorer")
            gain = (own - values.xs(reference, level="scorer")).dropna()
            by_dataset = [part.tolist() for _, part in gain.groupby(level="dataset", sort=True)]
            difference = paired_difference(by_dataset, held_out_fraction, confidence)
            columns = {"scorer": scorer, "reference": reference, "metric": metric}
            rows.append(columns | asdict(difference))
    table = pd.DataFrame(rows, columns=["scorer", "reference", "metric", *_STATISTICS])
    return table.rename(columns={"mean": "difference"})
