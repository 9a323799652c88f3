"""How much a new edge could do, in closed form: the algebra of growing a neuron, between two
functions.
"""

from edgelab.growth._solve import extension, whitening
from edgelab.typing import Float, Int, Tensor

from ._edge_statistics import EdgeMoments

NOISE_SHARE = 0.1
"""Directions of less variance than this share of the largest count for nothing: with a few samples
per condition they explain by chance as much as the large ones do for a reason."""


def edge_gains(
    moments: EdgeMoments, slots: Int[Tensor, "nodes slots"], targets: Int[Tensor, " targets"]
) -> Float[Tensor, "sources targets"]:
    """How much of the squared gradient at each target one new edge from each source could explain.

    A new edge i → j carries one number, ω·hᵢ, and adds α (ω·hᵢ) to the channels of j. Among all ω
    and α, the change closest to the descent direction −gⱼ is the first singular triplet of S^(−1/2)
    N, and it explains s². Here N = −E[h̃ g̃ᵀ] and S = E[h̃ h̃ᵀ], where h̃ and g̃ are what the edges
    that enter j already leave unexplained of hᵢ and
    gⱼ: an edge is worth what the others cannot do in its place.

    Args:
        moments: Moments of one pair of layers.
        slots: Which edges enter each function; see `entering_slots`.
        targets: Functions j.

    Returns:
        s², not negative, in the units of `moments.power`.
    """
    n_sources, channels = moments.sent.shape[:2]
    root = whitening(moments.inputs[targets], NOISE_SHARE)
    known = root.mT @ moments.known[slots[targets]]
    pulled = moments.pull.view(n_sources, channels, n_sources, -1)[:, :, targets].permute(
        2, 0, 1, 3
    )
    explained = known.mT @ (root.mT @ moments.input_pull[targets])
    target = explained.view(pulled.shape) - pulled
    known = known.view(len(targets), -1, n_sources, channels).permute(0, 2, 3, 1)
    left = moments.sent - known @ known.mT
    # A channel that the edges into j determine has next to nothing left: it must not be divided by
    # that.
    there = left.diagonal(dim1=-2, dim2=-1) > NOISE_SHARE * moments.sent.diagonal(dim1=-2, dim2=-1)
    left = left * there.unsqueeze(-1) * there.unsqueeze(-2)
    new = extension(left, target * there.unsqueeze(-1), n_neurons=1, relative_cut=NOISE_SHARE)
    return new.singular_values.square().sum(-1).mT
