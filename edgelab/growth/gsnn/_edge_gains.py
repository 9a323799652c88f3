"""How much a new edge between two functions could do, in closed form.

The algebra of growing a neuron: an edge sends what one function has, in one layer, to another one
layer later.
"""

from dataclasses import dataclass
from functools import reduce
from operator import add

import torch

from edgelab.growth._solve import extension, whitening
from edgelab.models import GSNN, BlockSignals
from edgelab.typing import Float, Int, Tensor

# Directions of less variance than this share of the largest count for nothing: with a few samples
# per condition they explain by chance as much as the large ones do for a reason.
_NOISE_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
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
        pairs = zip(self.parts(), other.parts(), strict=True)
        return EdgeMoments(*(mine + theirs for mine, theirs in pairs))


def entering_slots(model: GSNN) -> Int[Tensor, "nodes slots"]:
    """For every function, which rows of `EdgeMoments.known` belong to the edges that enter it.

    Args:
        model: A GSNN.

    Returns:
        Positions among the edges into functions; then the row of ones, if channels have a bias;
        else, and as padding, the row of zeros.
    """
    lin_in = model.res_blocks()[0].lin_in
    target = lin_in.node_of_edge
    ones = len(target)
    zeros = len(target) + 1
    degree = torch.bincount(target, minlength=model.n_functions)
    slots = target.new_full((model.n_functions, int(degree.max()) + 1), zeros)
    order = torch.argsort(target, stable=True)
    start = degree.cumsum(0) - degree
    place = torch.arange(len(target), device=target.device) - start[target[order]]
    slots[target[order], place] = order
    if lin_in.bias is not None:
        slots[:, -1] = ones
    return slots


def edge_moments(
    model: GSNN, signals: BlockSignals, slots: Int[Tensor, "nodes slots"]
) -> list[EdgeMoments]:
    """The moments of one batch.

    Args:
        model: A GSNN.
        signals: What was seen in its blocks, edge states included.
        slots: See `entering_slots`.

    Returns:
        One per pair of adjacent layers; their sum where layers share weights.
    """
    wiring = model.wiring
    rank = wiring.inward.rank_of_node
    rows = wiring.row_of_edge[wiring.into_function]
    pairs = zip(signals.sent, signals.entering[1:], signals.gradients[1:], strict=False)
    moments = [
        _pair_moments(sent[rank].double(), state[rows].double(), gradient.double(), slots)
        for sent, state, gradient in pairs
    ]
    return [reduce(add, moments)] if model.share_layers and moments else moments


def _pair_moments(
    sources: Float[Tensor, "nodes channels batch"],
    states: Float[Tensor, "edges batch"],
    gradient: Float[Tensor, "batch nodes channels"],
    slots: Int[Tensor, "nodes slots"],
) -> EdgeMoments:
    pulled = gradient.permute(1, 2, 0)
    features = sources.flatten(0, 1)
    ones = torch.ones_like(states[:1])
    zeros = torch.zeros_like(states[:1])
    entering = torch.cat([states, ones, zeros])
    inputs = entering[slots]
    return EdgeMoments(
        pull=features @ pulled.flatten(0, 1).mT,
        sent=sources @ sources.mT,
        known=entering @ features.mT,
        inputs=inputs @ inputs.mT,
        input_pull=inputs @ pulled.mT,
        power=pulled.square().sum((1, 2)),
    )


def edge_gains(
    moments: EdgeMoments, slots: Int[Tensor, "nodes slots"], targets: Int[Tensor, " targets"]
) -> Float[Tensor, "sources targets"]:
    """How much of the squared gradient at each target one new edge from each source could explain.

    A new edge i → j carries one number, ω·hᵢ, and adds α (ω·hᵢ) to the channels of j. Among all ω
    and α, the change closest to the descent direction −gⱼ is the first singular triplet of S^(−1/2)
    N, and it explains s². Here N = −E[h̃ g̃ᵀ] and S = E[h̃ h̃ᵀ], where h̃ and g̃ are what the edges
    that enter j already leave unexplained of hᵢ and gⱼ: an edge is worth what the others cannot do
    in its place.

    Args:
        moments: Moments of one pair of layers.
        slots: Which edges enter each function; see `entering_slots`.
        targets: Functions j.

    Returns:
        s², not negative, in the units of `moments.power`.
    """
    n_sources, channels = moments.sent.shape[:2]
    root = whitening(moments.inputs[targets], _NOISE_SHARE)
    known = root.mT @ moments.known[slots[targets]]
    pulled = moments.pull.view(n_sources, channels, n_sources, -1)[:, :, targets]
    pulled = pulled.permute(2, 0, 1, 3)
    explained = known.mT @ (root.mT @ moments.input_pull[targets])
    target = explained.view(pulled.shape) - pulled
    known = known.view(len(targets), -1, n_sources, channels).permute(0, 2, 3, 1)
    residual = moments.sent - known @ known.mT
    # A channel that the edges into j determine has next to nothing left: it must not be divided by
    # that.
    power = moments.sent.diagonal(dim1=-2, dim2=-1)
    is_left = residual.diagonal(dim1=-2, dim2=-1) > _NOISE_SHARE * power
    residual = residual * is_left.unsqueeze(-1) * is_left.unsqueeze(-2)
    target = target * is_left.unsqueeze(-1)
    new = extension(residual, target, n_neurons=1, relative_cut=_NOISE_SHARE)
    return new.singular_values.square().sum(-1).mT
