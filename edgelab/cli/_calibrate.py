"""`edgelab calibrate`: can q-values be trusted on data like these?"""

from typing import Annotated

import typer

from . import _options as options
from ._arguments import recorded
from ._choices import KEPT
from ._console import one_clear_line


def calibrate_command(
    out_dir: options.OutDir,
    dataset: options.Data = None,
    edges: options.Edges = None,
    x: options.X = None,
    y: options.Y = None,
    input_edges: options.InputEdges = None,
    output_edges: options.OutputEdges = None,
    method: Annotated[
        str,
        typer.Option(help="What ranks pairs, for --q method and association; the names are below."),
    ] = "interventional_z",
    q: options.Q = "mirror",
    q_splits: options.QSplits = 20,
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
    task: options.Task = "auto",
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    progress: options.Progress = True,
    force: options.Force = False,
    debug: options.Debug = False,
) -> None:
    """Plant edges in your own data; compare the promised share of false calls with the real one.

    Keeps your interventions, your network and your noise, adds edges that nobody told the scorer
    of, and counts how many of the calls at q ≤ 0.05, 0.1 and 0.2 are false. A promise is broken
    where the realised share lies more than two standard errors above it.

    [bold]Example[/]: edgelab calibrate --edges prior.csv --input-edges drugs.csv --output-edges
    readouts.csv --x x.csv --y y.csv --out trust
    """
    arguments = recorded("calibrate", locals())
    with one_clear_line(debug):
        from edgelab.confidence import Planting, QSettings, calibrate
        from edgelab.methods import METHODS
        from edgelab.provenance import environment
        from edgelab.report import ResultsFolder
        from edgelab.training import ModelSettings

        from .steps import (
            CALIBRATION_FILES,
            chosen_dataset,
            show_calibration,
            show_files,
            use_threads,
            with_training,
            write_calibration,
        )

        with ResultsFolder(out_dir, force=force) as folder:
            folder.refuse_foreign(CALIBRATION_FILES)
            METHODS[method]  # a misspelt name ends here, before the data are read
            q_settings = QSettings(way=q, splits=q_splits)
            planting = Planting(keep=keep, n_edges=planted, strength=strength, seed=seed)
            data = chosen_dataset(
                dataset, edges=edges, x=x, y=y, input_edges=input_edges, output_edges=output_edges
            )
            use_threads(threads)
            calibration = calibrate(
                data,
                method,
                q=q_settings,
                planting=planting,
                estimand=estimand,
                experiments=experiments,
                settings=with_training(ModelSettings(task=task), device=device, progress=progress),
                progress=progress,
            )
            show_calibration(calibration)
            write_calibration(folder, calibration, label=f"{q}, {estimand}")
            folder.write_json(
                "calibration.json",
                {
                    "arguments": arguments,
                    "checks": calibration.summary(),
                    "holds": calibration.holds,
                    "environment": environment(),
                },
            )
            show_files(folder)
