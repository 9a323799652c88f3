"""`edgelab infer`: the main job on the user's own tables."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edgelab.confidence import WAYS, QSettings
from edgelab.methods import METHODS
from edgelab.report import ResultsFolder
from edgelab.training import TASKS, ModelSettings, choose_device

from ._console import one_clear_line
from ._inputs import Data, Edges, InputEdges, OutputEdges, X, Y, chosen_dataset
from ._job import Job, recorded, run_job
from ._options import (
    Debug,
    Device,
    Force,
    Fraction,
    Progress,
    Seed,
    Splits,
    Threads,
    Top,
)
from ._results import RESULT_FILES


class Otherwise(StrEnum):
    """What to do with a row or column that should not be there."""

    error = "error"
    drop = "drop"


def infer(
    out_dir: Annotated[
        Path, typer.Option("--out", help="Folder for the results; made if it does not exist.")
    ],
    dataset: Data = None,
    edges: Edges = None,
    x: X = None,
    y: Y = None,
    input_edges: InputEdges = None,
    output_edges: OutputEdges = None,
    method: Annotated[
        str, typer.Option(help="How candidates are ranked; the names are below.")
    ] = "consensus",
    task: Annotated[
        str, typer.Option(help=f"What the model learns from: {', '.join(TASKS)}.")
    ] = "auto",
    channels: Annotated[int, typer.Option(min=1, help="Hidden channels of each function.")] = 8,
    layers: Annotated[int, typer.Option(min=2, help="Layers of the network.")] = 4,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the samples; else about 90 steps.")
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Samples per training step, at most.")
    ] = 256,
    lr: Annotated[float, typer.Option(help="Learning rate.")] = 3e-3,
    q: Annotated[str, typer.Option(help=f"Where q comes from: {', '.join(WAYS)}.")] = "mirror",
    q_splits: Annotated[
        int, typer.Option(min=1, help="Splits into sample halves that q aggregates.")
    ] = 20,
    q_direct: Annotated[
        bool, typer.Option("--q-direct", help="Add q_direct, which rests on a linear model.")
    ] = False,
    check: Annotated[
        int, typer.Option(min=0, help="How many times edges are planted to check q; 0 skips it.")
    ] = 20,
    splits: Splits = 5,
    fraction: Fraction = 0.2,
    top: Top = 15,
    on_duplicate: Annotated[Otherwise, typer.Option(help="Edges listed twice.")] = Otherwise.error,
    on_extra: Annotated[
        Otherwise, typer.Option(help="Columns of x and y that are not in the graph.")
    ] = Otherwise.error,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    progress: Progress = True,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Rank the edges that your network may be missing.

    First hides known edges several times to see which methods find them again, then ranks all
    candidates with the chosen method.

    [bold]Examples[/]: edgelab infer dream4_1/ --out results

    edgelab infer --edges prior.csv --input-edges drugs.csv --output-edges readouts.csv --x x.csv
    --y y.csv --out results
    """
    job = Job(
        method=method,
        splits=splits,
        fraction=fraction,
        top=top,
        seed=seed,
        threads=threads,
        progress=progress,
        arguments=recorded("infer", locals()),
        check=check,
    )
    with one_clear_line(debug), ResultsFolder(out_dir, force=force) as folder:
        folder.refuse_foreign(RESULT_FILES)
        METHODS[method]  # a misspelt name ends here, and not after all the hold-outs
        choose_device(device)  # so does a device that is not there
        settings = ModelSettings(task=task, channels=channels, layers=layers)
        training = replace(
            settings.training, batch_size=batch_size, lr=lr, device=device, progress=progress
        )
        if epochs is not None:
            training, settings = replace(training, epochs=epochs), replace(settings, min_steps=1)
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
        job = replace(job, q=QSettings(way=q, splits=q_splits, direct=q_direct))
        run_job(folder, data, replace(settings, training=training), job)
