"""`edgelab refine`: take out edges that the data do not support, put in those that they ask for."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from edgelab.datasets import Dataset
from edgelab.errors import DataError
from edgelab.graphs import read_edges
from edgelab.jobs import growth_by, refine_edges, refinement_model
from edgelab.provenance import environment, frame_hash
from edgelab.refinement import Refinement, RefineSettings
from edgelab.report import ResultsFolder, plot_refinement, plot_training
from edgelab.training import TASKS, ModelSettings

from ._console import one_clear_line, out
from ._inputs import Data, Edges, InputEdges, OutputEdges, X, Y, chosen_dataset
from ._job import recorded
from ._options import Debug, Device, Force, Progress, Seed, Threads
from ._results import describe, show_files
from ._threads import use_threads

RESULT_FILES = (
    *("edges.csv", "changes.tsv", "rounds.csv", "config.json", "metrics.json"),
    *("refined.png", "training.png"),
)

# Rows of changes that are printed; all are in changes.tsv.
_SHOWN = 15


def refine(
    out_dir: Annotated[
        Path, typer.Option("--out", help="Folder for the results; made if it does not exist.")
    ],
    dataset: Data = None,
    edges: Edges = None,
    x: X = None,
    y: Y = None,
    input_edges: InputEdges = None,
    output_edges: OutputEdges = None,
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
    task: Annotated[
        str, typer.Option(help=f"What the model learns from: {', '.join(TASKS)}.")
    ] = "perturbation",
    channels: Annotated[int, typer.Option(min=1, help="Hidden channels of each function.")] = 4,
    layers: Annotated[int, typer.Option(min=2, help="Layers of the network.")] = 4,
    epochs: Annotated[
        int, typer.Option(min=1, help="Passes over the samples in the first and last training.")
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
    """Refine your network: edges without support in the data go, edges that the data ask for come.

    `edges.csv` holds the refined network; `edgelab infer --edges` reads it. Standardise y yourself.

    [bold]Example[/]: edgelab refine --edges prior.csv --input-edges drugs.csv --output-edges
    readouts.csv --x x.csv --y y.csv --out refined
    """
    arguments = recorded("refine", locals())
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
        refining = RefineSettings(rounds=rounds, budget=budget, start=start)
        data = chosen_dataset(
            dataset, edges=edges, x=x, y=y, input_edges=input_edges, output_edges=output_edges
        )
        allowed = None if candidates is None else read_edges(candidates)
        chosen = growth_by(growth, data, settings)
        use_threads(threads, len(data.functions))
        describe(data)
        result = refine_edges(
            data, growth=chosen, candidates=allowed, settings=settings, refining=refining, seed=seed
        )
        _show_changes(result)
        _write(folder, data, result, settings, refining, arguments)
        show_files(folder)


def _show_changes(result: Refinement) -> None:
    counts = result.changes["change"].value_counts()
    losses = result.rounds["validation_loss"]
    out.print(
        f"{counts.get('kept', 0)} edges kept, {counts.get('removed', 0)} removed, {counts.get('added', 0)} added; "
        f"validation loss {losses.iloc[0]:.4g} before, {losses.min():.4g} at best, in {len(losses)} rounds"
    )
    changed = result.changes[result.changes["change"].isin(["added", "removed"])]
    table = Table(title="Changes", title_justify="left", title_style="bold")
    for name in ("change", "source", "target", "round", "why"):
        table.add_column(name, overflow="fold")
    for row in changed.head(_SHOWN).itertuples():
        table.add_row(
            *(str(part) for part in (row.change, row.source, row.target, row.round, row.reason))
        )
    out.print(table)


def _write(
    folder: ResultsFolder,
    data: Dataset,
    result: Refinement,
    settings: ModelSettings,
    refining: RefineSettings,
    arguments: dict[str, Any],
) -> None:
    if result.edges.empty:
        raise DataError(
            "no edge has support in these data, so no network is left to write. Check that x and y belong together, "
            "or train longer (--epochs)."
        )
    result.edges.to_csv(folder.file("edges.csv"), index=False)
    result.changes.to_csv(folder.file("changes.tsv"), sep="\t", index=False)
    result.rounds.to_csv(folder.file("rounds.csv"), index=False)
    tables = {
        name: getattr(data, name) for name in ("edges", "input_edges", "output_edges", "x", "y")
    }
    folder.write_json(
        "config.json",
        {
            "arguments": arguments,
            "settings": asdict(
                replace(settings, training=replace(settings.training, seed=arguments["seed"]))
            ),
            "refining": asdict(refining),
            "data": {
                "name": data.name,
                "source": data.source,
                "sha256": {name: frame_hash(table) for name, table in tables.items()},
            },
            "environment": environment(),
        },
    )
    folder.write_json(
        "metrics.json",
        {
            "n_edges": len(result.edges),
            "changes": result.changes["change"].value_counts().to_dict(),
            "rounds": result.rounds.to_dict("records"),
            "training": result.history.frame().to_dict("records"),
        },
    )
    folder.write_figure("refined.png", plot_refinement(result.changes))
    folder.write_figure("training.png", plot_training(result.history))
