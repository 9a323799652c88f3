"""`edgelab demo`: the main job on real, bundled data."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from edgelab.datasets import sachs
from edgelab.report import ResultsFolder
from edgelab.training import ModelSettings, choose_device

from ._console import one_clear_line
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


def demo(
    out_dir: Annotated[
        Path, typer.Option("--out", help="Folder for the results; made if it does not exist.")
    ] = Path("results/demo"),
    splits: Splits = 10,
    fraction: Fraction = 0.25,
    top: Top = 15,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    progress: Progress = True,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Find missing edges in a real signalling network (Sachs et al. 2005).

    Hides a quarter of the 20 accepted edges several times, lets every method rank all candidates,
    prints who found the hidden ones; then ranks the edges that the accepted network lacks.

    [bold]Example[/]: edgelab demo --out results/demo
    """
    job = Job(
        method="consensus",
        splits=splits,
        fraction=fraction,
        top=top,
        seed=seed,
        threads=threads,
        progress=progress,
        arguments=recorded("demo", locals()),
    )
    with one_clear_line(debug), ResultsFolder(out_dir, force=force) as folder:
        folder.refuse_foreign(RESULT_FILES)
        choose_device(device)
        settings = ModelSettings()
        settings = replace(
            settings, training=replace(settings.training, device=device, progress=progress)
        )
        run_job(folder, sachs(), settings, job)
