"""`edgelab demo`: the main job on real, bundled data."""

from pathlib import Path

from . import _options as options
from ._arguments import hold_out_seeds, recorded
from ._console import one_clear_line


def demo(
    out_dir: options.OutDir = Path("results/demo"),
    splits: options.Splits = 10,
    fraction: options.Fraction = 0.25,
    top: options.Top = 15,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    progress: options.Progress = True,
    force: options.Force = False,
    debug: options.Debug = False,
) -> None:
    """Find missing edges in a real signalling network (Sachs et al. 2005).

    Hides a quarter of the 20 accepted edges several times, lets every method rank all candidates,
    prints who found the hidden ones; then ranks the edges that the accepted network lacks.

    [bold]Example[/]: edgelab demo --out results/demo
    """
    arguments = recorded("demo", locals())
    with one_clear_line(debug):
        from edgelab.datasets import sachs
        from edgelab.report import ResultsFolder
        from edgelab.training import ModelSettings, choose_device

        from .steps import RANKING_FILES, Job, run_job, with_training

        job = Job(
            method="consensus",
            hold_outs=hold_out_seeds(seed, splits),
            fraction=fraction,
            top=top,
            seed=seed,
            threads=threads,
            progress=progress,
            arguments=arguments,
        )
        with ResultsFolder(out_dir, force=force) as folder:
            folder.refuse_foreign(RANKING_FILES)
            choose_device(device)
            settings = with_training(ModelSettings(), device=device, progress=progress)
            run_job(folder, sachs(), settings, job)
