"""Prices of single edges: a file of them, and what a price may be."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from edgelab.errors import DataError, GraphError
from edgelab.typing import Array, Float


def read_costs(path: str | Path) -> pd.DataFrame:
    """Read prices of single edges from a delimited text file.

    Args:
        path: Text with a first line of column names; what separates the columns is found out.

    Returns:
        The table as text, no cell taken as missing: a gene may be called NA. `perturb_edges`
        checks names and prices.

    Raises:
        DataError: If the file is empty, or no table, or has rows longer than its first.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "costs.csv"
        >>> _ = path.write_text("source,target,cost" + chr(10) + "NA,Akt,2.5")
        >>> read_costs(path).to_numpy().tolist()
        [['NA', 'Akt', '2.5']]
        >>> folder.cleanup()
    """
    cure = "Write columns source, target and cost, with their names in the first line."
    try:
        table = pd.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error, UnicodeError) as error:
        raise DataError(f"{path}: the file of costs is no table ({error}). {cure}") from error
    # pandas takes the first cells of rows that are too long for the names of rows.
    if not isinstance(table.index, pd.RangeIndex):
        raise DataError(
            f"{path}: the file of costs is no table (rows have more cells than the first line has "
            f"names). {cure}"
        )
    return table


def cost_numbers(
    costs: pd.Series, pair_at: Callable[[int], tuple[str, str]]
) -> Float[Array, " edges"]:
    """Finite numbers above 0; a refusal names the edge that `pair_at` gives for its row."""
    numbers = pd.to_numeric(costs, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    wrong = ~(np.isfinite(numbers) & (numbers > 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise GraphError(
            f"{int(wrong.sum())} costs in the table are no positive numbers, first: "
            f"{costs.tolist()[row]!r} of {pair_at(row)}. Give every edge a finite price above 0."
        )
    return numbers
