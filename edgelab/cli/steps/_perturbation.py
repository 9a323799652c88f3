"""What a perturbation leaves behind: printed, and as files."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from edgelab.datasets import Dataset
from edgelab.jobs import Perturbation, PerturbSettings
from edgelab.report import ResultsFolder, plot_perturbation, plot_training
from edgelab.training import ModelSettings

from .._console import out
from ._files import write_configuration
from ._tables import titled_table

PERTURBATION_FILES = (
    *("changes.tsv", "screen.tsv", "config.json", "metrics.json"),
    *("perturbation.png", "training.png"),
)

# Rows that are printed; all are in changes.tsv.
_SHOWN = 15

_METRICS = (
    *("output", "samples", "budget", "spent", "observed", "baseline"),
    *("achieved", "achieved_sd", "effect"),
)


def show_perturbation(perturbation: Perturbation) -> None:
    """Print what the changes are predicted to do, and the changes."""
    goal = perturbation.goal
    wishes = {"lower": "lower it", "raise": "raise it"}
    wish = wishes.get(goal.kind, f"reach {goal.target}")
    out.print(
        f"[bold]{perturbation.output}[/] over {perturbation.samples} samples, to {wish}: "
        f"measured {perturbation.observed:.3g}, predicted {perturbation.baseline:.3g} now and "
        f"{perturbation.achieved:.3g} after the changes; {perturbation.spent:.3g} of "
        f"{perturbation.budget:g} spent"
    )
    if perturbation.table.empty:
        out.print(
            "No edge that may change helps: the models see no path from it to the response, or "
            "it is there."
        )
        return
    names = ("source", "target", "kind")
    numbers = ("strength", "spent", "effect alone", "± sd", "agree", "effect within")
    table = titled_table("Edges to change", (*names, *numbers), left=names)
    for row in perturbation.table.head(_SHOWN).itertuples():
        table.add_row(
            str(row.source),
            str(row.target),
            str(row.kind),
            f"{row.before:.2g} → {row.after:.2g}",
            f"{row.spent:.3g}",
            f"{row.effect_alone:+.3g}",
            _spread(row.effect_sd),
            f"{row.agreement:.0%}",
            f"{row.effect_within:+.3g}",
        )
    out.print(table)
    out.print(
        "Predictions of models, not of experiments. Agree: share of the models that see the "
        "effect with this sign.",
        style="dim",
    )


def _spread(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.2g}"


def write_perturbation(
    folder: ResultsFolder,
    dataset: Dataset,
    perturbation: Perturbation,
    settings: ModelSettings,
    perturbing: PerturbSettings,
    arguments: Mapping[str, Any],
) -> None:
    """Write the changes, the screen of single edges they were chosen from, and figures."""
    perturbation.table.to_csv(folder.file("changes.tsv"), sep="\t", index=False)
    perturbation.screen.to_csv(folder.file("screen.tsv"), sep="\t", index=False)
    write_configuration(folder, dataset, settings, arguments, perturbing=asdict(perturbing))
    folder.write_json(
        "metrics.json",
        {
            **{name: getattr(perturbation, name) for name in _METRICS},
            "goal": asdict(perturbation.goal),
            "n_edges": len(perturbation.table),
            "training": perturbation.history.frame().to_dict("records"),
        },
    )
    figure = plot_perturbation(
        perturbation.table,
        perturbation.effect,
        output=perturbation.output,
        effect_sd=perturbation.achieved_sd,
    )
    folder.write_figure("perturbation.png", figure)
    folder.write_figure("training.png", plot_training(perturbation.history))
