"""The data set that a command is about: a word, or the user's own tables."""

from pathlib import Path
from typing import Any

from edgelab.datasets import BUNDLED, Dataset, load_dataset, open_dataset
from edgelab.errors import ConfigError
from edgelab.graphs import graph_summary
from edgelab.tasks import graph_of

from .._console import out


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
    """Read what the user named: a data set as a whole, or its tables, but not both.

    Args:
        dataset: What `edgelab.datasets.open_dataset` reads, or None.
        edges: Prior network, or None.
        x: What was done, or None.
        y: What was measured, or None.
        input_edges: As `edgelab.load_dataset` takes it.
        output_edges: Likewise.
        options: Likewise.

    Returns:
        The data set.

    Raises:
        ConfigError: If both or neither are named.
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
                f"give either the data set {dataset!r} or tables, not both; "
                f"leave out {', '.join(given)}"
            )
        return open_dataset(dataset)
    if edges is None or x is None or y is None:
        missing = [f"--{name}" for name in ("edges", "x", "y") if tables[name] is None]
        beside = f" too, beside {', '.join(given)}" if given else ""
        raise ConfigError(
            f"no data: name a data set ({', '.join(BUNDLED)}, or a folder) "
            f"or give {', '.join(missing)}{beside}"
        )
    return load_dataset(
        edges=edges, x=x, y=y, input_edges=input_edges, output_edges=output_edges, **options
    )


def describe(dataset: Dataset) -> None:
    """Print what the data set holds, and what no method can find in it."""
    out.print(
        f"[bold]{dataset.name}[/]: {dataset.n_samples} samples, "
        f"{dataset.condition.nunique()} conditions"
    )
    out.print(str(graph_summary(graph_of(dataset))))
