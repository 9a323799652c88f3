"""One data set: a prior network, who touches it, who reads it, and what was measured."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from edgelab.errors import DataError, shorten
from edgelab.graphs import check_matrix

from ._edge_tables import as_edge_table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """A prior network together with interventions and the responses to them.

    Everything is checked once, here; what takes a `Dataset` does not check again.

    Attributes:
        name: Short name, as it should appear in tables and file names.
        source: Where it comes from: a citation, or the call that simulated it.
        edges: Known function to function edges; columns `source`, `target` and, where known, `sign`
            (-1, 0 unknown, 1, or a word such as `activates`) and `weight`.
        input_edges: Which function each input acts on; `source` is an input.
        output_edges: Which function each output reads; `target` is an output.
        x: What the inputs were set to, samples by inputs.
        y: What the outputs showed, samples by outputs.
        condition: The experimental condition of each sample.
        functions: Every function name, isolated ones included. Left out: the names in the three
            tables, in their order.
        measured: Which cells of `y` were measured, booleans of the shape of `y`; the others hold
            numbers that stand in for them. None means all.

    Raises:
        DataError: If a table lacks a column or repeats an edge, a matrix holds anything but finite
            numbers, its columns are not exactly the inputs (outputs) of the edges, the numbers of
            samples differ, a condition is missing, or `measured` does not fit `y`.

    Example:
        >>> data = Dataset(
        ...     name="toy",
        ...     source="by hand",
        ...     edges=pd.DataFrame({"source": ["a"], "target": ["b"]}),
        ...     input_edges=pd.DataFrame({"source": ["drug"], "target": ["a"]}),
        ...     output_edges=pd.DataFrame({"source": ["b"], "target": ["readout"]}),
        ...     x=pd.DataFrame({"drug": [0.0, 1.0]}),
        ...     y=pd.DataFrame({"readout": [0.1, 0.9]}),
        ...     condition=pd.Series(["control", "drug"], dtype="category"),
        ... )
        >>> data.functions, data.n_samples
        (('a', 'b'), 2)
    """

    name: str
    source: str
    edges: pd.DataFrame
    input_edges: pd.DataFrame
    output_edges: pd.DataFrame
    x: pd.DataFrame
    y: pd.DataFrame
    condition: pd.Series
    functions: tuple[str, ...] = ()
    measured: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for role in ("edges", "input_edges", "output_edges"):
            object.__setattr__(self, role, as_edge_table(getattr(self, role), role))
        object.__setattr__(self, "functions", _function_names(self))
        check_columns(self.x, self.input_edges["source"], "x", "input")
        check_columns(self.y, self.output_edges["target"], "y", "output")
        if not len(self.x) == len(self.y) == len(self.condition):
            raise DataError(
                f"x has {len(self.x)} samples, y {len(self.y)} and condition "
                f"{len(self.condition)}; they describe the same samples, row by row. Pass equally "
                "many rows."
            )
        if self.measured is not None:
            _check_measured(self.measured, self.y)
        n_missing = self.condition.isna().sum()
        if n_missing:
            raise DataError(
                f"condition is missing for {n_missing} samples. Name the condition of each."
            )

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs, in the order of the columns of `x`."""
        return list(self.x.columns)

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, in the order of the columns of `y`."""
        return list(self.y.columns)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.x)


def check_columns(matrix: pd.DataFrame, names: Iterable[str], role: str, kind: str) -> None:
    """Refuse a matrix of other columns than the named nodes, or of other cells than numbers."""
    columns = set(matrix.columns)
    expected = set(names)
    missing = sorted(expected - columns)
    extra = sorted(columns - expected, key=str)
    if missing or extra:
        raise DataError(
            f"the columns of {role} must be the {kind}s of `{kind}_edges`; "
            f"{len(expected & columns)} are, missing: {shorten(missing) or 'none'}; without an "
            f"edge: {shorten(extra) or 'none'}. Add what is missing and drop what has no edge."
        )
    check_matrix(matrix, role)


def _check_measured(measured: pd.DataFrame, y: pd.DataFrame) -> None:
    if len(measured) != len(y) or list(measured.columns) != list(y.columns):
        raise DataError(
            f"measured has {len(measured)} samples and the columns {shorten(measured.columns)}, y "
            f"{len(y)} and {shorten(y.columns)}. Pass one boolean per cell of y."
        )
    if not all(map(pd.api.types.is_bool_dtype, measured.dtypes)):
        dtypes = shorten(map(str, set(measured.dtypes)))
        raise DataError(f"measured must hold booleans only, got {dtypes}. Convert it.")
    never = measured.columns[~measured.any()]
    if len(never):
        raise DataError(
            f"{len(never)} columns of y were never measured: {shorten(never)}. Drop them."
        )


def _function_names(dataset: Dataset) -> tuple[str, ...]:
    used = dict.fromkeys(
        [
            *dataset.edges[["source", "target"]].to_numpy().ravel().tolist(),
            *dataset.input_edges["target"],
            *dataset.output_edges["source"],
        ]
    )
    listed = tuple(dataset.functions) or tuple(used)
    if len(set(listed)) < len(listed):
        raise DataError(
            f"functions lists a name more than once, among {shorten(listed)}. List each function "
            "once."
        )
    unknown = sorted(used.keys() - set(listed))
    if unknown:
        raise DataError(
            f"{len(unknown)} functions of the edges are not in `functions`: {shorten(unknown)}. "
            "Add them."
        )
    return listed
