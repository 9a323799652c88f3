"""The samples that a regressor has seen since it was told to forget, for testing its coefficients."""

from typing import NamedTuple

import torch

from edgelab.ops import SharedFit, fit_shared_coefficients
from edgelab.typing import Float, Tensor


class RecentSamples:
    """Sizes of activations and gradients, newest last; the oldest leave when they take too much
    room.

    Args:
        max_bytes: Room for the samples.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._chunks: list[tuple[Tensor, Tensor]] = []

    @property
    def count(self) -> int:
        """Number of samples kept."""
        return sum(target.shape[1] for _, target in self._chunks)

    def append(
        self,
        source: Float[Tensor, "pairs aggregators batch nodes"],
        target: Float[Tensor, "pairs batch nodes"],
    ) -> None:
        """Add the samples of a batch.

        Args:
            source: Sizes of activations.
            target: Sizes of gradients of the same samples, one layer later.
        """
        self._chunks.append((source, target))
        n_bytes = [
            sum(part.numel() * part.element_size() for part in chunk) for chunk in self._chunks
        ]
        while sum(n_bytes) > self.max_bytes:
            del self._chunks[0], n_bytes[0]

    def forget(self) -> None:
        """Drop all samples."""
        self._chunks = []

    def copy(self) -> "RecentSamples":
        """The same samples, in a list of their own."""
        twin = RecentSamples(self.max_bytes)
        twin._chunks = list(self._chunks)
        return twin

    def fit(self) -> SharedFit | None:
        """Least squares over the samples.

        Returns:
            Coefficients with standard errors, or None when there are not more samples than
            functions.
        """
        if not self._chunks:
            return None
        source, target = zip(*self._chunks, strict=True)
        return fit_shared_coefficients(torch.cat(source, dim=2), torch.cat(target, dim=1))


class BestState(NamedTuple):
    """The regressor at its best so far.

    Attributes:
        metric: How good it was.
        state: Its `state_dict`, copied.
        samples: What its p-values rest on.
    """

    metric: float
    state: dict[str, Tensor]
    samples: RecentSamples
