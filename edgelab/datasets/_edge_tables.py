"""Edge tables of a data set: the checks of a graph's, with annotation kept."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from edgelab.errors import DataError, GraphError
from edgelab.graphs import check_edges
from edgelab.typing import Array, Float

EdgeTable = pd.DataFrame | Sequence[tuple[str, str]]


def as_edge_table(edges: EdgeTable, role: str) -> pd.DataFrame:
    """Edges as a checked table: text names, `sign` and `weight` as numbers, the rest as it is."""
    if isinstance(edges, pd.DataFrame):
        table = edges.reset_index(drop=True)
    else:
        table = pd.DataFrame(list(edges), columns=["source", "target"])
    for end in {"source", "target"} & set(table.columns):
        # Numbers of genes (Entrez) are names here, although a graph's own door wants text.
        table[end] = table[end].map(str, na_action="ignore")
    try:
        checked = check_edges(table, role)
    except GraphError as error:
        raise DataError(str(error)) from error
    return table.assign(**checked).astype({"source": str, "target": str})


def edge_effects(table: pd.DataFrame) -> Float[Array, " edges"]:
    """What each edge of a checked table multiplies its source with: sign times weight."""
    ones = np.ones(len(table))
    sign = table["sign"].to_numpy(dtype=float) if "sign" in table else ones
    weight = table["weight"].to_numpy(dtype=float) if "weight" in table else ones
    return np.where(sign == 0, 1.0, sign) * weight  # an unknown sign counts as +1
