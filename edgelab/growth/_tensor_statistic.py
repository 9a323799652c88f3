"""A mean over samples, accumulated batch by batch."""

from collections.abc import Callable
from typing import Any

import torch

from edgelab.errors import GrowthError
from edgelab.typing import Tensor


class TensorStatistic:
    """A mean over samples, accumulated in float64, every batch at most once.

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
        if self.shape is not None and tuple(total.shape) != self.shape:
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
                f"{self.name} has counted no sample; call init_computation() with the options you "
                "need, then forward, backward and update_computation() for every batch"
            )
        return self._total / self.samples

    def __repr__(self) -> str:
        return f"TensorStatistic({self.name}, shape={self.shape}, samples={self.samples})"
