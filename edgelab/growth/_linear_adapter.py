"""Linear layers as growth sees them: every leading position is one sample."""

import torch
from torch import nn

from edgelab.errors import GrowthError
from edgelab.typing import Float, Tensor

from ._adapter import LayerAdapter
from ._moments import moment_sum
from ._outlet import Outlet


class LinearAdapter(LayerAdapter):
    """A `torch.nn.Linear`."""

    layer: nn.Linear

    def size_after(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """The same: positions pass one by one."""
        return size

    def count_of(self, x: Float[Tensor, "*positions inputs"]) -> int:
        """How many positions an input has."""
        return x.shape[:-1].numel()

    def rows_of(self, x: Float[Tensor, "*positions inputs"]) -> Float[Tensor, "samples inputs"]:
        """A view where possible."""
        return x.reshape(-1, self.in_features)

    def output_rows_of(
        self, values: Float[Tensor, "*positions outputs"]
    ) -> Float[Tensor, "samples outputs"]:
        """A view where possible."""
        return values.reshape(-1, self.out_features)

    def goal_products(self, before: Outlet, x: Tensor, goal: Tensor) -> Tensor:
        """`[readings, outputs]`."""
        rows = self._readings(before, x)
        return moment_sum(rows, self.output_rows_of(goal), x_ones=before.has_bias)

    def input_products(self, before: Outlet, x: Tensor) -> Tensor:
        """`[readings, inputs]`."""
        rows = self._readings(before, x)
        return moment_sum(rows, self.rows_of(x), x_ones=before.has_bias, y_ones=self.has_bias)

    def _readings(self, before: Outlet, x: Tensor) -> Tensor:
        rows = before.rows()
        if len(rows) != self.count_of(x):
            raise GrowthError(
                f"{self.name} sees {self.count_of(x)} positions where the layer before it sees "
                f"{len(rows)}; optimal neurons need one for one, create random ones instead"
            )
        return rows

    def _allocated(self, n_outputs: int, n_inputs: int, has_bias: bool) -> nn.Linear:
        return torch.nn.utils.skip_init(nn.Linear, n_inputs, n_outputs, bias=has_bias)

    def _note_sizes(self) -> None:
        self.layer.out_features, self.layer.in_features = self.layer.weight.shape
