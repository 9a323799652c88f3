"""What `demo` and `infer` have in common: judge on hidden edges, rank, show, write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgelab.benchmark import compare_methods
from edgelab.confidence import QSettings
from edgelab.datasets import Dataset
from edgelab.jobs import infer_edges
from edgelab.report import ResultsFolder
from edgelab.training import ModelSettings

from ._console import out
from ._results import (
    describe,
    require_candidates,
    show_calibration,
    show_candidates,
    show_comparison,
    show_files,
    write_results,
)
from ._threads import use_threads

# Options that do not change the results.
_NOT_RECORDED = frozenset({"out_dir", "progress", "force", "debug"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the user asked for.

    Attributes:
        method: How candidates are ranked, a name in `METHODS`.
        splits: How many times known edges are hidden; 0 skips it.
        fraction: Share of the known edges that is hidden each time.
        top: How many candidates are printed, drawn and exported.
        seed: Of the first hold-out and of the final model.
        threads: Processor threads, or None to choose.
        progress: Whether to show progress bars.
        arguments: Everything the user gave, for `config.json`.
        q: How q-values are made.
        check: How many times edges are planted to check them; 0 skips it.
    """

    method: str
    splits: int
    fraction: float
    top: int
    seed: int
    threads: int | None
    progress: bool
    arguments: Mapping[str, Any]
    q: QSettings = field(default_factory=QSettings)
    check: int = 0


def recorded(command: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a command, as plain values.

    Args:
        command: Name of the command.
        parameters: Its parameters by name.

    Returns:
        Those that bear on the results.

    Example:
        >>> recorded("infer", {"x": Path("x.csv"), "seed": 0, "force": True})
        {'command': 'infer', 'x': 'x.csv', 'seed': 0}
    """
    plain = {
        name: str(value) if isinstance(value, Path) else value for name, value in parameters.items()
    }
    return {
        "command": command,
        **{name: value for name, value in plain.items() if name not in _NOT_RECORDED},
    }


def run_job(folder: ResultsFolder, dataset: Dataset, settings: ModelSettings, job: Job) -> None:
    """Do the job and leave its results in the folder.

    Args:
        folder: The results folder.
        dataset: Prior network and measurements.
        settings: How the model is built and trained.
        job: What the user asked for.
    """
    use_threads(job.threads, len(dataset.functions))
    describe(dataset)
    comparison = None
    if job.splits:
        seeds = range(job.seed, job.seed + job.splits)
        comparison = compare_methods(
            dataset, seeds=seeds, fraction=job.fraction, settings=settings, progress=job.progress
        )
        show_comparison(comparison, job.fraction)
    inference = infer_edges(
        dataset,
        job.method,
        settings=settings,
        seed=job.seed,
        q=job.q,
        check=job.check,
        progress=job.progress,
    )
    require_candidates(inference)
    show_candidates(inference, job.top)
    if inference.calibration is not None:
        show_calibration(inference.calibration)
    elif job.check and inference.candidates["q_value"].notna().any():
        out.print(
            "q was not checked on planted edges: that needs one output for each function.",
            style="dim",
        )
    write_results(folder, dataset, inference, comparison, settings, job.arguments, job.top)
    show_files(folder)
