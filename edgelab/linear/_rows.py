"""Maps that act on rows without forming their matrix."""

from abc import abstractmethod

import torch
from torch.nn import functional

from edgelab.typing import Num, Tensor

from ._base import LinearBase
from ._bounds import Number


class RowsLinear(LinearBase):
    """A linear map that transforms rows without forming its matrix.

    The matrix is what it does to the identity. A subclass defines `transform_rows` only, so
    `forward` and `effective_W` cannot disagree. With many more rows than inputs the matrix is
    formed after all and multiplied once, which then is cheaper.

    Example:
        >>> class Reversed(RowsLinear):
        ...     def transform_rows(self, rows):
        ...         return rows.flip(-1) * self.weight[0, 0].detach().fill_(1)
        >>> Reversed(2, 2).effective_W()
        tensor([[0., 1.],
                [1., 0.]])
    """

    rows_per_matrix: Number = 2.0
    """Up to how many rows, in multiples of `insize`, transforming is cheaper than the matrix."""

    @abstractmethod
    def transform_rows(self, rows: Num[Tensor, "rows insize"]) -> Num[Tensor, "rows outsize"]:
        """Multiply every row by the map's matrix.

        Args:
            rows: Inputs.

        Returns:
            Their images, without the bias.
        """

    def effective_W(self) -> Num[Tensor, "insize outsize"]:
        """Return the image of the identity.

        Returns:
            The matrix that the map multiplies its input with.
        """
        return self.transform_rows(
            torch.eye(self.in_features, dtype=self._anchor().dtype, device=self.device)
        )

    def forward(self, x: Num[Tensor, "*batch insize"]) -> Num[Tensor, "*batch outsize"]:
        """Return `x @ effective_W() + bias` by the cheaper of both ways.

        Args:
            x: One row, or any number of leading axes, as for `torch.nn.Linear`.

        Returns:
            The image of every row.
        """
        self._check_columns(x)
        rows = x.reshape(-1, self.in_features)
        if rows.shape[0] > self.rows_per_matrix * self.in_features:
            return functional.linear(x, self.effective_W().mT, self.bias)
        image = self.transform_rows(rows).reshape(*x.shape[:-1], self.out_features)
        return image if self.bias is None else image + self.bias
