"""How well each method recovers hidden edges: printed, and as files."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgelab.benchmark import Comparison, Recovery
from edgelab.report import (
    ResultsFolder,
    comparison_table,
    comparison_verdict,
    format_comparison,
    plot_comparison,
    plot_recovery,
)

from .._console import out
from ._tables import LABELS, OURS, print_scorers

# The others are in metrics.json; more columns than these do not fit a terminal of 80 characters.
_SHOWN_METRICS = ("mrr", "auprc", "auc", "top@1")


def show_comparison(comparison: Comparison, fraction: float) -> None:
    """Print how well each method recovered the share of edges that was hidden, and who won."""
    n_splits = comparison.records["seed"].nunique()
    print_scorers(
        f"Recovery of held-out edges: {n_splits} times {fraction:.0%} of the edges hidden, "
        "mean ± sd",
        format_comparison(comparison.records, _SHOWN_METRICS, labels=LABELS),
    )
    out.print(comparison_verdict(comparison.records, OURS, labels=LABELS))
    silent = [
        LABELS[name]
        for name, recoveries in comparison.recoveries.items()
        if _scored_nothing(recoveries)
    ]
    if silent:
        out.print(
            f"No score for any candidate, so no better than chance: {'; '.join(silent)}.",
            style="dim",
        )


def _scored_nothing(recoveries: Sequence[Recovery]) -> bool:
    # In no hold-out at all: the metrics are then those of one large tie.
    return all(bool(np.isnan(scores).all()) for scores, _ in recoveries)


def write_comparison(folder: ResultsFolder, comparison: Comparison, method: str) -> None:
    """Write the records of all hold-outs, and figures of the method in use beside others."""
    comparison.records.to_csv(folder.file("comparison.csv"), index=False)
    drawn = {name: comparison.recoveries[name] for name in _worth_drawing(comparison, method)}
    ours = [name for name in drawn if name in OURS]
    folder.write_figure("recovery.png", plot_recovery(drawn, highlight=ours, labels=LABELS))
    folder.write_figure(
        "comparison.png", plot_comparison(comparison.records, highlight=OURS, labels=LABELS)
    )


def _worth_drawing(comparison: Comparison, method: str) -> list[str]:
    """The method in use, the five best others and chance: more curves cannot be told apart."""
    ranked = comparison_table(comparison.records, sort_by="auprc")["scorer"].tolist()
    others = [name for name in ranked if name not in {method, "random"}]
    drawn = {method, "random", *others[:5]}
    return [name for name in ranked if name in drawn]


def comparison_metrics(comparison: Comparison) -> dict[str, Any]:
    """The means and the records of all hold-outs, for `metrics.json`."""
    return {
        "mean_and_sd": comparison_table(comparison.records).to_dict("records"),
        "records": comparison.records.to_dict("records"),
    }
