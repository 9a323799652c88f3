"""Exponentially forgetting means and variances, for quantities that drift while a model trains."""

from typing import NamedTuple

import torch
from torch import nn

from edgelab.typing import Bool, Float, Tensor

from ._columns import does_not_vary


class RunningMoments(NamedTuple):
    """What is remembered of earlier batches; all float64.

    Attributes:
        mean: Exponentially weighted mean of every column.
        variance: Exponentially weighted variance about it.
        batch: Exponentially weighted number of samples per batch, a scalar; 0 before the first
            batch.
    """

    mean: Float[Tensor, "*columns"]
    variance: Float[Tensor, "*columns"]
    batch: Float[Tensor, ""]


def updated_moments(
    moments: RunningMoments,
    mean: Float[Tensor, "*columns"],
    variance: Float[Tensor, "*columns"],
    count: int,
    momentum: float,
) -> RunningMoments:
    """Take one more batch into account.

    Among batches of equal size the newest has the weight `momentum`; a smaller one has
    proportionally less. The variance is that of the mixture, so the distance between the batches'
    means counts.

    Args:
        moments: What is remembered.
        mean: Mean of the new batch.
        variance: Its variance (divided by the number of samples).
        count: Its number of samples.
        momentum: In (0, 1]: how fast to forget.

    Returns:
        What to remember next; the batch's own moments if it is the first.

    Source: West (1979), "Updating mean and variance estimates: an improved method", CACM 22.

    Example:
        >>> zero = torch.zeros((), dtype=torch.float64)
        >>> first = updated_moments(RunningMoments(zero, zero, zero), zero + 2, zero + 1, 64, momentum=0.1)
        >>> [round(value.item(), 3) for value in updated_moments(first, zero + 3, zero + 1, 64, momentum=0.1)]
        [2.1, 1.09, 64.0]
    """
    new = torch.where(moments.batch > 0, momentum, 1.0) * count
    batch = torch.where(moments.batch > 0, 1 - momentum, 0.0) * moments.batch + new
    share = new / batch
    step = mean - moments.mean
    return RunningMoments(
        mean=moments.mean + share * step,
        variance=(1 - share) * (moments.variance + share * step.square()) + share * variance,
        batch=batch,
    )


def standardised(
    values: Float[Tensor, "*lead samples columns"], moments: RunningMoments
) -> Float[Tensor, "*lead samples columns"]:
    """Deviations from the batch's own mean, in running standard deviations; 0 in columns that do
    not vary.

    The running mean is not taken off instead: it lags behind drifting values, and the lag, which
    all columns of a batch share, would look like correlation.

    Args:
        values: Samples of a batch.
        moments: Of their columns, `[*lead, columns]`.

    Returns:
        In the type of `values`.

    Example:
        >>> moments = RunningMoments(*(torch.tensor(x, dtype=torch.float64) for x in ([2.0, 1.0], [4.0, 0.0], 9.0)))
        >>> standardised(torch.tensor([[8.0, 1.0], [4.0, 1.0]]), moments)
        tensor([[ 1.,  0.],
                [-1.,  0.]])
    """
    constant = does_not_vary(moments.mean, moments.variance.sqrt(), torch.finfo(values.dtype).eps)
    scale = moments.variance.rsqrt().masked_fill(constant, 0.0)
    return _centred(values)[0].mul_(scale.to(values.dtype).unsqueeze(-2))


def _centred(values: Tensor) -> tuple[Tensor, Tensor]:
    # In two steps, the second for the rounding of the mean, which may be large against the spread:
    # as exact as copies in float64 and several times faster.
    coarse = values.mean(dim=-2, keepdim=True)
    centred = values - coarse
    rest = centred.mean(dim=-2, keepdim=True)
    return centred.sub_(rest), (coarse.to(torch.float64) + rest).squeeze(-2)


class RunningScaler(nn.Module):
    """Centres batches and divides them by exponentially forgetting standard deviations, which are
    buffers.

    Args:
        shape: Shape of the columns; values are `[*shape[:-1], samples, shape[-1]]`.
        momentum: In (0, 1]: how fast to forget.
        device: Where the buffers are.

    Attributes:
        mean: See `RunningMoments`.
        variance: Likewise.
        batch: Likewise.

    Example:
        >>> scaler = RunningScaler((1,), momentum=0.5, device=torch.device("cpu"))
        >>> scaler.update(torch.tensor([[1.0], [3.0]]))
        >>> scaler(torch.tensor([[4.0], [8.0]])).flatten()
        tensor([-2.,  2.])
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
        """Take a batch into account.

        Args:
            values: Samples.
        """
        centred, mean = _centred(values)
        variance = centred.square_().mean(dim=-2).to(torch.float64)
        updated = updated_moments(self._moments(), mean, variance, values.shape[-2], self.momentum)
        self.mean, self.variance, self.batch = updated

    def forward(
        self, values: Float[Tensor, "*lead samples columns"]
    ) -> Float[Tensor, "*lead samples columns"]:
        """Centre a batch, and divide by the standard deviations so far.

        Args:
            values: Samples.

        Returns:
            In the type of `values`; 0 in columns that do not vary.
        """
        return standardised(values, self._moments())

    def varies(self, dtype: torch.dtype) -> Bool[Tensor, "*columns"]:
        """Which columns vary beyond rounding.

        Args:
            dtype: The type in which the values were computed.

        Returns:
            True for those.
        """
        return ~does_not_vary(self.mean, self.variance.sqrt(), torch.finfo(dtype).eps)

    def _moments(self) -> RunningMoments:
        return RunningMoments(self.mean, self.variance, self.batch)
