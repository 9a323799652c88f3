"""What a refinement leaves behind: printed, and as files."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.table import Table

from edgelab.datasets import Dataset
from edgelab.errors import DataError
from edgelab.refinement import Refinement, RefineSettings
from edgelab.report import ResultsFolder, plot_refinement, plot_training
from edgelab.training import ModelSettings

from .._console import out
from ._files import write_configuration

REFINEMENT_FILES = (
    *("edges.csv", "changes.tsv", "rounds.csv", "config.json", "metrics.json"),
    *("refined.png", "training.png"),
)

# Rows of changes that are printed; all are in changes.tsv.
_SHOWN = 15


def show_refinement(refinement: Refinement) -> None:
    """Print how many edges changed and what that gained, and the first changes."""
    changes = refinement.changes
    counts = changes["change"].value_counts()
    losses = refinement.rounds["validation_loss"]
    out.print(
        f"{counts.get('kept', 0)} edges kept, {counts.get('removed', 0)} removed, "
        f"{counts.get('added', 0)} added; validation loss {losses.iloc[0]:.4g} before, "
        f"{losses.min():.4g} at best, in {len(losses)} rounds"
    )
    table = Table(title="Changes", title_justify="left", title_style="bold")
    for name in ("change", "source", "target", "round", "why"):
        table.add_column(name, overflow="fold")
    changed = changes[changes["change"].isin(["added", "removed"])]
    for row in changed.head(_SHOWN).itertuples():
        cells = (row.change, row.source, row.target, row.round, row.reason)
        table.add_row(*(str(cell) for cell in cells))
    out.print(table)


def write_refinement(
    folder: ResultsFolder,
    dataset: Dataset,
    refinement: Refinement,
    settings: ModelSettings,
    refining: RefineSettings,
    arguments: Mapping[str, Any],
) -> None:
    """Write the refined network and how it came about; refuse one without edges."""
    if refinement.edges.empty:
        raise DataError(
            "no edge has support in these data, so no network is left to write. Check that x and "
            "y belong together, or train longer (--epochs)."
        )
    refinement.edges.to_csv(folder.file("edges.csv"), index=False)
    refinement.changes.to_csv(folder.file("changes.tsv"), sep="\t", index=False)
    refinement.rounds.to_csv(folder.file("rounds.csv"), index=False)
    write_configuration(folder, dataset, settings, arguments, refining=asdict(refining))
    folder.write_json(
        "metrics.json",
        {
            "n_edges": len(refinement.edges),
            "changes": refinement.changes["change"].value_counts().to_dict(),
            "rounds": refinement.rounds.to_dict("records"),
            "training": refinement.history.frame().to_dict("records"),
        },
    )
    folder.write_figure("refined.png", plot_refinement(refinement.changes))
    folder.write_figure("training.png", plot_training(refinement.history))
