"""The data set that a command is about: a word, or the user's own tables."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edgelab.datasets import Dataset
from edgelab.datasets.readers import BUNDLED, load_dataset, open_dataset
from edgelab.errors import ConfigError

Data = Annotated[
    str | None,
    typer.Argument(
        metavar="[DATASET]",
        help=f"A bundled data set ({', '.join(BUNDLED)}) or a folder (DREAM4, CellNOpt, or edges.csv, x.csv, y.csv); "
        "else give --edges, --x and --y.",
        show_default=False,
    ),
]
Edges = Annotated[
    Path | None,
    typer.Option(help="Prior network: CSV, TSV, SIF or Parquet with source,target[,sign]."),
]
X = Annotated[
    Path | None, typer.Option(help="What was done: samples × inputs, names in the header.")
]
Y = Annotated[
    Path | None, typer.Option(help="What was measured: samples × outputs, the same samples.")
]
InputEdges = Annotated[
    Path | None,
    typer.Option(
        help="From input (source) to function (target); else each acts on the one of its name."
    ),
]
OutputEdges = Annotated[
    Path | None,
    typer.Option(
        help="From function (source) to output (target); else each reads the one of its name."
    ),
]


def chosen_dataset(
    dataset: str | None,
    *,
    edges: Path | None,
    x: Path | None,
    y: Path | None,
    input_edges: Path | None = None,
    output_edges: Path | None = None,
    **options: Any,
) -> Dataset:
    """Read what the user named: a data set as a whole, or its tables.

    Args:
        dataset: What `edgelab.datasets.readers.open_dataset` reads, or None.
        edges: Prior network, or None.
        x: What was done, or None.
        y: What was measured, or None.
        input_edges: As `edgelab.jobs.load_dataset` takes it.
        output_edges: Likewise.
        options: Likewise.

    Returns:
        The data set.

    Raises:
        ConfigError: If both or neither are named.

    Example:
        >>> chosen_dataset("sachs", edges=None, x=None, y=None).name
        'sachs'
    """
    tables = {
        "edges": edges,
        "x": x,
        "y": y,
        "input-edges": input_edges,
        "output-edges": output_edges,
    }
    given = [f"--{name}" for name, path in tables.items() if path is not None]
    if dataset is not None:
        if given:
            raise ConfigError(
                f"give either the data set {dataset!r} or tables, not both; leave out {', '.join(given)}"
            )
        return open_dataset(dataset)
    if edges is None or x is None or y is None:
        missing = [f"--{name}" for name in ("edges", "x", "y") if tables[name] is None]
        raise ConfigError(
            f"no data: name a data set ({', '.join(BUNDLED)}, or a folder) or give {', '.join(missing)}"
            + (f" too, beside {', '.join(given)}" if given else "")
        )
    return load_dataset(
        edges=edges, x=x, y=y, input_edges=input_edges, output_edges=output_edges, **options
    )
