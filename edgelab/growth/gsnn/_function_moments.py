"""Second moments at every function of a GSNN, from one pass over the data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from edgelab.errors import DataError
from edgelab.models import GSNN, BlockSignals, block_signals
from edgelab.ops import Batch, Criterion, threads_for_pass
from edgelab.typing import Float, Tensor

from ._function_groups import FunctionGroup, function_groups

Batches = Iterable[Batch | tuple[Tensor, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionMoments:
    """Second moments of the functions of one group in one layer, float64; sums, or means.

    With X the states of the edges that enter a function (and 1, if channels have a bias), B the
    channels that it sends (and 1, if edges have a bias) and G the gradient of the summed loss with
    respect to the states of the edges that leave it.
    """

    inputs: Float[Tensor, "functions into into"]  # X Xᵀ
    pull: Float[Tensor, "functions into out_of"]  # X Gᵀ
    own: Float[Tensor, "functions own own"]  # B Bᵀ
    own_pull: Float[Tensor, "functions own out_of"]  # B Gᵀ
    cross: Float[Tensor, "functions into own"]  # X Bᵀ

    def parts(self) -> tuple[Tensor, ...]:
        """The five moments."""
        return self.inputs, self.pull, self.own, self.own_pull, self.cross

    def __add__(self, other: "FunctionMoments") -> "FunctionMoments":
        pairs = zip(self.parts(), other.parts(), strict=True)
        return FunctionMoments(*(mine + theirs for mine, theirs in pairs))

    def per_sample(self, n_samples: int) -> "FunctionMoments":
        """Means instead of sums."""
        return FunctionMoments(*(part / n_samples for part in self.parts()))


@dataclass(frozen=True, slots=True, eq=False)
class FunctionStatistics:
    """Means over samples at every function and layer."""

    groups: tuple[FunctionGroup, ...]
    moments: tuple[tuple[FunctionMoments, ...], ...]  # by layer (one where all share), by group
    loss: float  # of a sample, summed over outputs
    n_samples: int


def function_statistics(
    model: GSNN, batches: Batches, criterion: Criterion | None = None
) -> FunctionStatistics:
    """The moments of every function, the same however samples are cut into batches."""
    groups = function_groups(model)
    total: list[list[FunctionMoments]] = []
    loss = 0.0
    n_samples = 0
    for signals in block_signals(model, batches, criterion, per_entry=True, edge_states=True):
        with threads_for_pass(model, signals.n_samples):
            moments = _moments_of(model, signals, groups)
        if total:
            moments = [_added(*layers) for layers in zip(total, moments, strict=True)]
        total = moments
        loss += signals.loss
        n_samples += signals.n_samples
    if not n_samples:
        raise DataError(
            "`batches` holds no sample; pass at least one batch, and not an iterator already used "
            "up"
        )
    means = tuple(tuple(moments.per_sample(n_samples) for moments in layer) for layer in total)
    return FunctionStatistics(groups, means, loss / n_samples, n_samples)


def _moments_of(
    model: GSNN, signals: BlockSignals, groups: tuple[FunctionGroup, ...]
) -> list[list[FunctionMoments]]:
    """Sums over one batch, by layer and group; where layers share weights, one sum of all."""
    rank = model.wiring.inward.rank_of_node
    layers = []
    blocks = zip(
        model.res_blocks(), signals.entering, signals.sent, signals.edge_gradients, strict=True
    )
    for block, state, sent, gradient in blocks:
        reads_ones = block.lin_in.bias is not None
        sends_ones = block.lin_out.bias is not None
        moments = []
        for group in groups:
            entering = _with_ones(state[group.into_rows].double(), reads_ones)
            own = _with_ones(sent[rank[group.functions]].double(), sends_ones)
            leaving = gradient[group.out_rows].double()
            moments.append(_function_moments(entering, own, leaving))
        layers.append(moments)
    return [_added(*layers)] if model.share_layers else layers


def _function_moments(
    entering: Float[Tensor, "functions into batch"],
    own: Float[Tensor, "functions own batch"],
    leaving: Float[Tensor, "functions out_of batch"],
) -> FunctionMoments:
    return FunctionMoments(
        inputs=entering @ entering.mT,
        pull=entering @ leaving.mT,
        own=own @ own.mT,
        own_pull=own @ leaving.mT,
        cross=entering @ own.mT,
    )


def _with_ones(values: Float[Tensor, "functions features batch"], is_wanted: bool) -> Tensor:
    return torch.cat([values, torch.ones_like(values[:, :1])], dim=1) if is_wanted else values


def _added(*sums: Sequence[FunctionMoments]) -> list[FunctionMoments]:
    """Group by group."""
    total = list(sums[0])
    for moments in sums[1:]:
        total = [mine + theirs for mine, theirs in zip(total, moments, strict=True)]
    return total
