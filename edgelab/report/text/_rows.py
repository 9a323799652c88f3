"""Rows of text: how a mean is written, and rows as Markdown."""

from collections.abc import Sequence

import pandas as pd

from edgelab.errors import TableError


def format_mean(mean: float, sd: float) -> str:
    """`0.54 ± 0.08`; `0.54` where the standard deviation is NaN, `–` where nothing is known."""
    if pd.isna(mean):
        return "–"
    return f"{mean:.2f}" if pd.isna(sd) else f"{mean:.2f} ± {sd:.2f}"


def to_markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as a Markdown table, the first one as headings.

    Args:
        rows: At least the headings; all of one length.

    Returns:
        Lines joined by line breaks; the first column is aligned left, the others right. A `|` in a
        cell is escaped.

    Raises:
        TableError: If there are no rows or their lengths differ.

    Example:
        >>> print(to_markdown_table([["scorer", "MRR"], ["mei", "0.50 ± 0.14"]]))
        | scorer |         MRR |
        |:-------|------------:|
        | mei    | 0.50 ± 0.14 |
    """
    if not rows or len({len(row) for row in rows}) > 1:
        raise TableError(
            f"a table needs rows of one length, got lengths {sorted({len(row) for row in rows})}"
        )
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(_aligned(row, widths)) + " |" for row in cells]
    rule = [":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], "|" + "|".join(rule) + "|", *lines[1:]])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
