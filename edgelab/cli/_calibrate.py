"""`edgelab calibrate`: can q-values be trusted on data like these?"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from edgelab.confidence import KEPT, WAYS, Planting, QSettings, calibrate
from edgelab.methods import METHODS
from edgelab.provenance import environment
from edgelab.report import ResultsFolder, plot_calibration
from edgelab.training import TASKS, ModelSettings

from ._console import one_clear_line
from ._inputs import Data, Edges, InputEdges, OutputEdges, X, Y, chosen_dataset
from ._job import recorded
from ._options import Debug, Device, Force, Progress, Seed, Threads
from ._results import show_calibration, show_files
from ._threads import use_threads

FILES = ("calibration.csv", "calibration.png", "calibration.json")


def calibrate_command(
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
        str,
        typer.Option(help="What ranks pairs, for --q method and association; the names are below."),
    ] = "interventional_z",
    q: Annotated[str, typer.Option(help=f"Where q comes from: {', '.join(WAYS)}.")] = "mirror",
    q_splits: Annotated[
        int, typer.Option(min=1, help="Splits into sample halves that q aggregates.")
    ] = 20,
    estimand: Annotated[
        str, typer.Option(help="What a call claims: total (a path) or direct (an edge).")
    ] = "total",
    keep: Annotated[
        str,
        typer.Option(
            help=f"What planting keeps as measured: {', '.join(KEPT)} (half of the functions)."
        ),
    ] = "design",
    planted: Annotated[
        int | None,
        typer.Option(min=1, help="Edges planted each time; else by the size of the network."),
    ] = None,
    strength: Annotated[
        float, typer.Option(help="Mean effect of a planted edge, in standard deviations.")
    ] = 1.0,
    experiments: Annotated[int, typer.Option(min=1, help="How many times edges are planted.")] = 20,
    task: Annotated[
        str, typer.Option(help=f"What a model learns from: {', '.join(TASKS)}.")
    ] = "auto",
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    progress: Progress = True,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Plant edges in your own data, and compare the promised share of false calls with the real
    one.

    Keeps your interventions, your network and your noise, adds edges that nobody told the scorer
    of, and counts how many of the calls at q ≤ 0.05, 0.1 and 0.2 are false. A promise is broken
    where the realised share lies more than two standard errors above it.

    [bold]Example[/]: edgelab calibrate --edges prior.csv --input-edges drugs.csv --output-edges
    readouts.csv --x x.csv --y y.csv --out trust
    """
    arguments = recorded("calibrate", locals())
    with one_clear_line(debug), ResultsFolder(out_dir, force=force) as folder:
        folder.refuse_foreign(FILES)
        METHODS[method]
        q_settings = QSettings(way=q, splits=q_splits, seed=seed)
        planting = Planting(keep=keep, n_edges=planted, strength=strength, seed=seed)
        data = chosen_dataset(
            dataset, edges=edges, x=x, y=y, input_edges=input_edges, output_edges=output_edges
        )
        use_threads(threads, len(data.functions))
        settings = ModelSettings(task=task)
        found = calibrate(
            data,
            method,
            q=q_settings,
            planting=planting,
            estimand=estimand,
            experiments=experiments,
            settings=replace(
                settings, training=replace(settings.training, device=device, progress=progress)
            ),
            progress=progress,
        )
        show_calibration(found)
        folder.write_figure(
            "calibration.png", plot_calibration({f"{q}, {estimand}": found.records})
        )
        found.records.to_csv(folder.file("calibration.csv"), index=False)
        folder.write_json(
            "calibration.json",
            {
                "arguments": arguments,
                "checks": found.summary(),
                "holds": found.holds,
                "environment": environment(),
            },
        )
        show_files(folder)
