"""`edgelab responses`: does a network help to foresee what a new condition does?"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from . import _options as options
from ._arguments import recorded
from ._console import one_clear_line


def responses(
    datasets: Annotated[
        list[str],
        typer.Argument(
            help="Bundled data sets or folders (CellNOpt, DREAM4, your own); of one with double "
            "knockouts, these."
        ),
    ],
    out_dir: options.OutDir,
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
    layers: options.Layers = 10,
    epochs: Annotated[
        int, typer.Option(min=10, help="Most steps of training, a multiple of 10.")
    ] = 300,
    processes: options.Processes = None,
    seed: options.Seed = 0,
    force: options.Force = False,
    debug: options.Debug = False,
) -> None:
    """Hide conditions and predict their responses by GSNNs, ridge regression and a random forest.

    Where a folder holds double knockouts, they are predicted from the single ones, beside sums of
    the single effects.

    [bold]Example[/]: edgelab responses LiverDREAM/ dream4_1/ --out results/responses
    """
    arguments = recorded("responses", locals())
    with one_clear_line(debug):
        from edgelab.datasets import (
            is_cellnopt,
            open_dataset,
            read_cellnopt,
            read_dream4,
            read_dream4_duals,
        )
        from edgelab.ops import one_thread, processor_count
        from edgelab.provenance import environment
        from edgelab.report import ResultsFolder
        from edgelab.responses import (
            EnsembleSettings,
            dual_settings,
            predict_double_knockouts,
            predict_responses,
        )

        from .steps import report_conditions, report_double_knockouts, show_files

        with ResultsFolder(out_dir, force=force) as folder, one_thread():
            single = EnsembleSettings(members=members, n_processes=processes or processor_count())
            copies = replace(single.copies, layers=layers, epochs=epochs, seed=seed)
            single = replace(single, copies=copies)
            double = replace(dual_settings(), members=members)
            double = replace(double, copies=replace(double.copies, seed=seed))
            conditions = []
            double_knockouts = []
            for word in datasets:
                if (Path(word) / "dualknockouts.tsv").is_file():
                    duals = predict_double_knockouts(
                        read_dream4(word), read_dream4_duals(word), settings=double
                    )
                    double_knockouts.append(duals.records)
                    continue
                tell_lines = cell_lines and is_cellnopt(word)
                if tell_lines:
                    data = read_cellnopt(word, cell_line_inputs=True)
                else:
                    data = open_dataset(word)
                # A treatment that was seen in another cell line would be no new one.
                predicted = predict_responses(
                    data, n_folds=folds, whole_conditions=tell_lines, settings=single
                )
                conditions.append(predicted.records)
            report_conditions(folder, conditions)
            report_double_knockouts(folder, double_knockouts)
            folder.write_json("config.json", {"arguments": arguments, "environment": environment()})
            show_files(folder)
