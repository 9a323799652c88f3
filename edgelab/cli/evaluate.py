"""`edgelab evaluate`: judge any edge table against edges that were hidden from its scorer."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from edgelab.cli.console import one_clear_line, out
from edgelab.cli.options import Debug
from edgelab.evaluation import evaluate_against
from edgelab.graphs import read_edges
from edgelab.inference import load_table


def evaluate(
    table: Annotated[Path, typer.Option(help="An edge table: edges.parquet or edges.tsv.")],
    held_out: Annotated[Path, typer.Option(help="True edges that the scorer did not see: CSV, TSV, SIF or Parquet.")],
    known: Annotated[Path | None, typer.Option(help="More true edges; they are no negatives.")] = None,
    filtered: Annotated[bool, typer.Option(help="Other true sources of a target leave its ranking.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    debug: Debug = False,
) -> None:
    """Judge a ranked edge table against held-out edges.

    [bold]Example[/]: edgelab evaluate --table found/edges.parquet --held-out toy/held_out.csv
    """
    with one_clear_line(debug):
        metrics = evaluate_against(
            load_table(table),
            read_edges(held_out),
            known_edges=() if known is None else read_edges(known),
            filtered=filtered,
        )
    if as_json:
        typer.echo(json.dumps(metrics, indent=2))
        return
    rows = Table("metric", "value", title=f"{table.name} against {held_out.name}")
    for name, value in metrics.items():
        rows.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    out.print(rows)
