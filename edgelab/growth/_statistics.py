"""Second moments over batches: sums in one pass, means when asked for."""

from collections.abc import Callable
from typing import Any

import torch

from edgelab.errors import GrowthError
from edgelab.typing import Float, Tensor

# Columns of one product. Half of a symmetric product is not needed; blocks this wide skip most of
# it and still run at the speed of a large product.
_BLOCK = 128
_ALIGNMENT = 16


@torch.no_grad()
def moment_sum(
    x: Float[Tensor, "samples columns"],
    y: Float[Tensor, "samples others"],
    *,
    x_ones: bool = False,
    y_ones: bool = False,
) -> Float[Tensor, "columns_and_one others_and_one"]:
    """Sum over samples of the products of every column of `x` with every column of `y`.

    Args:
        x: Samples.
        y: The same samples.
        x_ones: Treats `x` as if a column of ones followed.
        y_ones: Likewise for `y`.

    Returns:
        `[x, 1]ᵀ [y, 1]`, without copying either to append ones.

    Example:
        >>> moment_sum(torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0], [5.0]]), x_ones=True)
        tensor([[17.],
                [ 7.]])
    """
    total = _aligned(x, x.shape[1] + x_ones, y.shape[1] + y_ones)
    torch.mm(x.mT, y, out=total[: x.shape[1], : y.shape[1]])
    _add_sums(total, x, y, x_ones, y_ones)
    return total


def _aligned(like: Tensor, rows: int, columns: int) -> Tensor:
    # Products whose rows start at odd places, as behind a column of ones, are a tenth slower.
    return like.new_empty(rows, -(-columns // _ALIGNMENT) * _ALIGNMENT)[:, :columns]


def _add_sums(total: Tensor, x: Tensor, y: Tensor, x_ones: bool, y_ones: bool) -> None:
    if x_ones:
        total[-1, : y.shape[1]] = y.sum(dim=0)
    if y_ones:
        total[: x.shape[1], -1] = x.sum(dim=0)
    if x_ones and y_ones:
        total[-1, -1] = x.shape[0]


@torch.no_grad()
def second_moment_sum(
    x: Float[Tensor, "samples columns"], *, ones: bool = False
) -> Float[Tensor, "columns_and_one columns_and_one"]:
    """Sum over samples of the products of every two columns, at little more than half of the
    multiplications.

    Args:
        x: Samples.
        ones: Treats `x` as if a column of ones followed.

    Returns:
        `[x, 1]ᵀ [x, 1]`, symmetric up to rounding.

    Example:
        >>> second_moment_sum(torch.tensor([[1.0], [3.0]]), ones=True)
        tensor([[10.,  4.],
                [ 4.,  2.]])
    """
    columns = x.shape[1]
    total = _aligned(x, columns + ones, columns + ones)
    for start in range(0, columns, _BLOCK):
        stop = min(start + _BLOCK, columns)
        torch.mm(x[:, start:stop].mT, x[:, start:], out=total[start:stop, start:columns])
        total[stop:columns, start:stop] = total[start:stop, stop:columns].mT
    _add_sums(total, x, x, ones, ones)
    return total


class TensorStatistic:
    """A mean over samples that is accumulated batch by batch, in float64, at most once per forward
    pass.

    Args:
        shape: What every update must be shaped like; None takes any.
        update_function: Returns the sum over a batch and how many samples it sums over.
        device: Where the sum lives; that of the first update by default.
        name: For messages.

    Attributes:
        samples: How many samples were counted.
        updated: Whether the present batch was counted already; a forward pass clears it.

    Example:
        >>> batch = torch.tensor([1.0, 3.0])
        >>> mean = TensorStatistic((), lambda: (batch.sum(), len(batch)), name="mean")
        >>> mean.update()
        >>> mean.update()  # the same batch: counted once
        >>> mean(), mean.samples
        (tensor(2., dtype=torch.float64), 2)
    """

    def __init__(
        self,
        shape: tuple[int, ...] | None,
        update_function: Callable[..., tuple[Tensor, int]],
        device: torch.device | str | None = None,
        name: str | None = None,
    ) -> None:
        self.shape = shape
        self.name = name or "statistic"
        self.device = device
        self._update_function = update_function
        self.init()

    def init(self) -> None:
        """Forget all samples."""
        self._total: Tensor | None = None
        self.samples = 0
        self.updated = False

    def reset(self) -> None:
        """Forget all samples; another name of `init`."""
        self.init()

    @torch.no_grad()
    def update(self, **kwargs: Any) -> None:
        """Count the present batch, unless it was counted.

        Args:
            **kwargs: Passed to the update function.

        Raises:
            GrowthError: If the update has another shape than promised.
        """
        if self.updated:
            return
        total, samples = self._update_function(**kwargs)
        if not (self.shape is None or tuple(total.shape) == self.shape):
            raise GrowthError(
                f"{self.name} should get updates of shape {self.shape}, got {tuple(total.shape)}; "
                "a layer that changed its size needs init_computation() again"
            )
        if self._total is None:
            self._total = torch.zeros(
                total.shape, dtype=torch.float64, device=self.device or total.device
            )
        self._total += total.to(self._total.device)
        self.samples += samples
        self.updated = True

    def __call__(self) -> Tensor:
        """Return the mean over all samples so far, float64.

        Returns:
            Of the shape of the updates.

        Raises:
            GrowthError: If there were none.
        """
        if self._total is None or self.samples == 0:
            raise GrowthError(
                f"{self.name} has counted no sample; call init_computation() with the options you need, then forward, "
                "backward and update_computation() for every batch"
            )
        return self._total / self.samples

    def __repr__(self) -> str:
        return f"TensorStatistic({self.name}, shape={self.shape}, samples={self.samples})"
