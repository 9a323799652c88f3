"""`edgelab refine`: take out edges that the data do not support, put in those that they ask for."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from . import _options as options
from ._arguments import recorded
from ._console import one_clear_line


def refine(
    out_dir: options.OutDir,
    dataset: options.Data = None,
    edges: options.Edges = None,
    x: options.X = None,
    y: options.Y = None,
    input_edges: options.InputEdges = None,
    output_edges: options.OutputEdges = None,
    candidates: Annotated[
        Path | None,
        typer.Option(help="Edges that may be added, as a file of edges; else every pair may."),
    ] = None,
    growth: Annotated[
        str,
        typer.Option(help="What edges are added by: 'gradient', 'random', or a method of infer."),
    ] = "gradient",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of pruning and growing at most.")] = 4,
    budget: Annotated[
        int | None, typer.Option(min=1, help="Edges at most; else as many as now.")
    ] = None,
    start: Annotated[
        str, typer.Option(help="First graph: 'prior', or 'erdos-renyi' for a random one.")
    ] = "prior",
    task: options.Task = "perturbation",
    channels: options.Channels = 4,
    layers: options.Layers = 4,
    epochs: Annotated[
        int, typer.Option(min=1, help="Passes over the samples in the first and last training.")
    ] = 30,
    batch_size: options.BatchSize = 128,
    lr: options.LearningRate = 1e-2,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    progress: options.Progress = True,
    force: options.Force = False,
    debug: options.Debug = False,
) -> None:
    """Refine your network: edges without support in the data go, edges that the data ask for come.

    `edges.csv` holds the refined network; `edgelab infer --edges` reads it. Standardise y yourself.

    [bold]Example[/]: edgelab refine --edges prior.csv --input-edges drugs.csv --output-edges
    readouts.csv --x x.csv --y y.csv --out refined
    """
    arguments = recorded("refine", locals())
    with one_clear_line(debug):
        from edgelab.graphs import read_edges
        from edgelab.jobs import refine_edges, refinement_model
        from edgelab.refinement import RefineSettings, growth_by
        from edgelab.report import ResultsFolder

        from .steps import (
            REFINEMENT_FILES,
            chosen_dataset,
            describe,
            show_files,
            show_refinement,
            use_threads,
            with_training,
            write_refinement,
        )

        with ResultsFolder(out_dir, force=force) as folder:
            folder.refuse_foreign(REFINEMENT_FILES)
            settings = with_training(
                replace(refinement_model(), task=task, channels=channels, layers=layers),
                epochs=epochs,
                batch_size=batch_size,
                lr=lr,
                device=device,
                progress=progress,
            )
            refining = RefineSettings(rounds=rounds, budget=budget, start=start)
            data = chosen_dataset(
                dataset, edges=edges, x=x, y=y, input_edges=input_edges, output_edges=output_edges
            )
            allowed = None if candidates is None else read_edges(candidates)
            grown_by = growth_by(growth, data, settings)
            use_threads(threads)
            describe(data)
            refinement = refine_edges(
                data,
                growth=grown_by,
                candidates=allowed,
                settings=settings,
                refining=refining,
                seed=seed,
            )
            show_refinement(refinement)
            write_refinement(folder, data, refinement, settings, refining, arguments)
            show_files(folder)
