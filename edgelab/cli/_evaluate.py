"""`edgelab evaluate`: judge any edge table against edges that were hidden from its scorer."""

import json
from pathlib import Path
from typing import Annotated

import typer

from . import _options as options
from ._console import one_clear_line


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
    debug: options.Debug = False,
) -> None:
    """Judge a ranked edge table against held-out edges.

    [bold]Example[/]: edgelab evaluate --table found/edges.parquet --held-out toy/held_out.csv
    """
    with one_clear_line(debug):
        from edgelab.evaluation import evaluate_against
        from edgelab.graphs import read_edges
        from edgelab.inference import load_table

        from .steps import note_if_cut, show_metrics

        ranked = load_table(table)
        metrics = evaluate_against(
            ranked,
            read_edges(held_out),
            known_edges=() if known is None else read_edges(known),
            filtered=filtered,
        )
        note_if_cut(ranked, table, int(metrics["n_missing"]))
        if as_json:
            typer.echo(json.dumps(metrics, indent=2))
        else:
            show_metrics(metrics, title=f"{table.name} against {held_out.name}")
