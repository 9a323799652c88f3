"""`edgelab benchmark`: which scorer finds hidden edges best, and do its rankings stand?"""

from pathlib import Path
from typing import Annotated

import typer

from . import _options as options
from ._arguments import hold_out_seeds, recorded
from ._choices import DATASETS
from ._console import one_clear_line

_CELLS = "cells"


def benchmark(
    datasets: Annotated[
        list[str],
        typer.Argument(
            help=f"Data sets: {', '.join(DATASETS)}, or folders (DREAM4, or edges.csv, x.csv, "
            "y.csv)."
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
    fraction: options.Fraction = 0.2,
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
    task: options.Task = "auto",
    channels: options.Channels = 8,
    layers: options.Layers = 4,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the samples.")] = 3,
    batch_size: options.BatchSize = 256,
    lr: options.LearningRate = 3e-3,
    processes: options.Processes = None,
    seed: options.Seed = 0,
    redo: Annotated[
        bool,
        typer.Option(
            "--redo", help="Compute finished cells anew if they are of other data or settings."
        ),
    ] = False,
    progress: options.Progress = True,
    force: options.Force = False,
    debug: options.Debug = False,
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
        from edgelab.benchmark import run_benchmark
        from edgelab.datasets import open_dataset
        from edgelab.ops import processor_count
        from edgelab.report import ResultsFolder, benchmark_summary
        from edgelab.training import ModelSettings

        from .steps import show_benchmark, show_files, with_training, write_benchmark

        seeds = hold_out_seeds(seed, splits)
        goes_on = (out_dir / _CELLS).is_dir()
        with ResultsFolder(out_dir, force=force or goes_on) as folder:
            settings = with_training(
                ModelSettings(task=task, channels=channels, layers=layers),
                epochs=epochs,
                batch_size=batch_size,
                lr=lr,
                device="cpu",
                progress=False,
            )
            measured = run_benchmark(
                [open_dataset(word) for word in datasets],
                method or None,
                seeds=seeds,
                fraction=fraction,
                n_stability=stability,
                settings=settings,
                folder=out_dir / _CELLS,
                n_processes=processes or processor_count(),
                redo=redo,
                progress=progress,
            )
            best = reference or str(benchmark_summary(measured.records)["scorer"].iloc[0])
            show_benchmark(measured, best)
            write_benchmark(folder, measured, best, arguments)
            show_files(folder)
