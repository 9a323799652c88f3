"""`edgelab benchmark`: which scorer finds hidden edges best, on several data sets, and do its
rankings stand?
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.box import SIMPLE
from rich.table import Table

from edgelab.atomic import replacing
from edgelab.benchmark import Benchmark, run_benchmark
from edgelab.datasets.readers import BUNDLED, open_dataset
from edgelab.ops import processor_count
from edgelab.provenance import environment
from edgelab.report import (
    ResultsFolder,
    benchmark_summary,
    format_benchmark,
    format_differences,
    format_stability,
    plot_benchmark,
    to_markdown_table,
)
from edgelab.training import ModelSettings

from ._console import err, one_clear_line, out
from ._job import recorded
from ._options import Debug, Force, Fraction, Progress, Seed
from ._results import LABELS, OURS, show_files

_CELLS = "cells"
_COMPARED = ("mrr", "auprc", "top@1")
# What fits a terminal of 80 characters; all metrics are in the files.
_SHOWN_METRICS = ("mrr", "top@1", "auprc", "auc_matched")


def benchmark(
    datasets: Annotated[
        list[str],
        typer.Argument(
            help=f"Data sets: {', '.join(BUNDLED)}, or folders (DREAM4, or edges.csv, x.csv, y.csv)."
        ),
    ],
    out_dir: Annotated[
        Path,
        typer.Option(
            "--out", help="Folder for the results. A benchmark that was interrupted goes on there."
        ),
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(help="A scorer; may be given several times. All of them when left out."),
    ] = None,
    splits: Annotated[int, typer.Option(min=1, help="Hold-outs of every data set.")] = 5,
    fraction: Fraction = 0.2,
    stability: Annotated[
        int,
        typer.Option(
            min=0,
            help="Draws of every variant (seed, sample, order) to see if rankings stand; 0: none.",
        ),
    ] = 0,
    reference: Annotated[
        str | None,
        typer.Option(help="The scorer that the others are compared with; the best when left out."),
    ] = None,
    task: Annotated[
        str,
        typer.Option(help="What models learn from: auto, masked, intervention or perturbation."),
    ] = "auto",
    channels: Annotated[int, typer.Option(min=1, help="Hidden channels of each function.")] = 8,
    layers: Annotated[int, typer.Option(min=2, help="Layers of the network.")] = 4,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the samples.")] = 3,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples per training step.")] = 256,
    lr: Annotated[float, typer.Option(help="Learning rate.")] = 3e-3,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that share the work; all processors when left out."),
    ] = None,
    seed: Seed = 0,
    redo: Annotated[
        bool,
        typer.Option(
            "--redo", help="Compute finished cells anew if they are of other data or settings."
        ),
    ] = False,
    progress: Progress = True,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Hide known edges and see which scorer finds them, on several data sets.

    The source's out-degree (topology alone) and chance are always among the scorers. Results do not
    depend on the number of processes. Finished cells are kept: the same command goes on where it
    was interrupted, and more splits, scorers or data sets add to what is there.

    [bold]Example[/]: edgelab benchmark sachs dream4_1/ --splits 5 --stability 3 --out
    results/benchmark
    """
    arguments = recorded("benchmark", locals())
    with one_clear_line(debug):
        again = force or (out_dir / _CELLS).is_dir()
        with ResultsFolder(out_dir, force=again) as folder:
            settings = ModelSettings(task=task, channels=channels, layers=layers)
            training = replace(
                settings.training,
                epochs=epochs,
                batch_size=batch_size,
                lr=lr,
                device="cpu",
                progress=False,
            )
            found = run_benchmark(
                [open_dataset(word) for word in datasets],
                method or None,
                seeds=range(seed, seed + splits),
                fraction=fraction,
                n_stability=stability,
                settings=replace(settings, training=training),
                folder=out_dir / _CELLS,
                n_processes=processes or processor_count(),
                redo=redo,
                progress=progress,
            )
            best = reference or str(benchmark_summary(found.records)["scorer"].iloc[0])
            _show(found, best)
            _write(folder, found, best, arguments)
            show_files(folder)


def _show(found: Benchmark, reference: str) -> None:
    n_datasets, n_splits = found.records["dataset"].nunique(), found.records["seed"].nunique()
    several = "s" if n_datasets > 1 else ""
    what = f"{n_datasets} data set{several}, {n_splits} hold-outs of {found.fraction:.0%} each, mean ± sd"
    _print(
        f"Recovery of held-out edges: {what}",
        format_benchmark(found.records, _SHOWN_METRICS, labels=LABELS),
    )
    differences = found.differences(reference, _COMPARED[:1])
    if not differences.empty:
        _print(
            "Paired differences with 95 % intervals (* leaves zero out)",
            format_differences(differences, LABELS),
        )
    if not found.stability.empty:
        _print("Best candidates that stay the same", format_stability(found.stability, LABELS))
    for (dataset, scorer), rows in found.skipped.groupby(["dataset", "scorer"], sort=False):
        err.print(
            f"{scorer} was skipped on {dataset}: {rows['reason'].iloc[0]}",
            highlight=False,
            soft_wrap=True,
        )


def _print(title: str, rows: list[list[str]]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE)
    for position, name in enumerate(rows[0]):
        table.add_column(name, justify="right" if position else "left", no_wrap=True)
    ours = {LABELS[name] for name in OURS}
    for row in rows[1:]:
        table.add_row(*row, style="bold" if row[0] in ours else None)
    out.print(table)


def _write(folder: ResultsFolder, found: Benchmark, reference: str, arguments: dict) -> None:
    differences = found.differences(reference, _COMPARED)
    tables = {"results": found.records, "differences": differences, "stability": found.stability}
    for name, table in tables.items():
        if not table.empty:
            _write_parquet(folder, f"{name}.parquet", table)
    parts = [format_benchmark(found.records, labels=LABELS)]
    parts += [format_differences(differences, LABELS)] if not differences.empty else []
    parts += [format_stability(found.stability, LABELS)] if not found.stability.empty else []
    folder.file("benchmark.md").write_text(
        "\n\n".join(map(to_markdown_table, parts)) + "\n", encoding="utf-8"
    )
    ours = [name for name in OURS if name in set(found.records["scorer"])]
    folder.write_figure(
        "benchmark.png", plot_benchmark(found.records, highlight=ours, labels=LABELS)
    )
    folder.write_json(
        "config.json",
        {
            "arguments": arguments,
            "environment": environment(),
            "skipped": found.skipped.to_dict("records"),
        },
    )


def _write_parquet(folder: ResultsFolder, name: str, table: pd.DataFrame) -> None:
    with replacing(folder.file(name)) as draft:
        table.to_parquet(draft, index=False)
