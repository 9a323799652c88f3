"""Exponentially forgetting means and variances, for quantities that drift while a model trains."""

import torch
from torch import nn

from edgelab.ops import does_not_vary
from edgelab.typing import Bool, Float, Tensor


class RunningScaler(nn.Module):
    """Centres batches and divides them by exponentially forgetting standard deviations.

    Columns have the shape `shape`; values are `[*shape[:-1], samples, shape[-1]]`. `momentum`, in
    (0, 1], is how fast to forget. The buffers `mean`, `variance` (about that mean) and `batch` (the
    weighted number of samples per batch, 0 before the first) are float64.
    """

    mean: Tensor
    variance: Tensor
    batch: Tensor

    def __init__(self, shape: tuple[int, ...], momentum: float, device: torch.device) -> None:
        super().__init__()
        self.momentum = momentum
        for name, size in (("mean", shape), ("variance", shape), ("batch", ())):
            self.register_buffer(name, torch.zeros(size, dtype=torch.float64, device=device))

    def update(self, values: Float[Tensor, "*lead samples columns"]) -> None:
        """Take a batch into account; the first one counts fully.

        Source: West (1979), "Updating mean and variance estimates: an improved method", CACM 22.
        """
        centred, mean = _centred(values)
        variance = centred.square_().mean(dim=-2).to(torch.float64)
        # Among batches of equal size the newest has the weight `momentum`; a smaller one has
        # proportionally less.
        seen = self.batch > 0
        new = torch.where(seen, self.momentum, 1.0) * values.shape[-2]
        self.batch = torch.where(seen, 1 - self.momentum, 0.0) * self.batch + new
        share = new / self.batch
        # The variance is that of the mixture: the distance between the batches' means counts.
        step = mean - self.mean
        kept = self.variance + share * step.square()
        self.mean = self.mean + share * step
        self.variance = (1 - share) * kept + share * variance

    def forward(
        self, values: Float[Tensor, "*lead samples columns"]
    ) -> Float[Tensor, "*lead samples columns"]:
        """Deviations from the batch's own mean, in running standard deviations; 0 if constant."""
        # The running mean is not taken off instead: it lags behind drifting values, and the lag,
        # which all columns of a batch share, would look like correlation.
        scale = self.variance.rsqrt().masked_fill(~self.varies(values.dtype), 0.0)
        return _centred(values)[0].mul_(scale.to(values.dtype).unsqueeze(-2))

    def varies(self, dtype: torch.dtype) -> Bool[Tensor, "*columns"]:
        """Which columns vary beyond the rounding of values that were computed in this type."""
        return ~does_not_vary(self.mean, self.variance.sqrt(), torch.finfo(dtype).eps)


def _centred(values: Tensor) -> tuple[Tensor, Tensor]:
    """Deviations from the mean over the samples, and the mean in float64."""
    # In two steps, the second for the rounding of the mean, which may be large against the spread:
    # as exact as copies in float64 and several times faster.
    coarse = values.mean(dim=-2, keepdim=True)
    centred = values - coarse
    rest = centred.mean(dim=-2, keepdim=True)
    return centred.sub_(rest), (coarse.to(torch.float64) + rest).squeeze(-2)
