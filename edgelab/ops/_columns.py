"""Columns of numbers: which of them vary, and their standardised and unit forms."""

from typing import TypeVar

import numpy as np

from edgelab.typing import Array, Bool, Float, Tensor

# Equal values come out unequal by rounding alone, in two ways. A sum of a few numbers that is taken
# in another order for another sample is off by a few units of its precision: 8 are allowed. A mean
# over n samples is off by up to n / 2 units of float64, 1e-10 of the mean for a million samples. No
# measurement has ten digits, so nothing that was measured to vary is lost.
_UNITS = 8.0
_OF_A_MEAN = 1e-10

# Two samples lie on a line: every correlation of them is 1.
_FEWEST_SAMPLES = 3

# Digits kept where ties matter. Beyond them a matrix product depends on the order of nodes and
# samples, and r(i, j) and r(j, i) would differ by chance instead of being tied.
_DIGITS = 12

Columns = TypeVar("Columns", Array, Tensor)


def does_not_vary(mean: Columns, spread: Columns, precision: float = 0.0) -> Columns:
    """Which columns vary by no more than rounding explains, whatever their units.

    Args:
        mean: Mean of every column.
        spread: Standard deviation, or largest deviation from the mean, of every column.
        precision: Relative spacing of the type in which the values themselves were computed, such
            as `torch.finfo(torch.float32).eps`; float64 needs none.

    Returns:
        True where the spread is at most eight roundings of the mean, or 1e-10 of it if that is
        more, and where a value is not finite.

    Example:
        >>> mean, spread = np.array([5.0, 1e-10, 1e4]), np.array([0.0, 1e-11, 1e-9])
        >>> does_not_vary(mean, spread).tolist()
        [True, False, True]
    """
    return ~(spread > max(_UNITS * precision, _OF_A_MEAN) * abs(mean))


def standardised(
    values: Float[Array, "samples nodes"],
    usual: Bool[Array, "samples nodes"] | None = None,
    *,
    fewest: int = 1,
) -> Float[Array, "samples nodes"]:
    """Every value as a number of standard deviations from the mean of its column.

    Args:
        values: Any units.
        usual: The values that a column's mean and standard deviation are taken from; None takes
            all.
        fewest: How many of them a column must have.

    Returns:
        Such columns; NaN throughout where a column has too few usual values, a NaN, or does not
        vary over the usual ones.

    Example:
        >>> values = np.array([[1.0, 5.0], [3.0, 5.0], [9.0, 5.0]])
        >>> standardised(values, usual=values < 9).tolist()
        [[-1.0, nan], [1.0, nan], [7.0, nan]]
    """
    usual = np.ones(values.shape, dtype=bool) if usual is None else usual
    count = usual.sum(axis=0)
    divisor = np.maximum(count, 1)
    mean = np.where(usual, values, 0.0).sum(axis=0) / divisor
    centred = values - mean
    spread = np.sqrt(np.where(usual, centred**2, 0.0).sum(axis=0) / divisor)
    known = (count >= fewest) & ~does_not_vary(mean, spread)
    return np.divide(centred, spread, out=np.full(values.shape, np.nan), where=known)


def unit_columns(values: Float[Array, "samples nodes"]) -> Float[Array, "samples nodes"]:
    """Columns shifted to mean 0 and scaled to length 1, so that their products are correlations.

    Args:
        values: Any units.

    Returns:
        Such columns; NaN throughout where a column does not vary or has a NaN, and everywhere below
        3 samples.

    Example:
        >>> unit_columns(np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])).round(2).tolist()
        [[-0.71, nan], [0.0, nan], [0.71, nan]]
    """
    if len(values) < _FEWEST_SAMPLES:
        return np.full(values.shape, np.nan)
    mean = values.mean(axis=0)
    centred = values - mean
    largest = np.abs(centred).max(axis=0)
    # In units of the largest deviation no sum of squares can overflow or underflow.
    scaled = np.divide(
        centred,
        largest,
        out=np.full(values.shape, np.nan),
        where=~does_not_vary(mean, largest),
    )
    return scaled / np.linalg.norm(scaled, axis=0)


def rounded(values: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Numbers without the digits that depend on the order in which sums were taken.

    Args:
        values: Of the order of 1, such as correlations.

    Returns:
        The numbers to 12 digits after the point.

    Example:
        >>> rounded(np.array([0.1 + 0.2])).tolist()
        [0.3]
    """
    return np.round(values, _DIGITS)
