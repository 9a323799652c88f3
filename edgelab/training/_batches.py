"""Rows of a data set as mini-batches, and the split that keeps some of them for validation."""

from collections.abc import Iterator

import torch

from edgelab.checks import check_integer
from edgelab.errors import DataError
from edgelab.ops import Batch
from edgelab.typing import Float, Int, Tensor


def iterate_batches(
    x: Float[Tensor, "samples inputs"],
    y: Float[Tensor, "_ outputs"],
    batch_size: int,
    *,
    weight: Float[Tensor, "_ outputs"] | None = None,
    generator: torch.Generator | None = None,
    drop_last: bool = False,
) -> Iterator[Batch]:
    """Yield the rows of a data set in mini-batches, shuffled when a generator is given.

    Args:
        x: Inputs.
        y: Responses, one row per row of `x`.
        batch_size: Rows per batch; the last one holds what is left.
        weight: How much each response counts, or None when all count fully.
        generator: A CPU generator that draws one `torch.randperm` over the rows; None keeps their
            order.
        drop_last: Leave out a last batch that is not full.

    Yields:
        Batches on the device of `x`. Unshuffled batches are views, shuffled ones copies.

    Raises:
        ConfigError: If `batch_size` is not a positive integer.
        DataError: If the tensors differ in their number of rows.

    Example:
        >>> x = torch.arange(5.0)[:, None]
        >>> [batch.x.flatten().tolist() for batch in iterate_batches(x, x, 2)]
        [[0.0, 1.0], [2.0, 3.0], [4.0]]
    """
    check_integer("batch_size", batch_size)
    _check_same_rows(x, y, weight)
    order = None if generator is None else torch.randperm(len(x), generator=generator).to(x.device)
    stop = len(x) - len(x) % batch_size if drop_last else len(x)
    for start in range(0, stop, batch_size):
        rows: slice | Tensor = slice(start, start + batch_size)
        if order is not None:
            rows = order[rows]
        yield Batch(x[rows], y[rows], None if weight is None else weight[rows])


def split_rows(
    n_samples: int, fraction: float, generator: torch.Generator
) -> tuple[Int[Tensor, " training"], Int[Tensor, " validation"]]:
    """Choose at random which rows train and which validate.

    Args:
        n_samples: Rows to divide.
        fraction: Share of the rows that validate, in [0, 1). Rounded, but at least one row when it
            is above 0.
        generator: The source of randomness.

    Returns:
        Row numbers for training and for validation, each ascending; together every row once.

    Raises:
        DataError: If no row would be left for training.

    Example:
        >>> training, validation = split_rows(10, 0.2, torch.Generator().manual_seed(0))
        >>> len(training), len(validation)
        (8, 2)
    """
    n_validation = max(1, round(fraction * n_samples)) if fraction > 0 else 0
    if not n_validation < n_samples:
        raise DataError(
            f"{n_samples} samples with validation_fraction={fraction} leave none to train on. "
            "Give more samples, or lower validation_fraction."
        )
    order = torch.randperm(n_samples, generator=generator)
    return order[n_validation:].sort().values, order[:n_validation].sort().values


def _check_same_rows(x: Tensor, y: Tensor, weight: Tensor | None) -> None:
    if len(x) != len(y) or (weight is not None and len(weight) != len(x)):
        counts = f"x has {len(x)}, y has {len(y)}"
        if weight is not None:
            counts += f", weight has {len(weight)}"
        raise DataError(
            f"x, y and weight need the same number of samples: {counts}. Align them by sample name."
        )
