"""Second moments between what every function sends and how the loss pulls at every function one
layer later.
"""

from dataclasses import dataclass

import torch

from edgelab.models import GSNN, BlockSignals
from edgelab.typing import Float, Int, Tensor


@dataclass(slots=True, eq=False)
class EdgeMoments:
    """Sums over samples for one pair of layers, float64.

    With h the channels that functions send in a layer, g the gradient of the summed loss with
    respect to the channels of functions after the inward product of the next layer, and X the
    states of the edges there (with 1 last).

    Attributes:
        pull: Σ h gᵀ, all functions with all.
        sent: Σ hᵢ hᵢᵀ of every function.
        known: Σ X hᵀ, all edges (and 1, and a row of zeros last for padding) with all functions.
        inputs: Σ Xⱼ Xⱼᵀ over the edges that enter function j, padded with zeros.
        input_pull: Σ Xⱼ gⱼᵀ.
        power: Σ ‖gⱼ‖² of every function.
    """

    pull: Float[Tensor, "features pulled"]
    sent: Float[Tensor, "nodes channels channels"]
    known: Float[Tensor, "entering features"]
    inputs: Float[Tensor, "nodes slots slots"]
    input_pull: Float[Tensor, "nodes slots channels"]
    power: Float[Tensor, " nodes"]

    def parts(self) -> tuple[Tensor, ...]:
        """The moments."""
        return self.pull, self.sent, self.known, self.inputs, self.input_pull, self.power

    def __add__(self, other: "EdgeMoments") -> "EdgeMoments":
        return EdgeMoments(
            *(mine + theirs for mine, theirs in zip(self.parts(), other.parts(), strict=True))
        )


def entering_slots(model: GSNN) -> Int[Tensor, "nodes slots"]:
    """For every function, which rows of `EdgeMoments.known` belong to the edges that enter it.

    Args:
        model: A GSNN.

    Returns:
        Positions among the edges into functions; then the row of ones, if channels have a bias;
        else, and as padding, the row of zeros.
    """
    target = model.res_blocks()[0].lin_in.node_of_edge
    degree = torch.bincount(target, minlength=model.n_functions)
    slots = target.new_full((model.n_functions, int(degree.max()) + 1), len(target) + 1)
    order = torch.argsort(target, stable=True)
    start = degree.cumsum(0) - degree
    slots[target[order], torch.arange(len(target), device=target.device) - start[target[order]]] = (
        order
    )
    if model.res_blocks()[0].lin_in.bias is not None:
        slots[:, -1] = len(target)
    return slots


def edge_moments(
    model: GSNN, signals: BlockSignals, slots: Int[Tensor, "nodes slots"]
) -> list[EdgeMoments]:
    """The moments of one batch.

    Args:
        model: A GSNN.
        signals: What was seen in its blocks.
        slots: See `entering_slots`.

    Returns:
        One per pair of adjacent layers; their sum where layers share weights.
    """
    wiring = model.wiring
    rank, rows = wiring.inward.rank_of_node, wiring.row_of_edge[wiring.into_function]
    found = []
    later = zip(signals.sent, signals.entering[1:], signals.gradients[1:], strict=False)
    for sent, state, pull in later:
        sources, pulled = sent[rank].double(), pull.permute(1, 2, 0).double()
        entering = state[rows].double()
        entering = torch.cat(
            [entering, torch.ones_like(entering[:1]), torch.zeros_like(entering[:1])]
        )
        inputs = entering[slots]
        found.append(
            EdgeMoments(
                pull=sources.flatten(0, 1) @ pulled.flatten(0, 1).mT,
                sent=sources @ sources.mT,
                known=entering @ sources.flatten(0, 1).mT,
                inputs=inputs @ inputs.mT,
                input_pull=inputs @ pulled.mT,
                power=pulled.square().sum((1, 2)),
            )
        )
    return [_sum(found)] if model.share_layers and found else found


def _sum(moments: list[EdgeMoments]) -> EdgeMoments:
    total = moments[0]
    for other in moments[1:]:
        total = total + other
    return total
