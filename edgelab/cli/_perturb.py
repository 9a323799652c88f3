"""`edgelab perturb`: which edges to change, within a budget, so that a response changes."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from . import _options as options
from ._arguments import recorded
from ._console import one_clear_line


def perturb(
    response: Annotated[str, typer.Option(help="The response to change: a column of y.")],
    out_dir: options.OutDir,
    dataset: options.Data = None,
    edges: options.Edges = None,
    x: options.X = None,
    y: options.Y = None,
    input_edges: options.InputEdges = None,
    output_edges: options.OutputEdges = None,
    goal: Annotated[
        str, typer.Option(help="'lower', 'raise', or 'reach' with --target.")
    ] = "lower",
    target: Annotated[
        float | None, typer.Option(help="The response to reach, in the units of y.")
    ] = None,
    condition: Annotated[
        str | None,
        typer.Option(
            help="Only samples of this condition, such as 'control' or 'PMA=1'; else all."
        ),
    ] = None,
    budget: Annotated[
        float, typer.Option(help="What may be spent: Σ cost × change of strength.")
    ] = 1.0,
    cost: Annotated[float, typer.Option(help="Price of changing an edge's strength by 1.")] = 1.0,
    candidate_cost: Annotated[
        float, typer.Option(help="Price of opening a candidate edge wholly.")
    ] = 1.0,
    costs: Annotated[
        Path | None, typer.Option(help="Prices of single edges: CSV with source,target,cost.")
    ] = None,
    max_edges: Annotated[
        int | None, typer.Option(min=1, help="How many edges may change at most.")
    ] = None,
    max_strength: Annotated[
        float,
        typer.Option(
            help="How strong an edge may become; 1 is as now, so that edges are only weakened."
        ),
    ] = 2.0,
    candidates: Annotated[
        int,
        typer.Option(
            min=0, help="How many absent edges may be opened: those that --method ranks highest."
        ),
    ] = 0,
    candidate_edges: Annotated[
        Path | None,
        typer.Option(help="Absent edges that may be opened, as a file of edges, instead."),
    ] = None,
    method: Annotated[
        str, typer.Option(help="What ranks candidates: a method of infer.")
    ] = "consensus",
    models: Annotated[int, typer.Option(min=1, help="Models whose mean prediction counts.")] = 3,
    task: options.Task = "perturbation",
    channels: options.Channels = 4,
    layers: options.Layers = 4,
    epochs: Annotated[
        int, typer.Option(min=1, help="Passes over the samples in each training.")
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
    """Find the few edges whose change moves a response as wanted, within a budget.

    A strength of 1 is an edge as it is, 0 an edge removed, 2 one twice as strong. With costs of 1,
    a budget of 2 removes two edges. What models predict is no experiment: take the table for a list
    of experiments to try.

    [bold]Examples[/]:

    edgelab perturb sachs --response Erk_level --budget 2 --out lower_erk

    edgelab perturb --edges prior.csv --x x.csv --y y.csv --response ERK --budget 2 --out lower_erk

    edgelab perturb --edges prior.csv --x x.csv --y y.csv --response ERK --goal reach --target 0.5
    --condition PMA=1 --max-strength 1 --candidates 10 --candidate-cost 2 --out reach_erk
    """
    arguments = recorded("perturb", locals())
    with one_clear_line(debug):
        from edgelab.graphs import read_edges
        from edgelab.jobs import PerturbSettings, perturb_edges, refinement_model
        from edgelab.perturbation import read_costs
        from edgelab.report import ResultsFolder

        from .steps import (
            PERTURBATION_FILES,
            chosen_dataset,
            describe,
            show_files,
            show_perturbation,
            use_threads,
            with_training,
            write_perturbation,
        )

        with ResultsFolder(out_dir, force=force) as folder:
            folder.refuse_foreign(PERTURBATION_FILES)
            settings = with_training(
                replace(refinement_model(), task=task, channels=channels, layers=layers),
                epochs=epochs,
                batch_size=batch_size,
                lr=lr,
                device=device,
                progress=progress,
            )
            perturbing = PerturbSettings(
                budget=float(budget),
                cost=float(cost),
                candidate_cost=float(candidate_cost),
                max_edges=max_edges,
                max_strength=float(max_strength),
                models=models,
            )
            data = chosen_dataset(
                dataset, edges=edges, x=x, y=y, input_edges=input_edges, output_edges=output_edges
            )
            prices = None if costs is None else read_costs(costs)
            use_threads(threads)
            describe(data)
            perturbation = perturb_edges(
                data,
                response,
                goal=goal,
                target=target,
                condition=condition,
                candidates=candidates if candidate_edges is None else read_edges(candidate_edges),
                costs=prices,
                method=method,
                perturbing=perturbing,
                settings=settings,
                seed=seed,
            )
            show_perturbation(perturbation)
            write_perturbation(folder, data, perturbation, settings, perturbing, arguments)
            show_files(folder)
