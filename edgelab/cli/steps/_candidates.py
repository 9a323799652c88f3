"""What `demo` and `infer` leave behind: tables, figures, networks and everything needed to repeat
the run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from edgelab.benchmark import Comparison, Recovery
from edgelab.confidence import Calibration
from edgelab.datasets import Dataset
from edgelab.errors import DataError
from edgelab.graphs import graph_summary
from edgelab.jobs import Inference
from edgelab.methods import METHODS
from edgelab.provenance import environment, frame_hash
from edgelab.report import (
    HEADING,
    ResultsFolder,
    calibration_rows,
    calibration_sentence,
    candidate_network,
    comparison_table,
    comparison_verdict,
    format_comparison,
    plot_calibration,
    plot_candidates,
    plot_comparison,
    plot_recovery,
    plot_score_matrix,
    plot_training,
)
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings

from ._console import out

LABELS = {name: METHODS[name].label for name in METHODS}
OURS = [name for name in METHODS if not METHODS[name].is_baseline]

RESULT_FILES = (
    *(
        "edges.parquet",
        "edges.tsv",
        "config.json",
        "metrics.json",
        "comparison.csv",
        "network.graphml",
        "network.sif",
    ),
    *("candidates.png", "scores.png", "training.png", "recovery.png", "comparison.png"),
    *("calibration.csv", "calibration.png"),
)

# The others are in metrics.json; more columns than these do not fit a terminal of 80 characters.
_SHOWN_METRICS = ("mrr", "auprc", "auc", "top@1")
# Beyond this many functions a matrix of all pairs cannot be read any more.
_LARGEST_MATRIX = 60


def describe(dataset: Dataset) -> None:
    """Print what the data set holds, and what no method can find in it.

    Args:
        dataset: The data set.
    """
    out.print(
        f"[bold]{dataset.name}[/]: {dataset.n_samples} samples, {dataset.condition.nunique()} conditions"
    )
    out.print(str(graph_summary(graph_of(dataset))))


def show_comparison(comparison: Comparison, fraction: float) -> None:
    """Print how well each method recovered held-out edges, and who won.

    Args:
        comparison: The comparison.
        fraction: Share of the edges that was hidden.
    """
    n_splits = comparison.records["seed"].nunique()
    heading, *rows = format_comparison(comparison.records, _SHOWN_METRICS, labels=LABELS)
    title = f"Recovery of held-out edges: {n_splits} times {fraction:.0%} of the edges hidden, mean ± sd"
    table = Table(title=title, title_justify="left", title_style="bold")
    for position, name in enumerate(heading):
        table.add_column(name, justify="right" if position else "left", no_wrap=True)
    ours = {LABELS[name] for name in OURS}
    for row in rows:
        table.add_row(*row, style="bold" if row[0] in ours else None)
    out.print(table)
    out.print(comparison_verdict(comparison.records, OURS, labels=LABELS))
    silent = [LABELS[name] for name, found in comparison.recoveries.items() if _all_missing(found)]
    if silent:
        out.print(
            f"No score for any candidate, so no better than chance: {'; '.join(silent)}.",
            style="dim",
        )


def _all_missing(recoveries: Sequence[Recovery]) -> bool:
    """Return whether a method could score nothing in any hold-out; its metrics are then those of
    one large tie.
    """
    return all(bool(np.isnan(scores).all()) for scores, _ in recoveries)


def require_candidates(inference: Inference) -> None:
    """Refuse a table in which nothing is ranked.

    Args:
        inference: The inference.

    Raises:
        DataError: If every pair is an edge of the prior, or the method could score no candidate.
    """
    candidates, n_functions = inference.candidates, inference.data["function"].num_nodes
    if candidates.empty:
        raise DataError(
            f"the prior holds all {len(inference.table)} edges that {n_functions} functions can have, so none can be "
            "missing. Give a prior with fewer edges, or more functions."
        )
    if candidates["score"].isna().all():
        raise DataError(
            f"method {inference.method!r} finds no score for any of the {len(candidates)} candidates. It needs samples "
            "that differ: several controls (rows of x that are all 0) beside treated ones for z_shift and ks_shift, at "
            "least 3 samples and columns of y that vary for correlations, columns of x that vary for a model of the "
            "perturbation task. Give such samples, or choose another method."
        )


def show_candidates(inference: Inference, top: int) -> None:
    """Print the best candidate edges.

    Args:
        inference: The inference.
        top: How many.
    """
    title = f"Candidate edges by {METHODS[inference.method].label}"
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in ("rank", "source", "target", "score", "p", "q"):
        table.add_column(name, justify="left" if name in {"source", "target"} else "right")
    best = inference.candidates.dropna(subset="score").head(top)
    for rank, row in enumerate(best.itertuples(), start=1):
        numbers = (f"{row.score:.3f}", _probability(row.p_value), _probability(row.q_value))
        table.add_row(str(rank), str(row.src_func), str(row.dst_func), *numbers)
    out.print(table)
    out.print(_what_is_tested(best), style="dim")
    if rests_on_network(inference.table):
        out.print(
            "This ranking rests on the known network alone: x and y tell no two sources of a target apart. Look for "
            "columns of y that do not vary, and for too few samples.",
            style="bold",
        )


def rests_on_network(table: pd.DataFrame) -> bool:
    """Whether nothing but the topology of the prior tells the sources of a target apart.

    Args:
        table: An edge table; only methods that explain themselves in columns `why_...` can be
            judged.

    Returns:
        True if the only group of evidence that differs between sources of the same target is the
        topology.

    Example:
        >>> pairs = {"dst_func": ["c", "c"], "why_topology": [0.2, 0.1]}
        >>> rests_on_network(pd.DataFrame(pairs | {"why_association": [0.1, 0.1]}))
        True
        >>> rests_on_network(pd.DataFrame(pairs | {"why_association": [0.1, 0.3]}))
        False
    """
    reasons = [name for name in table.columns if name.startswith("why_") and name != "why_topology"]
    if "why_topology" not in table or not table["dst_func"].duplicated().any():
        return False
    distinct = table[reasons].round(9).groupby(table["dst_func"]).nunique()
    return not (distinct > 1).to_numpy().any()


def _what_is_tested(best: pd.DataFrame) -> str:
    """What p and q of a table are about."""
    p = (
        "p tests association in this model; common drivers associate too. "
        if best["p_value"].notna().any()
        else ""
    )
    if (best["estimand"] == "association").any():
        return p + "q corrects p for the number of candidates, so it is about association too."
    if best["q_value"].isna().all():
        return (
            p
            + "No q: no source listed here has an intervention of its own that was made at least twice."
        )
    return p + (
        "q is the expected share of false calls down to this row's evidence, where true means a directed path from "
        "source to target, not an edge; it comes from the interventions, not from the score."
    )


def show_calibration(calibration: Calibration) -> None:
    """Print nominal beside realised, and what follows from it.

    Args:
        calibration: The calibration.
    """
    n_experiments = calibration.records["seed"].nunique()
    random_right = calibration.records["true_share"].mean()
    title = f"False calls on planted edges: {calibration.way} q, {calibration.estimand}, {n_experiments} times"
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in HEADING:
        table.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True)
    for row in calibration_rows(calibration.checks):
        table.add_row(*row, style="bold red" if row[-1] == "BROKEN" else None)
    out.print(table)
    out.print(calibration_sentence(calibration.checks))
    out.print(f"Calls at random would be false in {1 - random_right:.0%}.", style="dim")


def _probability(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.2g}"


def write_results(
    folder: ResultsFolder,
    dataset: Dataset,
    inference: Inference,
    comparison: Comparison | None,
    settings: ModelSettings,
    arguments: Mapping[str, Any],
    top: int,
) -> None:
    """Write everything into the results folder.

    Args:
        folder: The folder.
        dataset: What was looked at.
        inference: The ranked table.
        comparison: How well it can be trusted, if that was measured.
        settings: How the model was built and trained.
        arguments: What the user asked for.
        top: How many candidates are drawn and exported.
    """
    folder.write_table(inference.table)
    folder.write_json("config.json", _configuration(dataset, settings, arguments))
    folder.write_json("metrics.json", _metrics(inference, comparison))
    folder.write_figure("candidates.png", plot_candidates(inference.table, inference.data, top))
    folder.write_network(candidate_network(inference.table, inference.data, top))
    if len(dataset.functions) <= _LARGEST_MATRIX:
        folder.write_figure("scores.png", plot_score_matrix(inference.table))
    if inference.history is not None:
        folder.write_figure("training.png", plot_training(inference.history))
    if inference.calibration is not None:
        inference.calibration.records.to_csv(folder.file("calibration.csv"), index=False)
        folder.write_figure(
            "calibration.png",
            plot_calibration({inference.calibration.way: inference.calibration.records}),
        )
    if comparison is not None:
        comparison.records.to_csv(folder.file("comparison.csv"), index=False)
        drawn = {
            name: comparison.recoveries[name]
            for name in _worth_drawing(comparison, inference.method)
        }
        folder.write_figure(
            "recovery.png",
            plot_recovery(drawn, highlight=[name for name in drawn if name in OURS], labels=LABELS),
        )
        folder.write_figure(
            "comparison.png", plot_comparison(comparison.records, highlight=OURS, labels=LABELS)
        )


def show_files(folder: ResultsFolder) -> None:
    """Print where the results are.

    Args:
        folder: The folder.
    """
    out.print(f"results in [bold]{folder.path}[/]: {', '.join(path.name for path in folder.files)}")


def _worth_drawing(comparison: Comparison, method: str) -> list[str]:
    """The method in use, the five best others and chance: more curves than these cannot be told
    apart.
    """
    ranked = comparison_table(comparison.records, sort_by="auprc")["scorer"].tolist()
    chosen = {method, "random", *[name for name in ranked if name not in {method, "random"}][:5]}
    return [name for name in ranked if name in chosen]


def _configuration(
    dataset: Dataset, settings: ModelSettings, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    tables: dict[str, pd.DataFrame] = {
        name: getattr(dataset, name) for name in ("edges", "input_edges", "output_edges", "x", "y")
    }
    return {
        "arguments": dict(arguments),
        "settings": _settings(settings, arguments["seed"]),
        "data": {
            "name": dataset.name,
            "source": dataset.source,
            "sha256": {name: frame_hash(table) for name, table in tables.items()},
        },
        "environment": environment(),
    }


def _settings(settings: ModelSettings, seed: int) -> dict[str, Any]:
    """The settings with the seed that the final model was trained with, which is the one of the
    job.
    """
    return asdict(replace(settings, training=replace(settings.training, seed=seed)))


def _metrics(inference: Inference, comparison: Comparison | None) -> dict[str, Any]:
    history = inference.history
    return {
        "method": inference.method,
        "n_candidates": len(inference.candidates),
        "estimand": str(inference.table["estimand"].iloc[0]),
        "n_q_below_0.05": int((inference.candidates["q_value"] <= 0.05).sum()),
        "calibration": None if inference.calibration is None else inference.calibration.summary(),
        "training": None if history is None else history.frame().to_dict("records"),
        "held_out_edges": None
        if comparison is None
        else {
            "mean_and_sd": comparison_table(comparison.records).to_dict("records"),
            "records": comparison.records.to_dict("records"),
        },
    }
