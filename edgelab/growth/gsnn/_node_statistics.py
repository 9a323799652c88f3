"""Second moments at every function of a GSNN, from one pass over the data: what its growth follows
from.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from edgelab.errors import DataError
from edgelab.models import GSNN, BlockSignals, block_signals
from edgelab.ops import Batch, Criterion
from edgelab.typing import Float, Tensor

from ._node_blocks import NodeBlock, node_blocks

Batches = Iterable[Batch | tuple[Tensor, ...]]


@dataclass(slots=True, eq=False)
class NodeMoments:
    """Second moments of the functions of one group in one layer; sums over samples, float64.

    With X the states of the edges that enter a function (and 1, if channels have a bias), B the
    channels that it sends (and 1, if edges have a bias) and G the gradient of the summed loss with
    respect to the states of the edges that leave it.

    Attributes:
        inputs: Σ X Xᵀ.
        pull: Σ X Gᵀ.
        own: Σ B Bᵀ.
        own_pull: Σ B Gᵀ.
        cross: Σ X Bᵀ.
    """

    inputs: Float[Tensor, "nodes into into"]
    pull: Float[Tensor, "nodes into out_of"]
    own: Float[Tensor, "nodes own own"]
    own_pull: Float[Tensor, "nodes own out_of"]
    cross: Float[Tensor, "nodes into own"]

    def parts(self) -> tuple[Tensor, ...]:
        """The five moments."""
        return self.inputs, self.pull, self.own, self.own_pull, self.cross

    def __add__(self, other: "NodeMoments") -> "NodeMoments":
        return NodeMoments(
            *(mine + theirs for mine, theirs in zip(self.parts(), other.parts(), strict=True))
        )

    def per_sample(self, n_samples: int) -> "NodeMoments":
        """Means instead of sums.

        Args:
            n_samples: How many samples were summed.

        Returns:
            The means.
        """
        return NodeMoments(*(part / n_samples for part in self.parts()))


@dataclass(frozen=True, slots=True, eq=False)
class NodeStatistics:
    """Means over samples at every function and layer.

    Attributes:
        blocks: The functions, in groups of equal shape.
        moments: `moments[layer][group]`; a single layer, the sum of all, where layers share their
            weights.
        loss: Mean loss of a sample, summed over outputs.
        n_samples: How many samples were seen.
    """

    blocks: tuple[NodeBlock, ...]
    moments: tuple[tuple[NodeMoments, ...], ...]
    loss: float
    n_samples: int


def node_statistics(
    model: GSNN, batches: Batches, criterion: Criterion | None = None
) -> NodeStatistics:
    """Collect the moments of every function in one pass.

    Args:
        model: A GSNN; left as it is.
        batches: `Batch`es, or tuples (x, y) or (x, y, weight), each sample once. Sizes may differ.
        criterion: Losses of the entries; squared errors when absent.

    Returns:
        The statistics; the same however samples are cut into batches.

    Raises:
        DataError: If there is no sample.
    """
    ends = (
        end.repeat_interleave(model.edge_channels)
        for end in (model.graph.source, model.graph.target)
    )
    blocks = node_blocks(model.wiring, *ends)
    total: list[list[NodeMoments]] | None = None
    loss, n_samples = 0.0, 0
    for signals in block_signals(model, batches, criterion, per_entry=True, edge_states=True):
        moments = _moments_of(model, signals, blocks)
        total = moments if total is None else _added(total, moments)
        loss, n_samples = loss + signals.loss, n_samples + signals.n_samples
    if total is None:
        raise DataError(
            "`batches` holds no sample; pass at least one batch, and not an iterator already used up"
        )
    means = tuple(tuple(moments.per_sample(n_samples) for moments in layer) for layer in total)
    return NodeStatistics(blocks, means, loss / n_samples, n_samples)


def _moments_of(
    model: GSNN, signals: BlockSignals, blocks: tuple[NodeBlock, ...]
) -> list[list[NodeMoments]]:
    rank = model.wiring.inward.rank_of_node
    layers = []
    for block, state, sent, pull in zip(
        model.res_blocks(), signals.entering, signals.sent, signals.edge_gradients, strict=True
    ):
        biases = block.lin_in.bias is not None, block.lin_out.bias is not None
        layers.append(
            [_node_moments(group, state, sent[rank[group.nodes]], pull, biases) for group in blocks]
        )
    if not model.share_layers:
        return layers
    summed = layers[0]
    for layer in layers[1:]:
        summed = [mine + theirs for mine, theirs in zip(summed, layer, strict=True)]
    return [summed]


def _node_moments(
    group: NodeBlock, state: Tensor, sent: Tensor, pull: Tensor, biases: tuple[bool, bool]
) -> NodeMoments:
    entering = _with_ones(state[group.into_rows].double(), biases[0])
    own = _with_ones(sent.double(), biases[1])
    leaving = pull[group.out_rows].double()
    return NodeMoments(
        inputs=entering @ entering.mT,
        pull=entering @ leaving.mT,
        own=own @ own.mT,
        own_pull=own @ leaving.mT,
        cross=entering @ own.mT,
    )


def _with_ones(values: Float[Tensor, "nodes features batch"], wanted: bool) -> Tensor:
    return torch.cat([values, torch.ones_like(values[:, :1])], dim=1) if wanted else values


def _added(
    total: list[list[NodeMoments]], moments: list[list[NodeMoments]]
) -> list[list[NodeMoments]]:
    return [
        [mine + theirs for mine, theirs in zip(one, other, strict=True)]
        for one, other in zip(total, moments, strict=True)
    ]
