"""Where the entries of a sparse matrix lie, sorted once; the values change at every step."""

from functools import cached_property
from typing import Any, NamedTuple

import torch

from edgelab.errors import GraphError
from edgelab.typing import Int, Tensor


class Layout(NamedTuple):
    """The entries of a matrix line after line: rows of it, or columns (rows of its transpose)."""

    starts: Tensor
    """First entry of every line, and the number of entries at last."""
    across: Tensor
    """Where in its line every entry lies: its column if the lines are rows."""
    edge: Tensor
    """Which edge gives every entry its value."""


class SparsePattern(torch.nn.Module):
    """Positions of the entries of a sparse matrix.

    A module without parameters, so that it follows its owner to a device. Entry `(i, j)` of the
    matrix has the value of the edge i → j; a mirrored pattern gives `(j, i)` the same value.

    Args:
        edge_index: Row and column of every edge; no pair twice. Mirrored: no pair in both
            directions, none i = j.
        n_rows: Rows of the matrix.
        n_columns: Columns of the matrix; as many as rows if None.
        mirrored: Makes the matrix symmetric.

    Raises:
        GraphError: If a pair lies outside the matrix, or comes twice.

    Example:
        >>> pattern = SparsePattern(torch.tensor([[1, 0], [2, 1]]), 3, mirrored=True)
        >>> pattern.indices.tolist()
        [[0, 1, 1, 2], [1, 0, 2, 1]]
        >>> pattern.edge_of_entry.tolist()
        [1, 1, 0, 0]
    """

    ends: Tensor
    edge_of_entry: Tensor
    entry_of_edge: Tensor
    mirrored_entry_of_edge: Tensor | None
    _row_starts: Tensor
    _columns: Tensor

    def __init__(
        self,
        edge_index: Int[Tensor, "two edges"],
        n_rows: int,
        n_columns: int | None = None,
        *,
        mirrored: bool = False,
    ) -> None:
        super().__init__()
        self.shape = (n_rows, n_rows if n_columns is None else n_columns)
        self.n_edges = edge_index.shape[1]
        self.mirrored = mirrored
        _check_inside(edge_index, self.shape)
        ends = edge_index.long()
        rows, columns = torch.cat([ends, ends.flip(0)], dim=1) if mirrored else ends
        key = rows * self.shape[1] + columns
        key, order = key.sort()
        _check_unique(key, order, edge_index)
        entry = torch.empty_like(order)
        entry[order] = torch.arange(len(order), device=order.device)
        tables = {
            "ends": ends,
            "edge_of_entry": order % max(1, self.n_edges),
            "entry_of_edge": entry[: self.n_edges],
            "mirrored_entry_of_edge": entry[self.n_edges :] if mirrored else None,
            "_row_starts": _starts(rows, n_rows),
            "_columns": columns[order],
        }
        for name, table in tables.items():
            small = None if table is None else _small(table, max(len(order), *self.shape))
            self.register_buffer(name, small, persistent=False)

    @property
    def n_entries(self) -> int:
        """Entries of the matrix: one per edge, two if mirrored."""
        return len(self.edge_of_entry)

    @cached_property
    def indices(self) -> Int[Tensor, "two entries"]:
        """Row and column of every entry, row by row: the indices of a coalesced COO tensor."""
        rows = torch.arange(self.shape[0], device=self.ends.device)
        return torch.stack(
            [rows.repeat_interleave(self._row_starts.long().diff()), self._columns.long()]
        )

    @cached_property
    def by_row(self) -> Layout:
        """Entries row by row."""
        return Layout(self._row_starts, self._columns, self.edge_of_entry)

    @cached_property
    def by_column(self) -> Layout:
        """Entries column by column; the same as row by row where the pattern is mirrored."""
        if self.mirrored:
            return self.by_row
        rows, columns = self.ends
        order = columns.argsort(stable=True)
        starts = _starts(columns, self.shape[1])
        return Layout(starts.to(rows.dtype), rows[order], order.to(rows.dtype))

    def _apply(self, *args: Any, **kwargs: Any) -> "SparsePattern":
        for cached in ("indices", "by_row", "by_column"):  # they would stay on the old device
            self.__dict__.pop(cached, None)
        return super()._apply(*args, **kwargs)


def _small(table: Tensor, largest: int) -> Tensor:
    return table.to(torch.int32 if largest < 2**31 else torch.int64)


def _starts(lines: Tensor, n_lines: int) -> Tensor:
    return torch.cat([lines.new_zeros(1), torch.bincount(lines, minlength=n_lines).cumsum(0)])


def _check_inside(edge_index: Tensor, shape: tuple[int, int]) -> None:
    limit = torch.tensor(shape, device=edge_index.device).unsqueeze(1)
    outside = ((edge_index < 0) | (edge_index >= limit)).any(0)
    if outside.any():
        first = int(outside.nonzero()[0])
        raise GraphError(
            f"{int(outside.sum())} edges lie outside the {shape[0]} × {shape[1]} matrix, first: "
            f"edge {first}, {tuple(edge_index[:, first].tolist())}. Node ids run from 0 to the "
            "number of nodes - 1; drop these edges or raise the number of nodes."
        )


def _check_unique(sorted_key: Tensor, order: Tensor, edge_index: Tensor) -> None:
    again = (sorted_key[1:] == sorted_key[:-1]).nonzero().flatten()
    if len(again):
        n_edges = edge_index.shape[1]
        first, second = sorted((order[again[0] : again[0] + 2] % n_edges).tolist())
        raise GraphError(
            f"{len(again)} matrix entries are given twice, first by edges {first} and {second}: "
            f"{tuple(edge_index[:, first].tolist())} and {tuple(edge_index[:, second].tolist())}. "
            "Every pair of nodes takes one edge; merge duplicates, adding their costs."
        )
