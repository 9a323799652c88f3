"""How well responses were predicted: printed, and as files."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from edgelab.report import ResultsFolder
from edgelab.responses import DUAL_LABELS, PREDICTOR_LABELS

from .._console import out
from ._files import write_parquet
from ._tables import titled_table


def report_conditions(folder: ResultsFolder, records: Sequence[pd.DataFrame]) -> None:
    """Print and write how well hidden conditions were predicted, one table per data set."""
    title = "Hidden conditions: R² [95 % interval]"
    _report(folder, "conditions", title, records, PREDICTOR_LABELS, _r2)


def report_double_knockouts(folder: ResultsFolder, records: Sequence[pd.DataFrame]) -> None:
    """Print and write how well double knockouts were predicted, one table per data set."""
    title = "Double knockouts: mean squared error"
    _report(folder, "double_knockouts", title, records, DUAL_LABELS, _error)


def _r2(record: dict[Any, Any]) -> str:
    return f"{record['r2']:.3f} [{record['low']:.2f}, {record['high']:.2f}]"


def _error(record: dict[Any, Any]) -> str:
    return f"{record['mse']:.4f}"


def _report(
    folder: ResultsFolder,
    name: str,
    title: str,
    parts: Sequence[pd.DataFrame],
    labels: Mapping[str, str],
    cell: Callable[[dict[Any, Any]], str],
) -> None:
    """Print and write one table, predictors by data sets; nothing if there are no records."""
    if not parts:
        return
    records = pd.concat(parts, ignore_index=True)
    write_parquet(folder, f"{name}.parquet", records)
    cells = {
        (record["predictor"], record["dataset"]): cell(record)
        for record in records.to_dict("records")
    }
    datasets = list(dict.fromkeys(records["dataset"]))
    table = titled_table(title, ["predictor", *datasets], left={"predictor"})
    for predictor in dict.fromkeys(records["predictor"]):
        row = [cells[predictor, dataset] for dataset in datasets]
        style = "bold" if "gsnn" in predictor else None
        table.add_row(labels[predictor], *row, style=style)
    out.print(table)
