"""The change of edges that does most for a goal: a screen of single edges, then a descent."""

from dataclasses import dataclass, replace

import torch

from edgelab.perturbation.gradnet import FitConfig, SparseParameterization, fit
from edgelab.training import Callback, StepInfo
from edgelab.typing import Bool, Float, Tensor

from ._goal import EdgeGoal
from ._limits import EdgeLimits
from ._response import EdgeResponse

# A step along the best edge, as a share of how far the budget and its limits let it go.
_STEP = 0.25
# Below this share of the budget a change is an unfinished step, not an intention.
_NEGLIGIBLE = 5e-3
# Losses nearer than this, in units of the best effect of one edge, count as equal: the order of
# sums must not decide.
_TIE = 1e-9
# A target counts as reached within 1 % of the best effect of one edge: its loss is then half the
# square of that.
_REACHED = 0.5 * 0.01**2
# Halvings of the budget in search of the cheapest way to a target: to 3 % of what it costs first.
_CHEAPER_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeScreen:
    """What each edge does by itself with the whole budget.

    Attributes:
        change: Of the furthest changes down and up, the one that moves the response further the
            wanted way, be it past the target; 0 if none does.
        response: What the models predict for it.
    """

    change: Float[Tensor, " edges"]
    response: Float[Tensor, "edges models"]


@torch.no_grad()
def screen_edges(response: EdgeResponse, limits: EdgeLimits, goal: EdgeGoal) -> EdgeScreen:
    """Spend the whole budget on every edge in turn, as far as its limits allow.

    Args:
        response: What to predict.
        limits: What may be changed.
        goal: What is better.

    Returns:
        The better direction of every edge.
    """
    reach = limits.budget / limits.cost
    down = torch.maximum(limits.low, -reach)
    up = torch.minimum(limits.high, reach)
    ends = torch.stack([torch.zeros_like(reach), down, up])
    variants = torch.diag_embed(ends).flatten(0, 1)
    responses = response.of_changes(variants).unflatten(0, (3, len(reach)))
    losses = goal.towards(response.baseline()).loss(responses.mean(2), 1.0)
    best = losses.argmin(0, keepdim=True)
    best_of_models = best[..., None].expand(-1, -1, responses.shape[2])
    return EdgeScreen(
        change=ends.gather(0, best)[0], response=responses.gather(0, best_of_models)[0]
    )


def choose_changes(
    response: EdgeResponse,
    limits: EdgeLimits,
    goal: EdgeGoal,
    *,
    screen: EdgeScreen,
    n_updates: int = 40,
) -> Float[Tensor, " edges"]:
    """Find the change of edge strengths that brings the models' mean response nearest to the goal.

    Projected gradient descent, from no change and from the best single edge; so a response that is
    lowered or raised never ends worse than with that one. A target is reached at about the lowest
    price that the descent finds. With `max_edges`, the edges that matter most in the first solution
    are kept and the budget divided anew. A local optimum, in general: the response is no convex
    function of the strengths. Nothing is drawn at random.

    Args:
        response: What to predict.
        limits: What may be changed.
        goal: What is better.
        screen: What `screen_edges` found for the same arguments.
        n_updates: Steps of each descent.

    Returns:
        The change of every edge, many exactly zero; all zero if no edge helps.
    """
    effect = (screen.response.mean(1) - response.baseline()).abs()
    scale = float(effect.max()) if len(effect) else 0.0
    if scale == 0:
        return torch.zeros_like(limits.cost)
    best = int((effect >= scale * (1 - _TIE)).nonzero()[0])
    single = torch.diag(screen.change)[best]
    step = _STEP * float(single.abs().max()) ** 2
    search = _Search(response=response, goal=goal, scale=scale, step=step, n_updates=n_updates)
    none = torch.zeros_like(single)
    change = search.solve([none, single], limits)
    if limits.max_edges is not None and int((change != 0).sum()) > limits.max_edges:
        kept = search.most_needed(change, limits.max_edges)
        change = search.solve([torch.where(kept, change, 0), single], limits.only(kept))
    return search.winner([none, single, change])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    """Descents to one goal, with losses in units of the best effect of one edge."""

    response: EdgeResponse
    goal: EdgeGoal
    scale: float
    step: float
    n_updates: int

    def loss(self, changes: Tensor) -> Tensor:
        return self.goal.loss(self.response.of_changes(changes).mean(1), self.scale)

    def solve(self, starts: list[Tensor], limits: EdgeLimits) -> Tensor:
        """The best change; of those that reach a target, one about as cheap as can be."""
        change = self._best(starts, limits)
        if self.goal.target is None:
            return change
        too_little = 0.0  # a budget that did not suffice
        for _ in range(_CHEAPER_TRIES):
            spent = float((limits.cost * change.abs()).sum())
            if not (self._reaches(change) and spent > too_little):
                break
            middle = (too_little + spent) / 2
            cheaper = self._best([*starts, change], replace(limits, budget=middle))
            if self._reaches(cheaper):
                change = cheaper
            else:
                too_little = middle
        return change

    def _reaches(self, change: Tensor) -> bool:
        return bool(self.loss(change[None])[0] <= _REACHED)

    def _best(self, starts: list[Tensor], limits: EdgeLimits) -> Tensor:
        change = self.winner([self._descend(limits.project(start), limits) for start in starts])
        return torch.where(change.abs() * limits.cost < _NEGLIGIBLE * limits.budget, 0, change)

    @torch.no_grad()
    def winner(self, changes: list[Tensor]) -> Tensor:
        """The last of those that are as good as the best."""
        losses = self.loss(torch.stack(changes))
        return changes[int((losses <= losses.min() + _TIE).nonzero().max())]

    @torch.no_grad()
    def most_needed(self, change: Tensor, count: int) -> Bool[Tensor, " edges"]:
        """Mark the changed edges without which the loss rises most."""
        without = change.expand(len(change), -1).clone().fill_diagonal_(0)
        rise = self.loss(without).sub(self.loss(change[None]))
        order = rise.div(_TIE).round().argsort(descending=True, stable=True)
        needed = order[change[order] != 0][:count]
        return torch.zeros_like(change, dtype=torch.bool).index_fill(0, needed, True)

    def _descend(self, start: Tensor, limits: EdgeLimits) -> Tensor:
        net = SparseParameterization(
            num_nodes=self.response.models[0].n_functions,
            budget=limits.budget,
            edge_index=self.response.ends.to(start.device),
            cost_p_sum=limits.cost,
            delta_sign="free",
            directed=True,
            projection="simplex",
            rand_init_weights=False,
        )
        net.set_edge_values(start)
        config = FitConfig(
            optimizer="sgd", lr=self.step, schedule="cosine", restore_best=True, progress=False
        )

        def loss(net: SparseParameterization) -> Tensor:
            return self.loss(net.edge_values()[None])[0]

        with self.response.threads(1):
            fit(net, loss, self.n_updates, config, callbacks=[_StayWithin(net, limits)])
        return net.edge_values().detach()


class _StayWithin(Callback):
    """Brings a change back within its limits after each step: projected gradient descent."""

    def __init__(self, net: SparseParameterization, limits: EdgeLimits) -> None:
        self._net = net
        self._limits = limits

    @torch.no_grad()
    def after_step(self, info: StepInfo) -> None:
        raw = self._net.delta_adj_raw
        raw.copy_(self._limits.project(raw))
