"""The protein-signalling measurements of Sachs et al. (2005), bundled with edgelab."""

import numpy as np
import pandas as pd

from edgelab.datasets._dataset import Dataset
from edgelab.datasets._scaling import standardise

from ._location import data_path
from ._registry import BUNDLED

SACHS_SOURCE = (
    "Sachs, Perez, Pe'er, Lauffenburger and Nolan (2005), Causal protein-signaling networks "
    "derived from multiparameter single-cell data, Science 308:523-529"
)
# Functions and outputs have name spaces of their own; distinct names keep exports to other tools
# unambiguous.
OUTPUT_SUFFIX = "_level"


@BUNDLED.register("sachs")
def sachs(*, train_rows: np.ndarray | None = None) -> Dataset:
    """11 phosphoproteins and lipids in 7466 human T cells under nine conditions.

    A response is the natural logarithm of the fluorescence (all are >= 1), standardised per
    protein. An input is 1 where its reagent was given and 0 elsewhere. Inhibitors block the
    activity of their target, so the measured phosphorylation of the target itself may well rise.

    Args:
        train_rows: Rows whose mean and standard deviation standardise the responses: positions, or
            one boolean per row. None means all rows.

    Returns:
        Nine inputs (reagents), 11 functions (proteins) with 20 accepted edges, and 11 outputs, one
        per protein.

    Source:
        Sachs et al. (2005), Science 308:523-529. `datasets/sachs/README.md` tells where each file
        comes from and why CD3/CD28 and ICAM-2 enter where they do.

    Example:
        >>> data = sachs()
        >>> data.y.shape, len(data.edges), data.inputs[:3]
        ((7466, 11), 20, ['CD3_CD28', 'ICAM-2', 'Akt-inhibitor'])
        >>> data.condition.value_counts(sort=False).tolist()
        [853, 902, 911, 723, 810, 799, 848, 913, 707]
    """
    columns = _read("columns.tsv")
    outputs = columns["protein"] + OUTPUT_SUFFIX
    intensity = pd.read_csv(data_path("sachs/proteins.csv.gz"))[columns["column"].tolist()]
    x, condition = _conditions()
    return Dataset(
        name="sachs",
        source=SACHS_SOURCE,
        edges=_read("edges.tsv"),
        input_edges=_read("interventions.tsv")[["source", "target", "sign"]],
        output_edges=pd.DataFrame({"source": columns["protein"], "target": outputs}),
        x=x,
        y=standardise(intensity.set_axis(outputs.tolist(), axis=1).transform("log"), train_rows),
        condition=condition,
        functions=tuple(columns["protein"]),
    )


def _conditions() -> tuple[pd.DataFrame, pd.Series]:
    # The cells lie in consecutive blocks, one for each row of the table.
    blocks = _read("conditions.tsv")
    order = np.repeat(np.arange(len(blocks)), blocks["cells"])
    x = blocks.drop(columns=["condition", "cells"]).iloc[order].reset_index(drop=True).astype(float)
    names = blocks["condition"]
    return x, pd.Series(pd.Categorical(names.iloc[order], categories=names), name="condition")


def _read(file: str) -> pd.DataFrame:
    return pd.read_csv(data_path(f"sachs/{file}"), sep="\t")
