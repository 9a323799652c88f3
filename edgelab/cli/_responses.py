"""`edgelab responses`: does a network help to foresee what a new condition does?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from edgelab.atomic import replacing
from edgelab.datasets import is_cellnopt, read_cellnopt, read_dream4, read_dream4_duals
from edgelab.datasets.readers import open_dataset
from edgelab.ops import one_thread, processor_count
from edgelab.provenance import environment
from edgelab.report import ResultsFolder
from edgelab.responses import (
    DUAL_LABELS,
    PREDICTOR_LABELS,
    EnsembleSettings,
    dual_settings,
    predict_double_knockouts,
    predict_responses,
)

from ._console import one_clear_line, out
from ._job import recorded
from ._options import Debug, Force, Seed
from ._results import show_files


def responses(
    datasets: Annotated[
        list[str],
        typer.Argument(
            help="Bundled data sets or folders (CellNOpt, DREAM4, your own); of one with double knockouts, these."
        ),
    ],
    out_dir: Annotated[
        Path, typer.Option("--out", help="Folder for the results; made if it does not exist.")
    ],
    folds: Annotated[
        int | None,
        typer.Option(
            min=3, help="Groups in which conditions are hidden; each by itself when left out."
        ),
    ] = None,
    cell_lines: Annotated[
        bool,
        typer.Option(
            "--cell-lines",
            help="Tell all predictors the cell line, where a CellNOpt table has several.",
        ),
    ] = False,
    members: Annotated[int, typer.Option(min=1, help="GSNNs that are averaged.")] = 4,
    layers: Annotated[int, typer.Option(min=2, help="Layers; a path of k edges needs k + 1.")] = 10,
    epochs: Annotated[
        int, typer.Option(min=10, help="Most steps of training, a multiple of 10.")
    ] = 300,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that share the work; all processors when left out."),
    ] = None,
    seed: Seed = 0,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Hide conditions and predict their responses: GSNNs beside ridge regression and a random
    forest.

    Where a folder holds double knockouts, they are predicted from the single ones, beside sums of
    the single effects.

    [bold]Example[/]: edgelab responses LiverDREAM/ dream4_1/ --out results/responses
    """
    arguments = recorded("responses", locals())
    with one_clear_line(debug), ResultsFolder(out_dir, force=force) as folder, one_thread():
        plain = EnsembleSettings(members=members, n_processes=processes or processor_count())
        plain = replace(
            plain, copies=replace(plain.copies, layers=layers, epochs=epochs, seed=seed)
        )
        duals = replace(dual_settings(), members=members)
        duals = replace(duals, copies=replace(duals.copies, seed=seed))
        held_out, doubled = [], []
        for word in datasets:
            if (Path(word) / "dualknockouts.tsv").is_file():
                doubled.append(
                    predict_double_knockouts(
                        read_dream4(word), read_dream4_duals(word), settings=duals
                    ).records
                )
            else:
                held_out.append(_hide(word, cell_lines, folds, plain))
        _report(
            folder,
            "conditions",
            "Hidden conditions: R² [95 % interval]",
            held_out,
            PREDICTOR_LABELS,
            _r2,
        )
        _report(
            folder,
            "double_knockouts",
            "Double knockouts: mean squared error",
            doubled,
            DUAL_LABELS,
            _error,
        )
        folder.write_json("config.json", {"arguments": arguments, "environment": environment()})
        show_files(folder)


def _hide(
    word: str, cell_lines: bool, folds: int | None, settings: EnsembleSettings
) -> pd.DataFrame:
    told = cell_lines and is_cellnopt(word)
    dataset = read_cellnopt(word, cell_line_inputs=True) if told else open_dataset(word)
    # A treatment that was seen in another cell line would be no new one.
    return predict_responses(
        dataset, n_folds=folds, whole_conditions=told, settings=settings
    ).records


def _r2(row: dict) -> str:
    return f"{row['r2']:.3f} [{row['low']:.2f}, {row['high']:.2f}]"


def _error(row: dict) -> str:
    return f"{row['mse']:.4f}"


def _report(
    folder: ResultsFolder,
    name: str,
    title: str,
    parts: list[pd.DataFrame],
    labels: Mapping[str, str],
    cell: Callable[[dict], str],
) -> None:
    """Print and write one table: predictors by data sets."""
    if not parts:
        return
    records = pd.concat(parts, ignore_index=True)
    with replacing(folder.file(f"{name}.parquet")) as draft:
        records.to_parquet(draft, index=False)
    columns = list(dict.fromkeys(records["dataset"]))
    cells = {(row["predictor"], row["dataset"]): cell(row) for row in records.to_dict("records")}
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, heading in enumerate(["predictor", *columns]):
        table.add_column(heading, justify="right" if place else "left")
    for predictor in dict.fromkeys(records["predictor"]):
        style = "bold" if "gsnn" in predictor else None
        table.add_row(
            labels[predictor], *(cells[predictor, column] for column in columns), style=style
        )
    out.print(table)
