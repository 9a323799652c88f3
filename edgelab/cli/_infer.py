"""`edgelab infer`: the main job on the user's own tables."""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from . import _options as options
from ._arguments import hold_out_seeds, recorded
from ._console import one_clear_line


class Otherwise(StrEnum):
    """What to do with a row or column that should not be there."""

    error = "error"
    drop = "drop"


def infer(
    out_dir: options.OutDir,
    dataset: options.Data = None,
    edges: options.Edges = None,
    x: options.X = None,
    y: options.Y = None,
    input_edges: options.InputEdges = None,
    output_edges: options.OutputEdges = None,
    method: Annotated[
        str, typer.Option(help="How candidates are ranked; the names are below.")
    ] = "consensus",
    task: options.Task = "auto",
    channels: options.Channels = 8,
    layers: options.Layers = 4,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the samples; else about 90 steps.")
    ] = None,
    batch_size: options.BatchSize = 256,
    lr: options.LearningRate = 3e-3,
    q: options.Q = "mirror",
    q_splits: options.QSplits = 20,
    q_direct: Annotated[
        bool, typer.Option("--q-direct", help="Add q_direct, which rests on a linear model.")
    ] = False,
    check: Annotated[
        int, typer.Option(min=0, help="How many times edges are planted to check q; 0 skips it.")
    ] = 20,
    splits: options.Splits = 5,
    fraction: options.Fraction = 0.2,
    top: options.Top = 15,
    on_duplicate: Annotated[Otherwise, typer.Option(help="Edges listed twice.")] = Otherwise.error,
    on_extra: Annotated[
        Otherwise, typer.Option(help="Columns of x and y that are not in the graph.")
    ] = Otherwise.error,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    progress: options.Progress = True,
    force: options.Force = False,
    debug: options.Debug = False,
) -> None:
    """Rank the edges that your network may be missing.

    First hides known edges several times to see which methods find them again, then ranks all
    candidates with the chosen method.

    [bold]Examples[/]: edgelab infer dream4_1/ --out results

    edgelab infer --edges prior.csv --input-edges drugs.csv --output-edges readouts.csv --x x.csv
    --y y.csv --out results
    """
    arguments = recorded("infer", locals())
    with one_clear_line(debug):
        from edgelab.confidence import QSettings
        from edgelab.methods import METHODS
        from edgelab.report import ResultsFolder
        from edgelab.training import ModelSettings, choose_device

        from .steps import RANKING_FILES, Job, chosen_dataset, run_job, with_training

        with ResultsFolder(out_dir, force=force) as folder:
            folder.refuse_foreign(RANKING_FILES)
            METHODS[method]  # a misspelt name ends here, and not after all the hold-outs
            choose_device(device)  # so does a device that is not there
            job = Job(
                method=method,
                hold_outs=hold_out_seeds(seed, splits),
                fraction=fraction,
                top=top,
                seed=seed,
                threads=threads,
                progress=progress,
                arguments=arguments,
                q=QSettings(way=q, splits=q_splits, direct=q_direct),
                check=check,
            )
            settings = with_training(
                ModelSettings(task=task, channels=channels, layers=layers),
                batch_size=batch_size,
                lr=lr,
                device=device,
                progress=progress,
            )
            if epochs is not None:
                settings = with_training(replace(settings, min_steps=1), epochs=epochs)
            data = chosen_dataset(
                dataset,
                edges=edges,
                x=x,
                y=y,
                input_edges=input_edges,
                output_edges=output_edges,
                on_duplicate=on_duplicate.value,
                on_extra=on_extra.value,
            )
            run_job(folder, data, settings, job)
