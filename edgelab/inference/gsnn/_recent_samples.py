"""The last samples that a regressor has seen, to test its coefficients on."""

import torch

from edgelab.typing import Float, Tensor

from ._shared_regression import SharedFit, fit_shared_coefficients


class RecentSamples:
    """Sizes of activations and gradients; the oldest leave when all take more than `max_bytes`."""

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
        """Add a batch: sizes of activations, and of the gradients one layer later."""
        self._chunks.append((source, target))
        n_bytes = [source.nbytes + target.nbytes for source, target in self._chunks]
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
        """Least squares; None when there are not more samples than functions."""
        if not self._chunks:
            return None
        source, target = zip(*self._chunks, strict=True)
        return fit_shared_coefficients(torch.cat(source, dim=2), torch.cat(target, dim=1))
