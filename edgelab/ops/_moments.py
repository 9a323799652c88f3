"""Streaming means, variances and cross-products of paired columns, merged rather than subtracted.

Sums of squares lose every digit once a column's mean is much larger than its spread, so what is
kept is centred: the mean, and the sums of products of deviations from it. Two sets of samples are
merged with one rank-one term (Chan, Golub & LeVeque 1983, "Algorithms for computing the sample
variance", The American Statistician 37).
"""

from dataclasses import dataclass

import torch

from edgelab.errors import DataError
from edgelab.typing import Float, Tensor


@dataclass(slots=True, eq=False)
class PairedMoments:
    """Moments of the columns of `pairs` matrices of sources and of targets; all in float64.

    A first axis of length 1, for the sources or the targets, stands for the same columns in every
    pair.

    Attributes:
        count: Number of samples seen.
        source_mean: `[pairs, sources]`.
        target_mean: `[pairs, targets]`.
        source_squares: Sums of squared deviations, `[pairs, sources]`.
        target_squares: Sums of squared deviations, `[pairs, targets]`.
        cross: Sums of products of deviations of source i and target j, `[pairs, sources, targets]`.
        source_cross: The same between two sources, `[pairs, sources, sources]`, or None when not
            wanted.

    Example:
        >>> x = torch.tensor([[[0.0], [1.0], [2.0]]])
        >>> moments = PairedMoments.of(x, 10 * x)
        >>> moments.count, moments.cross.item()
        (3, 20.0)
    """

    count: int
    source_mean: Float[Tensor, "source_pairs sources"]
    target_mean: Float[Tensor, "target_pairs targets"]
    source_squares: Float[Tensor, "source_pairs sources"]
    target_squares: Float[Tensor, "target_pairs targets"]
    cross: Float[Tensor, "pairs sources targets"]
    source_cross: Float[Tensor, "source_pairs sources sources"] | None = None

    @classmethod
    def of(
        cls,
        source: Float[Tensor, "source_pairs batch sources"],
        target: Float[Tensor, "target_pairs batch targets"],
        *,
        with_source_cross: bool = False,
    ) -> "PairedMoments":
        """Moments of one set of samples.

        Args:
            source: Values of the sources; the first axis may be 1 when all pairs share them.
            target: Values of the targets; likewise.
            with_source_cross: Whether to keep the products between sources too (needed for partial
                correlation).

        Returns:
            The moments, on the device of the samples.
        """
        moments = cls.empty(source, target, with_source_cross=with_source_cross)
        moments.update(source, target)
        return moments

    @classmethod
    def empty(
        cls, source: Tensor, target: Tensor, *, with_source_cross: bool = False
    ) -> "PairedMoments":
        """Moments of no samples, shaped and placed like the samples to come.

        Args:
            source: An example of what `update` will get, `[pairs or 1, batch, sources]`.
            target: Likewise, `[pairs or 1, batch, targets]`.
            with_source_cross: Whether to keep the products between sources too.

        Returns:
            Zeros.
        """
        source_pairs, _, sources = source.shape
        target_pairs, _, targets = target.shape

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(shape, dtype=torch.float64, device=source.device)

        return cls(
            count=0,
            source_mean=zeros(source_pairs, sources),
            target_mean=zeros(target_pairs, targets),
            source_squares=zeros(source_pairs, sources),
            target_squares=zeros(target_pairs, targets),
            cross=zeros(max(source_pairs, target_pairs), sources, targets),
            source_cross=zeros(source_pairs, sources, sources) if with_source_cross else None,
        )

    def update(
        self,
        source: Float[Tensor, "source_pairs batch sources"],
        target: Float[Tensor, "target_pairs batch targets"],
    ) -> None:
        """Add samples, in place.

        Args:
            source: Values of the sources.
            target: Values of the targets of the same samples.
        """
        total = self.count + source.shape[1]
        rows_x, self.source_mean = _centred_rows(source, self.source_mean, self.count)
        rows_y, self.target_mean = _centred_rows(target, self.target_mean, self.count)
        self.source_squares += rows_x.square().sum(dim=1)
        self.target_squares += rows_y.square().sum(dim=1)
        pairs = self.cross.shape[0]
        self.cross.baddbmm_(rows_x.mT.expand(pairs, -1, -1), rows_y.expand(pairs, -1, -1))
        if self.source_cross is not None:
            self.source_cross.baddbmm_(rows_x.mT, rows_x)
        self.count = total

    def merge(self, other: "PairedMoments") -> None:
        """Add the samples behind other moments, in place.

        Args:
            other: Moments of the same columns over other samples, kept with the same options.

        Raises:
            DataError: If the columns or the options differ.
        """
        same_options = (self.source_cross is None) == (other.source_cross is None)
        if not same_options or self.cross.shape != other.cross.shape:
            raise DataError(
                f"moments of shape {tuple(self.cross.shape)} and {tuple(other.cross.shape)} do not "
                "merge, or only one keeps products between sources; collect both over the same "
                "nodes with the same options"
            )
        weight = self.count * other.count / max(self.count + other.count, 1)
        step_x = other.source_mean - self.source_mean
        step_y = other.target_mean - self.target_mean
        self.source_squares += other.source_squares + weight * step_x.square()
        self.target_squares += other.target_squares + weight * step_y.square()
        pairs = self.cross.shape[0]
        column_x = step_x.unsqueeze(2).expand(pairs, -1, -1)
        row_y = step_y.unsqueeze(1).expand(pairs, -1, -1)
        self.cross.add_(other.cross).baddbmm_(column_x, row_y, alpha=weight)
        if self.source_cross is not None and other.source_cross is not None:
            self.source_cross.add_(other.source_cross).baddbmm_(
                step_x.unsqueeze(2), step_x.unsqueeze(1), alpha=weight
            )
        self.count += other.count
        share = other.count / max(self.count, 1)
        self.source_mean = self.source_mean + share * step_x
        self.target_mean = self.target_mean + share * step_y


def _centred_rows(values: Tensor, mean: Tensor, count: int) -> tuple[Tensor, Tensor]:
    # The rows' products are what the new samples add to the sums about the merged mean: their
    # deviations from their own mean, and one more row for the distance between the two means, since
    # the product of two such last rows is Chan's count * new / (count + new) * step_x * step_y.
    values = values.to(torch.float64)
    new = values.shape[1]
    step = values.mean(dim=1) - mean if new else torch.zeros_like(mean)
    rows = torch.empty(
        values.shape[0], new + 1, values.shape[2], dtype=torch.float64, device=values.device
    )
    torch.sub(values, (mean + step).unsqueeze(1), out=rows[:, :new])
    total = max(count + new, 1)
    rows[:, new] = step * (count * new / total) ** 0.5
    return rows, mean + step * (new / total)
