"""Samples in an order that their content decides."""

from dataclasses import replace

import numpy as np

from edgelab.naming import natural_order
from edgelab.typing import Array, Int

from ._dataset import Dataset


def canonical_rows(dataset: Dataset) -> Int[Array, " samples"]:
    """Order of the samples by condition, then by what was done, then by what was measured."""
    # Samples that agree in everything keep their order, which then makes no difference.
    keys = [
        dataset.condition.astype(str).to_numpy(dtype=str),
        *(dataset.x[name].to_numpy() for name in natural_order(dataset.inputs)),
        *(dataset.y[name].to_numpy() for name in natural_order(dataset.outputs)),
    ]
    return np.lexsort(keys[::-1])


def in_sample_order(dataset: Dataset) -> Dataset:
    """Put the samples in an order that their content decides.

    The order is by condition, then by the inputs, then by the outputs. Sums of floating-point
    numbers and mini-batches depend on the order of the rows. After this, nothing computed on the
    samples depends on the order in which they were listed.

    Args:
        dataset: Samples in any order.

    Returns:
        The same samples.

    Example:
        >>> from edgelab.datasets import sachs
        >>> data, turned = sachs(), take_samples(sachs(), np.arange(7466)[::-1])
        >>> in_sample_order(data).y.equals(in_sample_order(turned).y)
        True
    """
    return take_samples(dataset, canonical_rows(dataset))


def take_samples(dataset: Dataset, rows: Int[Array, " rows"]) -> Dataset:
    """Choose samples and their order.

    Args:
        dataset: The samples.
        rows: Positions of those to keep.

    Returns:
        The same network with these samples, numbered anew.

    Example:
        >>> from edgelab.datasets import sachs
        >>> take_samples(sachs(), np.arange(3)).n_samples
        3
    """
    names = ["x", "y", "condition"]
    if dataset.measured is not None:
        names.append("measured")
    taken = {name: getattr(dataset, name).iloc[rows].reset_index(drop=True) for name in names}
    return replace(dataset, **taken)
