"""A sparse matrix as a fixed pattern and one number per edge, used like a tensor in products."""

from dataclasses import dataclass, replace
from typing import TypeAlias, Union

import torch

from edgelab.ops import SparsePattern, sparse_matmul, sparse_matrix
from edgelab.typing import Float, Int, Num, Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeMatrix:
    """A square sparse matrix whose products have gradients of the size of its edges.

    Attributes:
        pattern: Where the edges lie; a mirrored pattern holds a symmetric matrix.
        values: One number per edge.
        diagonal: Added on the diagonal; None adds nothing.
        transposed: Stands for the transpose.

    Example:
        >>> path = EdgeMatrix(
        ...     pattern=SparsePattern(torch.tensor([[0, 1], [1, 2]]), 3, mirrored=True),
        ...     values=torch.tensor([1.0, 5.0]),
        ... )
        >>> path @ torch.tensor([1.0, 10.0, 100.0])
        tensor([ 10., 501.,  50.])
        >>> path.row_sums()
        tensor([1., 6., 5.])
    """

    pattern: SparsePattern
    values: Tensor
    diagonal: Tensor | None = None
    transposed: bool = False

    @property
    def shape(self) -> torch.Size:
        """Rows and columns."""
        return torch.Size(self.pattern.shape)

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the values."""
        return self.values.dtype

    @property
    def device(self) -> torch.device:
        """Where the values are."""
        return self.values.device

    @property
    def T(self) -> "EdgeMatrix":
        """The transpose, which shares its numbers."""
        return replace(self, transposed=not self.transposed)

    def __matmul__(self, x: Num[Tensor, "nodes *features"]) -> Num[Tensor, "nodes *features"]:
        product = sparse_matmul(self.pattern, self.values, x, transpose=self.transposed)
        if self.diagonal is None:
            return product
        return product + self.diagonal.reshape(-1, *[1] * (x.ndim - 1)) * x

    def __mul__(self, factor: float | int | Tensor) -> "EdgeMatrix":
        diagonal = None if self.diagonal is None else self.diagonal * factor
        return replace(self, values=self.values * factor, diagonal=diagonal)

    __rmul__ = __mul__

    def __neg__(self) -> "EdgeMatrix":
        return self * -1

    def row_sums(self) -> Float[Tensor, " nodes"]:
        """Sum every row.

        Returns:
            One number per node.
        """
        return self @ self.values.new_ones(self.shape[1])

    def entries(self) -> tuple[Int[Tensor, "2 entries"], Float[Tensor, " entries"]]:
        """List the entries of the matrix.

        Returns:
            Rows and columns, and the numbers there: both mirror images of an edge, then the
            diagonal where there is one. Row by row without a diagonal, if not transposed.
        """
        index = self.pattern.indices.flip(0) if self.transposed else self.pattern.indices
        values = self.values.index_select(0, self.pattern.edge_of_entry)
        if self.diagonal is None:
            return index, values
        nodes = torch.arange(self.shape[0], device=self.device).expand(2, -1)
        return torch.cat([index, nodes], 1), torch.cat([values, self.diagonal])

    def to(self, dtype: torch.dtype) -> "EdgeMatrix":
        """Change the precision.

        Args:
            dtype: Wanted precision.

        Returns:
            The matrix in it; itself if it has it already.
        """
        if dtype == self.dtype:
            return self
        diagonal = None if self.diagonal is None else self.diagonal.to(dtype)
        return replace(self, values=self.values.to(dtype), diagonal=diagonal)

    def to_dense(self) -> Float[Tensor, "nodes nodes"]:
        """Write out the matrix.

        Returns:
            N × N numbers, differentiable.
        """
        (row, column), values = self.entries()
        place = row * self.shape[1] + column
        flat = values.new_zeros(self.shape.numel()).index_add(0, place, values)
        return flat.reshape(self.shape)

    def to_sparse_coo(self) -> Float[Tensor, "nodes nodes"]:
        """Hand the matrix to torch's own sparse functions.

        Returns:
            A coalesced COO tensor, differentiable. Multiply with `@` before, not after: the
            gradient of torch's product is a dense matrix.
        """
        if self.diagonal is None and not self.transposed:
            return sparse_matrix(self.pattern, self.values)
        index, values = self.entries()
        with torch.sparse.check_sparse_tensor_invariants():
            return torch.sparse_coo_tensor(index, values, self.shape).coalesce()


Matrix: TypeAlias = Union[Tensor, EdgeMatrix]  # noqa: UP007 - read at run time


def as_matrix(matrix: Matrix) -> Matrix:
    """Bring a sparse tensor into the form whose products have sparse gradients.

    Args:
        matrix: Square.

    Returns:
        An `EdgeMatrix` for a sparse tensor, which its gradients reach; anything else as it is.

    Example:
        >>> matrix = as_matrix(torch.diag(torch.tensor([2.0, 3.0])).to_sparse())
        >>> matrix @ torch.ones(2)
        tensor([2., 3.])
    """
    if isinstance(matrix, EdgeMatrix) or matrix.layout is torch.strided:
        return matrix
    entries = matrix.to_sparse_coo().coalesce()
    return EdgeMatrix(
        pattern=SparsePattern(entries.indices(), entries.shape[0]), values=entries.values()
    )


def stored_entries(matrix: Matrix) -> tuple[Tensor, Tensor]:
    """Rows, columns and numbers of the entries that may differ from 0, mirror images too."""
    matrix = as_matrix(matrix)
    if isinstance(matrix, Tensor):
        index = matrix.detach().nonzero().t()
        return index, matrix[index[0], index[1]]
    if matrix.diagonal is None:
        return matrix.entries()
    # A loop of the pattern and the diagonal may meet in one entry: coalescing adds them.
    return stored_entries(matrix.to_sparse_coo())
