"""Files that several commands leave behind."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from edgelab.atomic import replacing
from edgelab.datasets import Dataset
from edgelab.provenance import environment, frame_hash
from edgelab.report import ResultsFolder
from edgelab.training import ModelSettings

from .._console import out
from ._model import with_training

_TABLES = ("edges", "input_edges", "output_edges", "x", "y")


def write_configuration(
    folder: ResultsFolder,
    dataset: Dataset,
    settings: ModelSettings,
    arguments: Mapping[str, Any],
    **further: Any,
) -> None:
    """Write `config.json`: everything needed to repeat a run on one data set.

    The settings hold the seed that the final model was trained with, which is the one of the run.
    """
    tables: dict[str, pd.DataFrame] = {name: getattr(dataset, name) for name in _TABLES}
    folder.write_json(
        "config.json",
        {
            "arguments": dict(arguments),
            "settings": asdict(with_training(settings, seed=arguments["seed"])),
            **further,
            "data": {
                "name": dataset.name,
                "source": dataset.source,
                "sha256": {name: frame_hash(table) for name, table in tables.items()},
            },
            "environment": environment(),
        },
    )


def write_parquet(folder: ResultsFolder, name: str, table: pd.DataFrame) -> None:
    """Write a table without its index, as a whole or not at all."""
    with replacing(folder.file(name)) as draft:
        table.to_parquet(draft, index=False)


def show_files(folder: ResultsFolder) -> None:
    """Print where the results are."""
    out.print(f"results in [bold]{folder.path}[/]: {', '.join(path.name for path in folder.files)}")
