"""The metrics of an edge table against held-out edges, printed."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.table import Table

from .._console import err, out


def show_metrics(metrics: Mapping[str, float], title: str) -> None:
    """Print one row for each metric."""
    rows = Table("metric", "value", title=title)
    for name, value in metrics.items():
        rows.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    out.print(rows)


def note_if_cut(ranked: pd.DataFrame, path: Path, n_missing: int) -> None:
    """Say that a table lacks pairs, as `edges.tsv` of a larger network does."""
    n_functions = len({*ranked["src_func"], *ranked["dst_func"]})
    n_pairs = n_functions * (n_functions - 1)
    if len(ranked) < n_pairs:
        err.print(
            f"note: {path.name} holds {len(ranked)} of {n_pairs} pairs and lacks {n_missing} "
            "held-out edges, so these are not the metrics of the whole ranking; edges.parquet "
            "holds all pairs.",
            highlight=False,
            soft_wrap=True,
        )
