"""What scorers remember of their samples: moments, samples, or both, as the size allows."""

import copy

import torch

from edgelab.errors import DataError
from edgelab.typing import Float, Int, Tensor

from ._columns import does_not_vary
from ._moments import PairedMoments
from ._partial import ParentGroups, partial_correlation
from ._samples import SampleStore

# Samples folded into the moments at once: enough for the product to outweigh reading and writing
# the result.
FOLDED_AT_ONCE = 512


class PairStatistics:
    """Correlations of the sources and targets of each layer pair, over samples in batches.

    Two things can be kept. *Moments* take `pairs * sources * targets` numbers whatever the number
    of samples; they are kept unless that exceeds `max_moment_bytes`. *Samples* take less where
    nodes outnumber samples, and rank correlations need them; they are kept until they exceed
    `max_sample_bytes`. Where the moments are too large, the samples are kept until they take more
    room than the moments would.

    Args:
        max_sample_bytes: Room for samples; 0 keeps none where moments fit.
        max_moment_bytes: Room for moments; 0 keeps samples alone for as long as they are the
            smaller.

    Example:
        >>> statistics, x = PairStatistics(), torch.rand(1, 20, 3)
        >>> statistics.update(x[:, :13], -x[:, :13])
        >>> statistics.update(x[:, 13:], -x[:, 13:])
        >>> statistics.count
        20
        >>> statistics.correlation(slice(0, 3))[0].diagonal().round(decimals=6).tolist()
        [-1.0, -1.0, -1.0]
    """

    def __init__(self, *, max_sample_bytes: int = 2**29, max_moment_bytes: int = 2**30) -> None:
        self.max_sample_bytes = max_sample_bytes
        self.max_moment_bytes = max_moment_bytes
        self.count = 0
        self.moments: PairedMoments | None = None
        self.samples: SampleStore | None = SampleStore()
        self._waiting: list[tuple[Tensor, Tensor]] = []
        self._ranked: SampleStore | None = None
        self._precision = 0.0
        self._shapes: tuple[tuple[int, int], tuple[int, int]] | None = None

    def update(
        self,
        source: Float[Tensor, "source_pairs batch sources"],
        target: Float[Tensor, "target_pairs batch targets"],
    ) -> None:
        """Add samples.

        Args:
            source: Values of the sources; the first axis may be 1 when all pairs share them.
            target: Values of the targets of the same samples; likewise.

        Raises:
            DataError: If the numbers of samples differ, or the nodes are not those of earlier
                samples.
        """
        self._check(source, target)
        self.count += source.shape[1]
        self._precision = max(
            self._precision, torch.finfo(source.dtype).eps, torch.finfo(target.dtype).eps
        )
        self._ranked = None
        if self.samples is not None:
            self.samples.append(source, target)
        if self.samples is None or self._moments_fit():
            self._waiting.append((source, target))
        if sum(waiting.shape[1] for waiting, _ in self._waiting) >= FOLDED_AT_ONCE:
            self._fold()
        self._make_room()

    def merge(self, other: "PairStatistics") -> None:
        """Add the samples behind other statistics, as if they had been seen here.

        Args:
            other: Statistics of the same nodes over other samples; left as they are.

        Raises:
            DataError: If the nodes or the layer pairs differ.
        """
        if other._shapes is None:
            return
        if self._shapes not in (None, other._shapes):
            raise DataError(
                f"statistics over {self._shapes} and {other._shapes} (pairs, nodes) do not merge"
            )
        self._ranked = None
        self._precision = max(self._precision, other._precision)
        if self.samples is not None and other.samples is not None:
            for source, target in other.samples.chunks():
                self.update(source, target)
            return
        moments = self._full_moments() if self.count else None
        self._shapes = other._shapes
        self.samples = None
        self._waiting = []
        self.count += other.count
        merged = other._full_moments()
        if moments is not None:
            merged.merge(moments)
        self.moments = merged

    def correlation(self, targets: slice) -> Float[Tensor, "pairs sources targets"]:
        """Pearson correlation of every source with a range of targets, in each layer pair.

        Args:
            targets: A range of targets with a start and a stop.

        Returns:
            Values in [-1, 1]; NaN where the source or the target does not vary.
        """
        self._fold()
        if self.moments is None:
            return self._kept_samples().correlation(targets)
        moments = self.moments
        scale_x = self._scale(moments.source_squares, moments.source_mean)
        scale_y = self._scale(moments.target_squares[:, targets], moments.target_mean[:, targets])
        correlation = moments.cross[:, :, targets] * scale_x.unsqueeze(2)
        # Rounding alone can step over 1.
        return correlation.mul_(scale_y.unsqueeze(1)).clamp_(-1, 1)

    def partial(
        self, targets: slice, edge_index: Int[Tensor, "2 edges"], ridge: float
    ) -> Float[Tensor, "pairs sources targets"]:
        """Correlation of every source with a range of targets, given the parents of each target.

        Args:
            targets: A range of targets with a start and a stop.
            edge_index: Parents (row 0, sources) and their targets (row 1).
            ridge: Added to the diagonal of the correlations among the parents, at any scale of the
                values.

        Returns:
            Values in [-1, 1]; NaN where the source or the target does not vary, where the source is
            a parent, and where the parents explain the source or the target completely.
        """
        groups = ParentGroups.of(edge_index.to(self.device), targets)
        result = self.correlation(targets)
        for pair, correlation in enumerate(result):
            parents = self._source_correlation(pair, groups.parents).nan_to_num_(0.0)
            value = partial_correlation(correlation.nan_to_num(0.0), parents, groups, ridge)
            correlation.copy_(value.masked_fill_(correlation.isnan(), torch.nan))
        return result

    def rank_correlation(self, targets: slice) -> Float[Tensor, "pairs sources targets"]:
        """Spearman correlation of every source with a range of targets, in each layer pair.

        Args:
            targets: A range of targets with a start and a stop.

        Returns:
            Values in [-1, 1]; equal values share their mean rank; NaN where the source or the
            target does not vary.
        """
        if self._ranked is None:
            self._ranked = self._kept_samples().ranked()
        return self._ranked.correlation(targets)

    def target_spread(self, targets: slice) -> Float[Tensor, "target_pairs targets"]:
        """Standard deviation of a range of targets in each layer pair.

        Args:
            targets: A range of targets with a start and a stop.

        Returns:
            Not negative, in the units of the targets; one row if all pairs share them.
        """
        self._fold()
        if self.moments is not None:
            return (self.moments.target_squares[:, targets] / self.count).sqrt()
        _, samples = self._kept_samples().merged()
        return samples[:, :, targets].to(torch.float64).std(dim=1, correction=0)

    @property
    def device(self) -> torch.device:
        """Where the statistics are; the CPU before the first samples."""
        if self.moments is not None:
            return self.moments.cross.device
        return self.samples.device if self.samples is not None else torch.device("cpu")

    def _check(self, source: Tensor, target: Tensor) -> None:
        shapes = ((source.shape[0], source.shape[2]), (target.shape[0], target.shape[2]))
        if source.shape[1] != target.shape[1]:
            raise DataError(
                f"{source.shape[1]} samples of the sources but {target.shape[1]} of the targets; "
                "align them"
            )
        if self._shapes not in (None, shapes):
            raise DataError(
                f"statistics over {self._shapes} (pairs, nodes) got samples over {shapes}; start "
                "new ones"
            )
        self._shapes = shapes

    def _moment_bytes(self) -> int:
        (source_pairs, sources), (target_pairs, targets) = self._shapes or ((0, 0), (0, 0))
        return 8 * max(source_pairs, target_pairs) * sources * targets

    def _moments_fit(self) -> bool:
        return self._moment_bytes() <= self.max_moment_bytes

    def _make_room(self) -> None:
        room = self.max_sample_bytes
        if not self._moments_fit():
            room = max(room, self._moment_bytes())
        if self.samples is not None and self.samples.n_bytes > room:
            self.moments = self._full_moments()
            self.samples = None
            self._waiting = []

    def _fold(self) -> None:
        """Move the waiting samples into the moments."""
        if self._waiting:
            source, target = (
                torch.cat(chunks, dim=1) for chunks in zip(*self._waiting, strict=True)
            )
            if self.moments is None:
                self.moments = PairedMoments.empty(source, target)
            self.moments.update(source, target)
            self._waiting = []

    def _full_moments(self) -> PairedMoments:
        """Moments of all samples, with the products between sources; a copy."""
        if self.samples is None:
            self._fold()
            if self.moments is not None:
                return copy.deepcopy(self.moments)
            raise DataError("no samples have been seen; call update first")
        source, target = self.samples.merged()
        moments = PairedMoments.empty(source, target, with_source_cross=True)
        for start in range(0, self.count, FOLDED_AT_ONCE):
            rows = slice(start, start + FOLDED_AT_ONCE)
            moments.update(source[:, rows], target[:, rows])
        return moments

    def _source_correlation(self, pair: int, rows: Tensor) -> Tensor:
        moments = self.moments
        # Whenever samples are given up, moments with the products between sources are there.
        if moments is None or moments.source_cross is None:
            return self._kept_samples().source_correlation(pair, rows)
        pair %= moments.source_mean.shape[0]
        scale = self._scale(moments.source_squares[pair], moments.source_mean[pair])
        return (
            moments.source_cross[pair, rows]
            .mul_(scale)
            .mul_(scale[rows].unsqueeze(1))
            .clamp_(-1, 1)
        )

    def _scale(self, squares: Tensor, mean: Tensor) -> Tensor:
        spread = (squares / max(self.count, 1)).sqrt()
        constant = does_not_vary(mean, spread, self._precision)
        return squares.rsqrt().masked_fill_(constant, torch.nan)

    def _kept_samples(self) -> SampleStore:
        if self.samples is None:
            raise DataError(
                f"rank correlations need all {self.count} samples, which were given up as they "
                f"exceed max_sample_bytes={self.max_sample_bytes}; raise it and fit again"
            )
        return self.samples
