"""What `demo` and `infer` have in common: judge on hidden edges, rank, show, write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgelab.benchmark import Comparison, compare_methods
from edgelab.confidence import QSettings
from edgelab.datasets import Dataset
from edgelab.jobs import Inference, infer_edges
from edgelab.report import (
    ResultsFolder,
    candidate_network,
    plot_candidates,
    plot_score_matrix,
    plot_training,
)
from edgelab.training import ModelSettings

from .._console import out
from ._calibration import show_calibration, write_calibration
from ._candidates import require_candidates, show_candidates
from ._comparison import comparison_metrics, show_comparison, write_comparison
from ._dataset import describe
from ._files import show_files, write_configuration
from ._threads import use_threads

RANKING_FILES = (
    *("edges.parquet", "edges.tsv", "network.graphml", "network.sif"),
    *("config.json", "metrics.json", "comparison.csv", "calibration.csv"),
    *("candidates.png", "scores.png", "training.png", "recovery.png", "comparison.png"),
    "calibration.png",
)

# Beyond this many functions a matrix of all pairs cannot be read any more.
_LARGEST_MATRIX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the user asked for.

    Attributes:
        method: How candidates are ranked, a name in `METHODS`.
        hold_outs: Seeds of the times that known edges are hidden; empty skips it.
        fraction: Share of the known edges that is hidden each time.
        top: How many candidates are printed, drawn and exported.
        seed: Of the final model.
        threads: Processor threads, or None to choose.
        progress: Whether to show progress bars.
        arguments: Everything the user gave, for `config.json`.
        q: How q-values are made.
        check: How many times edges are planted to check them; 0 skips it.
    """

    method: str
    hold_outs: range
    fraction: float
    top: int
    seed: int
    threads: int | None
    progress: bool
    arguments: Mapping[str, Any]
    q: QSettings = field(default_factory=QSettings)
    check: int = 0


def run_job(folder: ResultsFolder, dataset: Dataset, settings: ModelSettings, job: Job) -> None:
    """Do the job and leave its results in the folder."""
    use_threads(job.threads)
    describe(dataset)
    comparison = None
    if job.hold_outs:
        comparison = compare_methods(
            dataset,
            seeds=job.hold_outs,
            fraction=job.fraction,
            settings=settings,
            progress=job.progress,
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
    write_configuration(folder, dataset, settings, job.arguments)
    folder.write_json("metrics.json", _metrics(inference, comparison))
    _write_inference(folder, inference, job.top)
    if comparison is not None:
        write_comparison(folder, comparison, inference.method)
    show_files(folder)


def _write_inference(folder: ResultsFolder, inference: Inference, top: int) -> None:
    folder.write_table(inference.table)
    folder.write_figure("candidates.png", plot_candidates(inference.table, inference.data, top))
    folder.write_network(candidate_network(inference.table, inference.data, top))
    if inference.data["function"].num_nodes <= _LARGEST_MATRIX:
        folder.write_figure("scores.png", plot_score_matrix(inference.table))
    if inference.history is not None:
        folder.write_figure("training.png", plot_training(inference.history))
    if inference.calibration is not None:
        write_calibration(folder, inference.calibration, inference.calibration.way)


def _metrics(inference: Inference, comparison: Comparison | None) -> dict[str, Any]:
    history = inference.history
    calibration = inference.calibration
    return {
        "method": inference.method,
        "n_candidates": len(inference.candidates),
        "estimand": str(inference.table["estimand"].iloc[0]),
        "n_q_below_0.05": int((inference.candidates["q_value"] <= 0.05).sum()),
        "calibration": None if calibration is None else calibration.summary(),
        "training": None if history is None else history.frame().to_dict("records"),
        "held_out_edges": None if comparison is None else comparison_metrics(comparison),
    }
