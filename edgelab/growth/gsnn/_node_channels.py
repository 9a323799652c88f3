"""The best new channels of every function in closed form, and which of them a budget of parameters
should buy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from edgelab.growth._solve import (
    extension,
    extension_decrease,
    optimal_delta,
    projected_target,
)
from edgelab.typing import Float, Int, Tensor

from ._node_blocks import NodeBlock
from ._node_statistics import NodeMoments, NodeStatistics

# Gains below this share of the largest are what rounding leaves of nothing.
NEGLIGIBLE_GAIN = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class NewChannels:
    """Possible new channels of the functions of one group in one layer, best first.

    A channel with pre-activation αᵀX is sent along all edges out of its function at once, with the
    weights ω.

    Attributes:
        layer: The layer (0 where layers share their weights).
        block: The functions.
        alpha: Weights of the edges in, the bias last if there is one.
        omega: Weights of the edges out.
        gain: How much of the squared gradient the channel explains (s²), mean over samples.
        slope: How fast the mean loss falls as the product of both scales grows from 0, for an
            activation of slope 1.
        cost: Parameters per channel.
        taken: How many of the channels of each function are wanted.
    """

    layer: int
    block: NodeBlock
    alpha: Float[Tensor, "nodes new into"]
    omega: Float[Tensor, "nodes out_of new"]
    gain: Float[Tensor, "nodes new"]
    slope: Float[Tensor, "nodes new"]
    cost: int
    taken: Int[Tensor, " nodes"]

    @property
    def is_taken(self) -> Tensor:
        """Which channels are wanted, `[nodes, new]`."""
        return torch.arange(self.gain.shape[1], device=self.taken.device) < self.taken.unsqueeze(1)


def best_channels(
    statistics: NodeStatistics, *, per_function: int = 1, project: bool = True, norm_cost: int = 0
) -> list[NewChannels]:
    """The best new channels of every function and layer.

    For a function with incoming states X and gradients G at its outgoing edges, new channels Σ ωⱼ
    αⱼᵀX come closest to −G (in the mean over samples) with the singular triplets of S^(−1/2) N,
    where S = E[X Xᵀ] and N = −E[X Gᵀ]: one channel serves all successors. With `project`, what the
    present channels can do for G is taken off first.

    Source: Verbockhaven et al. (2024), "Growing Tiny Networks", TMLR, for one layer; here per
        function of a graph.

    Args:
        statistics: Moments of the functions.
        per_function: Channels per function and layer, at most.
        project: Count only what the present channels of the function cannot express.
        norm_cost: Parameters that the norm adds per channel.

    Returns:
        One `NewChannels` per layer and group, none taken.
    """
    found = []
    for layer, groups in enumerate(statistics.moments):
        for block, moments in zip(statistics.blocks, groups, strict=True):
            target = _target(moments, project)
            new = extension(moments.inputs, target, n_neurons=per_function)
            found.append(
                NewChannels(
                    layer=layer,
                    block=block,
                    alpha=new.alpha,
                    omega=new.omega,
                    gain=new.singular_values.square(),
                    slope=extension_decrease(new.alpha, new.omega, moments.pull),
                    cost=new.alpha.shape[-1] + new.omega.shape[-2] + norm_cost,
                    taken=torch.zeros_like(block.nodes),
                )
            )
    return found


def _target(moments: NodeMoments, project: bool) -> Tensor:
    if not project:
        return projected_target(moments.pull)
    return projected_target(
        moments.pull, moments.cross, optimal_delta(moments.own, moments.own_pull)
    )


def within_budget(proposals: Sequence[NewChannels], n_parameters: int) -> list[NewChannels]:
    """Take the channels with the largest gain per parameter, over all functions and layers, while
    the budget lasts.

    Args:
        proposals: Possible channels.
        n_parameters: How many parameters may be added.

    Returns:
        The proposals with `taken` set. A channel that does not fit any more is passed over for
        cheaper ones.

    Example:
        >>> import edgelab.growth.gsnn._node_channels as node_channels
        >>> node_channels.take_greedily(torch.tensor([4.0, 9.0, 2.0]), torch.tensor([2, 3, 2]), 5).tolist()
        [True, True, False]
    """
    gain = torch.cat([proposal.gain.flatten() for proposal in proposals])
    cost = torch.cat(
        [torch.full((proposal.gain.numel(),), proposal.cost) for proposal in proposals]
    )
    chosen = take_greedily(gain.cpu(), cost, n_parameters).split(
        [proposal.gain.numel() for proposal in proposals]
    )
    return [
        replace(proposal, taken=taken.view(proposal.gain.shape).sum(1).to(proposal.taken))
        for proposal, taken in zip(proposals, chosen, strict=True)
    ]


def take_greedily(
    gain: Float[Tensor, " channels"], cost: Int[Tensor, " channels"], budget: int
) -> Tensor:
    """Mark the channels of largest gain per cost that fit a budget together.

    Args:
        gain: What each is worth; what is next to nothing is not taken.
        cost: What each costs.
        budget: What all may cost.

    Returns:
        A mask.
    """
    taken, left = torch.zeros(len(gain), dtype=torch.bool), budget
    worth = gain > NEGLIGIBLE_GAIN * gain.max() if len(gain) else taken
    for channel in torch.argsort(gain / cost, descending=True, stable=True).tolist():
        if worth[channel] and cost[channel] <= left:
            taken[channel], left = True, left - int(cost[channel])
    return taken
