"""`edgelab perturb`: which edges to change, within a budget, so that a response changes as wanted."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.table import Table

from edgelab.datasets import Dataset
from edgelab.graphs import read_edges
from edgelab.jobs import (
    Perturbation,
    PerturbSettings,
    perturb_edges,
    refinement_model,
)
from edgelab.provenance import environment, frame_hash
from edgelab.report import ResultsFolder, plot_perturbation, plot_training
from edgelab.training import TASKS, ModelSettings

from ._console import one_clear_line, out
from ._inputs import Data, Edges, InputEdges, OutputEdges, X, Y, chosen_dataset
from ._job import recorded
from ._options import Debug, Device, Force, Progress, Seed, Threads
from ._results import describe, show_files
from ._threads import use_threads

RESULT_FILES = (
    *("changes.tsv", "screen.tsv", "config.json", "metrics.json"),
    *("perturbation.png", "training.png"),
)

# Rows that are printed; all are in changes.tsv.
_SHOWN = 15


def perturb(
    response: Annotated[str, typer.Option(help="The response to change: a column of y.")],
    out_dir: Annotated[
        Path, typer.Option("--out", help="Folder for the results; made if it does not exist.")
    ],
    dataset: Data = None,
    edges: Edges = None,
    x: X = None,
    y: Y = None,
    input_edges: InputEdges = None,
    output_edges: OutputEdges = None,
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
    task: Annotated[
        str, typer.Option(help=f"What a model learns from: {', '.join(TASKS)}.")
    ] = "perturbation",
    channels: Annotated[int, typer.Option(min=1, help="Hidden channels of each function.")] = 4,
    layers: Annotated[int, typer.Option(min=2, help="Layers; a path of k edges needs k + 1.")] = 4,
    epochs: Annotated[
        int, typer.Option(min=1, help="Passes over the samples in each training.")
    ] = 30,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples per training step.")] = 128,
    lr: Annotated[float, typer.Option(help="Learning rate.")] = 1e-2,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    progress: Progress = True,
    force: Force = False,
    debug: Debug = False,
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
    with one_clear_line(debug), ResultsFolder(out_dir, force=force) as folder:
        folder.refuse_foreign(RESULT_FILES)
        default = refinement_model()
        training = replace(
            default.training,
            epochs=epochs,
            batch_size=batch_size,
            lr=lr,
            device=device,
            progress=progress,
        )
        settings = replace(default, task=task, channels=channels, layers=layers, training=training)
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
        prices = None if costs is None else pd.read_csv(costs, sep=None, engine="python")
        use_threads(threads, len(data.functions))
        describe(data)
        result = perturb_edges(
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
        _show(result)
        _write(folder, data, result, settings, perturbing, arguments)
        show_files(folder)


def _show(result: Perturbation) -> None:
    wanted = {"lower": "lower it", "raise": "raise it"}.get(
        result.goal.kind, f"reach {result.goal.target}"
    )
    out.print(
        f"[bold]{result.output}[/] over {result.samples} samples, to {wanted}: measured {result.observed:.3g}, "
        f"predicted {result.baseline:.3g} now and {result.achieved:.3g} after the changes; "
        f"{result.spent:.3g} of {result.budget:g} spent"
    )
    if result.table.empty:
        out.print(
            "No edge that may change helps: the models see no path from it to the response, or it is there."
        )
        return
    table = Table(title="Edges to change", title_justify="left", title_style="bold")
    for name in (
        "source",
        "target",
        "kind",
        "strength",
        "spent",
        "effect alone",
        "± sd",
        "agree",
        "effect within",
    ):
        table.add_column(name, justify="left" if name in {"source", "target", "kind"} else "right")
    for row in result.table.head(_SHOWN).itertuples():
        strength = f"{row.before:.2g} → {row.after:.2g}"
        numbers = (
            f"{row.spent:.3g}",
            f"{row.effect_alone:+.3g}",
            _spread(row.effect_sd),
            f"{row.agreement:.0%}",
        )
        ends = (str(row.source), str(row.target), str(row.kind))
        table.add_row(*ends, strength, *numbers, f"{row.effect_within:+.3g}")
    out.print(table)
    out.print(
        "Predictions of models, not of experiments. Agree: share of the models that see the effect with this sign.",
        style="dim",
    )


def _spread(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.2g}"


def _write(
    folder: ResultsFolder,
    dataset: Dataset,
    result: Perturbation,
    settings: ModelSettings,
    perturbing: PerturbSettings,
    arguments: dict[str, Any],
) -> None:
    result.table.to_csv(folder.file("changes.tsv"), sep="\t", index=False)
    result.screen.to_csv(folder.file("screen.tsv"), sep="\t", index=False)
    tables = {
        name: getattr(dataset, name) for name in ("edges", "input_edges", "output_edges", "x", "y")
    }
    folder.write_json(
        "config.json",
        {
            "arguments": arguments,
            "settings": asdict(
                replace(settings, training=replace(settings.training, seed=arguments["seed"]))
            ),
            "perturbing": asdict(perturbing),
            "data": {
                "name": dataset.name,
                "source": dataset.source,
                "sha256": {name: frame_hash(table) for name, table in tables.items()},
            },
            "environment": environment(),
        },
    )
    names = (
        "output",
        "samples",
        "budget",
        "spent",
        "observed",
        "baseline",
        "achieved",
        "achieved_sd",
        "effect",
    )
    folder.write_json(
        "metrics.json",
        {
            **{name: getattr(result, name) for name in names},
            "goal": asdict(result.goal),
            "n_edges": len(result.table),
            "training": result.history.frame().to_dict("records"),
        },
    )
    figure = plot_perturbation(
        result.table, result.effect, output=result.output, effect_sd=result.achieved_sd
    )
    folder.write_figure("perturbation.png", figure)
    folder.write_figure("training.png", plot_training(result.history))
