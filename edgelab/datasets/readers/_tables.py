"""A data set from the user's own files."""

from pathlib import Path
from typing import Literal

import pandas as pd

from edgelab.datasets._dataset import Dataset
from edgelab.errors import DataError, close_names, shorten
from edgelab.graphs import (
    align_matrix,
    build_graph,
    check_same_samples,
    read_edges,
    read_matrix,
)

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
    x_table, y_table = read_matrix(x), read_matrix(y)
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
        into = _act_by_name(
            x_table, {*prior["source"], *prior["target"], *out_of["source"]}, x, on_extra
        )
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
    inputs, outputs = graph["input"].node_names, graph["output"].node_names
    # Checked here, where the file names are known; `Dataset` takes the columns in the order of the
    # graph.
    align_matrix(x_table, inputs, what=str(x), on_extra=on_extra)
    align_matrix(y_table, outputs, what=str(y), on_extra=on_extra)
    x_table, y_table = x_table[inputs], y_table[outputs]
    return Dataset(
        name=Path(edges).stem,
        source=f"{Path(edges).name}, {Path(x).name}, {Path(y).name}",
        edges=_once(prior, on_duplicate),
        input_edges=_once(into, on_duplicate),
        output_edges=_once(out_of, on_duplicate),
        x=x_table.reset_index(drop=True).astype(float),
        y=y_table.reset_index(drop=True).astype(float),
        condition=_conditions(x_table),
        functions=tuple(graph["function"].node_names),
    )


def _read_by_name(y: pd.DataFrame, prior: pd.DataFrame, path: FilePath) -> pd.DataFrame:
    """Output edges where every column reads the function of its name; some may have no known edge
    yet, not all.
    """
    functions, names = {*prior["source"], *prior["target"]}, _column_names(y)
    if functions.isdisjoint(names):
        raise DataError(
            f"{path}: no column is a function of the network: {shorten(names)} (functions: "
            f"{shorten(sorted(functions))}). Rename the columns, or say which function each one reads "
            "with output_edges (--output-edges)."
        )
    return pd.DataFrame({"source": names, "target": names})


def _act_by_name(
    x: pd.DataFrame, functions: set[str], path: FilePath, on_extra: str
) -> pd.DataFrame:
    """Input edges where every column acts on the function of its name; an unknown one would act on
    nothing.
    """
    names = _column_names(x)
    unknown = [name for name in names if name not in functions]
    if unknown and (on_extra == "error" or len(unknown) == len(names)):
        raise DataError(
            f"{path}: {len(unknown)} of {len(names)} columns are no function of the network: {shorten(unknown)} "
            f"({unknown[0]!r}: {close_names(unknown[0], functions)}). Rename them, or say which function each one "
            "acts on with input_edges (--input-edges)."
        )
    known = [name for name in names if name in functions]
    return pd.DataFrame({"source": known, "target": known})


def _refuse_turned(
    path: FilePath, *, ours: pd.Series, others: pd.Series, columns: pd.Index, matrix: FilePath
) -> None:
    """Refuse a table of input or output edges that was written the wrong way round."""
    if set(ours).isdisjoint(columns) and set(others) <= set(columns):
        raise DataError(
            f"{path}: every {others.name} is a column of {matrix}, such as {others.iloc[0]!r}, and no {ours.name} is. "
            "Edges run from input to function and from function to output: swap the columns 'source' and 'target'."
        )


def _column_names(matrix: pd.DataFrame) -> list[str]:
    return [str(column) for column in matrix.columns]


def _once(edges: pd.DataFrame, on_duplicate: str) -> pd.DataFrame:
    return edges.drop_duplicates(["source", "target"]) if on_duplicate == "drop" else edges


def _conditions(x: pd.DataFrame) -> pd.Series:
    """What is not zero in a sample, spelled out: `control`, `PMA=1`, `drug=0.5+EGF=1`."""
    distinct = x.drop_duplicates()
    labels = [
        "+".join(f"{name}={value:g}" for name, value in row.items() if value) or "control"
        for row in distinct.to_dict("records")
    ]
    number = x.groupby(list(x.columns), sort=False).ngroup()
    return pd.Series(
        pd.Categorical.from_codes(number.to_numpy(), categories=pd.Index(labels)), name="condition"
    )
