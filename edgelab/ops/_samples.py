"""Samples of paired columns kept as they came, and correlations computed from them block by block.

Where there are fewer samples than nodes, the samples take less room than the products of their
columns; and ranks need all samples at once.
"""

from collections.abc import Iterator

import torch

from edgelab.typing import Float, Int, Tensor

from ._columns import does_not_vary


class SampleStore:
    """Values of the sources and targets of every layer pair, sample after sample."""

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
        return sum(chunk.nbytes for chunk in (*self._source, *self._target))

    @property
    def n_pairs(self) -> int:
        """Number of layer pairs; 0 before the first samples."""
        return max((chunk.shape[0] for chunk in (*self._source[:1], *self._target[:1])), default=0)

    @property
    def device(self) -> torch.device:
        """Where the samples are; the CPU before the first."""
        return self._source[0].device if self._source else torch.device("cpu")

    def append(
        self,
        source: Float[Tensor, "source_pairs batch sources"],
        target: Float[Tensor, "target_pairs batch targets"],
    ) -> None:
        """Add samples; the first axis may be 1 where all pairs share the values."""
        self._source.append(source)
        self._target.append(target)

    def chunks(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Sources and targets of the samples, in the portions in which they are stored."""
        yield from zip(self._source, self._target, strict=True)

    def merged(self) -> tuple[Tensor, Tensor]:
        """All samples of the sources and of the targets: tensors `[pairs or 1, samples, nodes]`."""
        self._source = [torch.cat(self._source, dim=1)]
        self._target = [torch.cat(self._target, dim=1)]
        return self._source[0], self._target[0]

    def ranked(self) -> "SampleStore":
        """The samples as ranks in their columns; one that varies by rounding becomes constant."""
        ranked = SampleStore()
        source, target = self.merged()
        ranked.append(
            torch.stack([_ranks(pair) for pair in source]),
            torch.stack([_ranks(pair) for pair in target]),
        )
        return ranked

    def correlation(self, targets: slice) -> Float[Tensor, "pairs sources targets"]:
        """Correlation of every source with some targets; NaN where either does not vary."""
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
        """Correlation of some sources with every source, in one layer pair; NaN if not varying."""
        source, _ = self.merged()
        x = _unit_columns(source[pair % source.shape[0]])
        return (x[:, rows].mT @ x).clamp_(-1, 1)


def _unit_columns(values: Tensor) -> Tensor:
    """As `unit_columns`, in float64 and in place: samples are many, and the device is theirs."""
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
