"""`edgelab evaluate`: judge any edge table against edges that were hidden from its scorer."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from edgelab.evaluation import evaluate_against
from edgelab.graphs import read_edges
from edgelab.inference import load_table

from ._console import err, one_clear_line, out
from ._options import Debug


def evaluate(
    table: Annotated[
        Path,
        typer.Option(help="An edge table: edges.parquet (edges.tsv holds the best 1000 only)."),
    ],
    held_out: Annotated[
        Path, typer.Option(help="True edges that the scorer did not see: CSV, TSV, SIF or Parquet.")
    ],
    known: Annotated[
        Path | None, typer.Option(help="More true edges; they are no negatives.")
    ] = None,
    filtered: Annotated[
        bool, typer.Option(help="Other true sources of a target leave its ranking.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    debug: Debug = False,
) -> None:
    """Judge a ranked edge table against held-out edges.

    [bold]Example[/]: edgelab evaluate --table found/edges.parquet --held-out toy/held_out.csv
    """
    with one_clear_line(debug):
        ranked = load_table(table)
        metrics = evaluate_against(
            ranked,
            read_edges(held_out),
            known_edges=() if known is None else read_edges(known),
            filtered=filtered,
        )
    _say_if_cut(ranked, table, int(metrics["n_missing"]))
    if as_json:
        typer.echo(json.dumps(metrics, indent=2))
        return
    rows = Table("metric", "value", title=f"{table.name} against {held_out.name}")
    for name, value in metrics.items():
        rows.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    out.print(rows)


def _say_if_cut(ranked: pd.DataFrame, path: Path, n_missing: int) -> None:
    """Say that a table lacks pairs, as `edges.tsv` of a larger network does: the metrics are not
    those of all pairs.
    """
    n_functions = len({*ranked["src_func"], *ranked["dst_func"]})
    n_pairs = n_functions * (n_functions - 1)
    if len(ranked) < n_pairs:
        err.print(
            f"note: {path.name} holds {len(ranked)} of {n_pairs} pairs and lacks {n_missing} held-out edges, so "
            "these are not the metrics of the whole ranking; edges.parquet holds all pairs.",
            highlight=False,
            soft_wrap=True,
        )
