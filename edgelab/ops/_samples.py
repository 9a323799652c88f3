"""Samples of paired columns kept as they came, and correlations computed from them block by block.

Where there are fewer samples than nodes, the samples take less room than the products of their
columns; and ranks need all samples at once.
"""

from collections.abc import Iterator

import torch

from edgelab.typing import Float, Int, Tensor

from ._columns import does_not_vary


class SampleStore:
    """Values of the sources and targets of every layer pair, sample after sample.

    Example:
        >>> store = SampleStore()
        >>> store.append(torch.rand(1, 5, 3), torch.rand(1, 5, 2))
        >>> store.count, store.n_bytes, store.correlation(slice(0, 2)).shape
        (5, 100, torch.Size([1, 3, 2]))
    """

    def __init__(self) -> None:
        self._source: list[Tensor] = []
        self._target: list[Tensor] = []

    @property
    def count(self) -> int:
        """Number of samples."""
        return sum(chunk.shape[1] for chunk in self._source)

    @property
    def n_bytes(self) -> int:
        """Memory that the samples take."""
        return sum(chunk.numel() * chunk.element_size() for chunk in (*self._source, *self._target))

    @property
    def n_pairs(self) -> int:
        """Number of layer pairs; 0 before the first samples."""
        return max((chunk.shape[0] for chunk in (*self._source[:1], *self._target[:1])), default=0)

    def append(
        self,
        source: Float[Tensor, "source_pairs batch sources"],
        target: Float[Tensor, "target_pairs batch targets"],
    ) -> None:
        """Add samples.

        Args:
            source: Values of the sources; the first axis may be 1 when all pairs share them.
            target: Values of the targets of the same samples; likewise.
        """
        self._source.append(source)
        self._target.append(target)

    def extend(self, other: "SampleStore") -> None:
        """Add the samples of another store.

        Args:
            other: Samples of the same columns.
        """
        self._source += other._source
        self._target += other._target

    @property
    def device(self) -> torch.device:
        """Where the samples are; the CPU before the first."""
        return self._source[0].device if self._source else torch.device("cpu")

    def chunks(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Sources and targets of the samples, in the portions in which they are stored."""
        yield from zip(self._source, self._target, strict=True)

    def merged(self) -> tuple[Tensor, Tensor]:
        """All samples of the sources and of the targets, each as one tensor `[pairs or 1, samples,
        nodes]`.
        """
        self._source, self._target = (
            [torch.cat(self._source, dim=1)],
            [torch.cat(self._target, dim=1)],
        )
        return self._source[0], self._target[0]

    def ranked(self) -> "SampleStore":
        """The same samples with every value replaced by its rank in its column.

        Returns:
            A new store; equal values share their mean rank, and a column that varies by rounding
            only becomes constant.
        """
        ranked = SampleStore()
        ranked.append(*(torch.stack([_ranks(pair) for pair in values]) for values in self.merged()))
        return ranked

    def correlation(self, targets: slice) -> Float[Tensor, "pairs sources targets"]:
        """Correlation of every source with a range of targets, in each layer pair.

        Args:
            targets: A range of targets with a start and a stop.

        Returns:
            Values in [-1, 1]; NaN where the source or the target does not vary.
        """
        source, target = self.merged()
        blocks = []
        for pair in range(self.n_pairs):
            x = _unit_columns(source[pair % source.shape[0]])
            y = _unit_columns(target[pair % target.shape[0], :, targets])
            blocks.append((x.mT @ y).clamp_(-1, 1))  # rounding alone can step over 1
        return torch.stack(blocks)

    def source_correlation(
        self, pair: int, rows: Int[Tensor, " rows"]
    ) -> Float[Tensor, "rows sources"]:
        """Correlation of some sources with every source, in one layer pair.

        Args:
            pair: Which pair.
            rows: Which sources.

        Returns:
            Values in [-1, 1]; NaN where either does not vary.
        """
        source, _ = self.merged()
        x = _unit_columns(source[pair % source.shape[0]])
        return (x[:, rows].mT @ x).clamp_(-1, 1)


def _unit_columns(values: Tensor) -> Tensor:
    """Columns centred and of length 1, so that products are correlations; NaN for those that do not
    vary.
    """
    exact = values.to(torch.float64, copy=True)
    mean = exact.mean(dim=0)
    squares = torch.linalg.vector_norm(exact.sub_(mean), dim=0).square_()
    spread = (squares / len(values)).sqrt()
    constant = does_not_vary(mean, spread, torch.finfo(values.dtype).eps)
    return exact.mul_(squares.rsqrt().masked_fill_(constant, torch.nan))


def _ranks(values: Tensor) -> Tensor:
    # float32 holds ranks and half ranks exactly up to eight million samples.
    return (
        mean_ranks(values)
        .to(torch.float32)
        .masked_fill_(_unit_columns(values).isnan().any(dim=0), 0.0)
    )


def mean_ranks(values: Float[Tensor, "samples columns"]) -> Float[Tensor, "samples columns"]:
    """Rank of every value within its column, from 1 on; equal values share the mean of theirs."""
    columns = values.mT.contiguous()
    in_order = columns.sort(dim=-1).values
    # The ranks of a run of equal values lie between how many are smaller, plus one, and how many
    # are not larger.
    smaller = torch.searchsorted(in_order, columns)
    not_larger = torch.searchsorted(in_order, columns, right=True)
    return (smaller + not_larger + 1).to(torch.float64).mul_(0.5).mT
