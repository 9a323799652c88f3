"""`edgelab demo`: the main job on real, bundled data."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from edgelab.cli.console import one_clear_line
from edgelab.cli.options import Debug, Device, Force, Fraction, Progress, Seed, Splits, Threads, Top
from edgelab.cli.results import RESULT_FILES, describe, show_candidates, show_comparison, show_files, write_results
from edgelab.cli.threads import use_threads
from edgelab.datasets import sachs
from edgelab.jobs import ModelSettings, compare_methods, infer_edges
from edgelab.report import ResultsFolder


def demo(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the results; made if it does not exist.")] = Path(
        "results/demo"
    ),
    splits: Splits = 20,
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

    Hides a quarter of the 20 accepted edges several times, lets every method rank all candidates, prints who found
    the hidden ones; then ranks the edges that the accepted network lacks.

    [bold]Example[/]: edgelab demo --out results/demo
    """
    arguments = {"command": "demo", "splits": splits, "fraction": fraction, "top": top, "seed": seed}
    arguments |= {"device": device, "threads": threads}
    with one_clear_line(debug), ResultsFolder(out_dir, force=force) as folder:
        folder.refuse_foreign(RESULT_FILES)
        dataset, settings = sachs(), ModelSettings()
        settings = replace(settings, training=replace(settings.training, device=device, progress=progress))
        use_threads(threads, len(dataset.functions))
        describe(dataset)
        seeds = range(seed, seed + splits)
        comparison = (
            compare_methods(dataset, seeds=seeds, fraction=fraction, settings=settings, progress=progress)
            if splits
            else None
        )
        if comparison is not None:
            show_comparison(comparison, fraction)
        inference = infer_edges(dataset, settings=settings, seed=seed)
        show_candidates(inference, top)
        write_results(folder, dataset, inference, comparison, settings, arguments, top)
        show_files(folder)
