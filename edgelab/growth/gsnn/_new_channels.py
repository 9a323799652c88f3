"""The best new channels of every function in closed form, and which of them a budget buys."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from edgelab.growth._solve import (
    extension,
    extension_decrease,
    optimal_delta,
    projected_target,
)
from edgelab.typing import Bool, Float, Int, Tensor

from ._function_groups import FunctionGroup
from ._function_moments import FunctionMoments, FunctionStatistics

# Gains below this share of the largest are what rounding leaves of nothing.
NEGLIGIBLE_GAIN = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class NewChannels:
    """Possible new channels of the functions of one group in one layer, best first.

    A channel with pre-activation αᵀX is sent along all edges out of its function at once, with the
    weights ω.
    """

    layer: int  # 0 where layers share their weights
    group: FunctionGroup
    alpha: Float[Tensor, "functions new into"]  # weights of the edges in; the bias last, if any
    omega: Float[Tensor, "functions out_of new"]  # weights of the edges out
    gain: Float[Tensor, "functions new"]  # explained part of the squared gradient (s²), a mean
    # How fast the mean loss falls as the product of both scales grows from 0, for an activation of
    # slope 1.
    slope: Float[Tensor, "functions new"]
    cost: int  # parameters per channel
    taken: Int[Tensor, " functions"]  # how many channels of each function are wanted

    @property
    def is_taken(self) -> Bool[Tensor, "functions new"]:
        """Which channels are wanted."""
        order = torch.arange(self.gain.shape[1], device=self.taken.device)
        return order < self.taken.unsqueeze(1)


def best_channels(
    statistics: FunctionStatistics,
    *,
    per_function: int = 1,
    project: bool = True,
    norm_cost: int = 0,
) -> list[NewChannels]:
    """The best new channels of every function and layer; none taken.

    For a function with incoming states X and gradients G at its outgoing edges, new channels Σ ωⱼ
    αⱼᵀX come closest to −G (in the mean over samples) with the singular triplets of S^(−1/2) N,
    where S = E[X Xᵀ] and N = −E[X Gᵀ]: one channel serves all successors. With `project`, what the
    present channels can do for G is taken off first. `norm_cost` parameters per channel are the
    norm's.

    Source: Verbockhaven et al. (2024), "Growing Tiny Networks", TMLR, for one layer; here per
        function of a graph.
    """
    proposals = []
    for layer, by_group in enumerate(statistics.moments):
        for group, moments in zip(statistics.groups, by_group, strict=True):
            new = extension(moments.inputs, _target(moments, project), n_neurons=per_function)
            proposal = NewChannels(
                layer=layer,
                group=group,
                alpha=new.alpha,
                omega=new.omega,
                gain=new.singular_values.square(),
                slope=extension_decrease(new.alpha, new.omega, moments.pull),
                cost=new.alpha.shape[-1] + new.omega.shape[-2] + norm_cost,
                taken=torch.zeros_like(group.functions),
            )
            proposals.append(proposal)
    return proposals


def _target(moments: FunctionMoments, project: bool) -> Tensor:
    if not project:
        return projected_target(moments.pull)
    delta = optimal_delta(moments.own, moments.own_pull)
    return projected_target(moments.pull, moments.cross, delta)


def within_budget(proposals: Sequence[NewChannels], n_parameters: int) -> list[NewChannels]:
    """The proposals with those channels taken that gain most per parameter, over the whole graph.

    A channel that does not fit any more is passed over for cheaper ones.
    """
    sizes = [proposal.gain.numel() for proposal in proposals]
    gain = torch.cat([proposal.gain.flatten() for proposal in proposals])
    cost = torch.cat(
        [torch.full((proposal.gain.numel(),), proposal.cost) for proposal in proposals]
    )
    marks = take_greedily(gain.cpu(), cost, n_parameters).split(sizes)
    return [
        replace(proposal, taken=mark.view(proposal.gain.shape).sum(1).to(proposal.taken))
        for proposal, mark in zip(proposals, marks, strict=True)
    ]


def take_greedily(
    gain: Float[Tensor, " channels"], cost: Int[Tensor, " channels"], budget: int
) -> Bool[Tensor, " channels"]:
    """Mark the channels of largest gain per cost that fit a budget together."""
    taken = torch.zeros(len(gain), dtype=torch.bool)
    if not len(gain):
        return taken
    is_worth_it = gain > NEGLIGIBLE_GAIN * gain.max()
    for channel in torch.argsort(gain / cost, descending=True, stable=True).tolist():
        if is_worth_it[channel] and cost[channel] <= budget:
            taken[channel] = True
            budget -= int(cost[channel])
    return taken
