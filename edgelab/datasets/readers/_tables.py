"""Data sets from the user's own tables: a prior network, what was done, what was measured."""

from pathlib import Path
from typing import Literal

import pandas as pd

from edgelab.datasets._conditions import ConditionStyle, condition_labels
from edgelab.datasets._dataset import Dataset
from edgelab.errors import DataError, close_names, shorten
from edgelab.graphs import (
    align_matrix,
    build_graph,
    check_same_samples,
    read_edges,
    read_matrix,
)

from ._registry import READERS, Reader

FilePath = str | Path


def load_dataset(
    *,
    edges: FilePath,
    x: FilePath,
    y: FilePath,
    input_edges: FilePath | None = None,
    output_edges: FilePath | None = None,
    on_duplicate: Literal["error", "drop"] = "error",
    on_extra: Literal["error", "drop"] = "error",
) -> Dataset:
    r"""Read a prior network and measurements from files, and check that they fit together.

    Args:
        edges: Function→function edges: CSV, TSV, SIF or Parquet with `source`, `target` and perhaps
            `sign`, `weight`.
        x: What was done to each sample: samples × inputs.
        y: What was measured: samples × outputs, the same samples in the same order.
        input_edges: Which function each input acts on, from input (`source`) to function
            (`target`); None if every column of `x` acts on the function of its name.
        output_edges: Which function each output reads, from function (`source`) to output
            (`target`); None if every column of `y` reads the function of its name.
        on_duplicate: `"error"`, or `"drop"` to keep the first of edges that are listed twice.
        on_extra: `"error"`, or `"drop"` to leave out columns of `x` and `y` that are not in the
            graph.

    Returns:
        A data set. Functions are the names in the three edge tables; samples with equal rows of `x`
        share a condition.

    Raises:
        DataError: If a file cannot be read, or columns, samples and graph do not fit together.
        GraphError: If the edges break a rule of `edgelab.graphs.build_graph`.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     prior, x, y = (Path(folder) / name for name in ("prior.csv", "x.csv", "y.csv"))
        ...     _ = prior.write_text("source,target\nraf,mek\n")
        ...     _ = x.write_text("raf\n0\n1\n")
        ...     _ = y.write_text("raf,mek\n0.1,0.2\n0.9,0.8\n")
        ...     load_dataset(edges=prior, x=x, y=y).functions
        ('raf', 'mek')
    """
    x_table = read_matrix(x)
    y_table = read_matrix(y)
    check_same_samples({"x": x_table, "y": y_table})
    prior = read_edges(edges)
    if output_edges is None:
        out_of = _read_by_name(y_table, prior, y)
    else:
        out_of = read_edges(output_edges)
        _refuse_turned(
            output_edges,
            ours=out_of["target"],
            others=out_of["source"],
            columns=y_table.columns,
            matrix=y,
        )
    if input_edges is None:
        functions = {*prior["source"], *prior["target"], *out_of["source"]}
        into = _act_by_name(x_table, functions, x, on_extra)
    else:
        into = read_edges(input_edges)
        _refuse_turned(
            input_edges,
            ours=into["source"],
            others=into["target"],
            columns=x_table.columns,
            matrix=x,
        )
    graph = build_graph(prior, input_edges=into, output_edges=out_of, on_duplicate=on_duplicate)
    x_table = _columns_of(graph["input"].node_names, x_table, x, on_extra)
    y_table = _columns_of(graph["output"].node_names, y_table, y, on_extra)
    return Dataset(
        name=Path(edges).stem,
        source=f"{Path(edges).name}, {Path(x).name}, {Path(y).name}",
        edges=_once(prior, on_duplicate),
        input_edges=_once(into, on_duplicate),
        output_edges=_once(out_of, on_duplicate),
        x=x_table,
        y=y_table,
        condition=condition_labels(x_table, ConditionStyle()),
        functions=tuple(graph["function"].node_names),
    )


def _columns_of(
    nodes: list[str], matrix: pd.DataFrame, path: FilePath, on_extra: Literal["error", "drop"]
) -> pd.DataFrame:
    # Checked here, where the name of the file is known.
    align_matrix(matrix, nodes, what=str(path), on_extra=on_extra)
    return matrix[nodes].reset_index(drop=True).astype(float)


def _read_by_name(y: pd.DataFrame, prior: pd.DataFrame, path: FilePath) -> pd.DataFrame:
    # Some of the functions may have no known edge yet, not all.
    functions = {*prior["source"], *prior["target"]}
    names = _column_names(y)
    if functions.isdisjoint(names):
        raise DataError(
            f"{path}: no column is a function of the network: {shorten(names)} (functions: "
            f"{shorten(sorted(functions))}). Rename the columns, or say which function each one "
            "reads with output_edges (--output-edges)."
        )
    return pd.DataFrame({"source": names, "target": names})


def _act_by_name(
    x: pd.DataFrame, functions: set[str], path: FilePath, on_extra: str
) -> pd.DataFrame:
    # A column that is no function would act on nothing.
    names = _column_names(x)
    unknown = [name for name in names if name not in functions]
    if unknown and (on_extra == "error" or len(unknown) == len(names)):
        raise DataError(
            f"{path}: {len(unknown)} of {len(names)} columns are no function of the network: "
            f"{shorten(unknown)} ({unknown[0]!r}: {close_names(unknown[0], functions)}). Rename "
            "them, or say which function each one acts on with input_edges (--input-edges)."
        )
    known = [name for name in names if name in functions]
    return pd.DataFrame({"source": known, "target": known})


def _refuse_turned(
    path: FilePath, *, ours: pd.Series, others: pd.Series, columns: pd.Index, matrix: FilePath
) -> None:
    """Refuse a table of input or output edges that was written the wrong way round."""
    if set(ours).isdisjoint(columns) and set(others) <= set(columns):
        raise DataError(
            f"{path}: every {others.name} is a column of {matrix}, such as {others.iloc[0]!r}, and "
            f"no {ours.name} is. Edges run from input to function and from function to output: "
            "swap the columns 'source' and 'target'."
        )


def _column_names(matrix: pd.DataFrame) -> list[str]:
    return [str(column) for column in matrix.columns]


def _once(edges: pd.DataFrame, on_duplicate: str) -> pd.DataFrame:
    return edges.drop_duplicates(["source", "target"]) if on_duplicate == "drop" else edges


def _is_folder_of_tables(folder: Path) -> bool:
    # One of the three may be missing or misspelt: reading says which.
    has_measurements = (folder / "x.csv").is_file() and (folder / "y.csv").is_file()
    return has_measurements or (folder / "edges.csv").is_file()


def _read_folder(folder: Path) -> Dataset:
    into = folder / "input_edges.csv"
    out_of = folder / "output_edges.csv"
    return load_dataset(
        edges=folder / "edges.csv",
        x=folder / "x.csv",
        y=folder / "y.csv",
        input_edges=into if into.is_file() else None,
        output_edges=out_of if out_of.is_file() else None,
    )


READERS.register("tables")(
    Reader(
        description="tables: a folder with edges.csv, x.csv and y.csv",
        recognises=_is_folder_of_tables,
        read=_read_folder,
    )
)
