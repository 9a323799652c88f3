"""What planted edges say of the q-values: printed, and as files."""

from edgelab.confidence import Calibration
from edgelab.report import (
    CALIBRATION_HEADING,
    ResultsFolder,
    calibration_rows,
    calibration_sentence,
    plot_calibration,
)

from .._console import out
from ._tables import titled_table

CALIBRATION_FILES = ("calibration.csv", "calibration.png", "calibration.json")


def show_calibration(calibration: Calibration) -> None:
    """Print nominal beside realised, and what follows from it."""
    n_experiments = calibration.records["seed"].nunique()
    random_right = calibration.records["true_share"].mean()
    title = (
        f"False calls on planted edges: {calibration.way} q, {calibration.estimand}, "
        f"{n_experiments} times"
    )
    table = titled_table(title, CALIBRATION_HEADING, left={"verdict"}, no_wrap=True)
    for row in calibration_rows(calibration.checks):
        table.add_row(*row, style="bold red" if row[-1] == "BROKEN" else None)
    out.print(table)
    out.print(calibration_sentence(calibration.checks))
    out.print(f"Calls at random would be false in {1 - random_right:.0%}.", style="dim")


def write_calibration(folder: ResultsFolder, calibration: Calibration, label: str) -> None:
    """Write the records of all experiments and their figure."""
    calibration.records.to_csv(folder.file("calibration.csv"), index=False)
    folder.write_figure("calibration.png", plot_calibration({label: calibration.records}))
