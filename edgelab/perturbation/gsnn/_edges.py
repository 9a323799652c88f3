"""Which function→function edges of trained GSNNs to change, under a budget, so that a response
changes as wanted.
"""

import math
from dataclasses import dataclass, replace

import torch

from edgelab.errors import ConfigError
from edgelab.perturbation.gradnet import FitConfig, SparseParameterization, fit, project_to_box
from edgelab.training import Callback, StepInfo
from edgelab.typing import Float, Tensor

from ._response import EdgeResponse

GOALS = ("lower", "raise", "reach")

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
_CHEAPER_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeGoal:
    """What the response should do.

    Attributes:
        kind: One of `GOALS`: `"lower"`, `"raise"`, or `"reach"` a target.
        target: The number to reach; None for the others.

    Raises:
        ConfigError: If the kind is unknown, or the target does not go with it.

    Example:
        >>> EdgeGoal(kind="raise").loss(torch.tensor([2.0]), 1.0).tolist()
        [-2.0]
    """

    kind: str = "lower"
    target: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in GOALS:
            raise ConfigError(f"goal must be one of {list(GOALS)}, got {self.kind!r}")
        if (self.kind == "reach") != (self.target is not None and math.isfinite(self.target)):
            raise ConfigError(
                f"a finite target goes with goal='reach' and only with it, got {self.target!r}"
            )

    def towards(self, baseline: float) -> "EdgeGoal":
        """Return the direction in which the response should go.

        Args:
            baseline: The response without any change.

        Returns:
            A goal `"lower"` or `"raise"`.
        """
        if self.target is None:
            return self
        return EdgeGoal(kind="raise" if self.target > baseline else "lower")

    def loss(
        self, response: Float[Tensor, "*variants"], scale: float
    ) -> Float[Tensor, "*variants"]:
        """Return what to minimise, in units of `scale`.

        Args:
            response: Predicted responses.
            scale: A typical effect.

        Returns:
            One number per response.
        """
        if self.target is None:
            return (response if self.kind == "lower" else -response) / scale
        distance = (response - self.target) / scale
        return torch.nn.functional.smooth_l1_loss(
            distance, torch.zeros_like(distance), reduction="none"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeLimits:
    """What a change of edges may be.

    Attributes:
        cost: Price of one unit of change of every edge.
        budget: Largest Σ cost · |change|.
        low: Smallest change of every edge, at most 0.
        high: Largest change, at least 0.
        max_edges: How many edges may change; None: all.

    Raises:
        ConfigError: If a number breaks its rule.
    """

    cost: Float[Tensor, " edges"]
    budget: float
    low: Float[Tensor, " edges"]
    high: Float[Tensor, " edges"]
    max_edges: int | None = None

    def __post_init__(self) -> None:
        if not (0 < self.budget < math.inf):
            raise ConfigError(f"budget must be a positive number, got {self.budget!r}")
        if not (self.max_edges is None or self.max_edges >= 1):
            raise ConfigError(
                f"max_edges must be a positive integer or None, got {self.max_edges!r}"
            )
        if not bool((self.cost.isfinite() & (self.cost > 0)).all()):
            raise ConfigError(
                f"every cost must be a positive number, got {self.cost.tolist()[:5]} first"
            )
        if not bool(((self.low <= 0) & (self.high >= 0)).all()):
            raise ConfigError("a change of 0 must be allowed for every edge; widen its limits")

    def project(self, raw: Float[Tensor, " edges"]) -> Float[Tensor, " edges"]:
        """Return the nearest change that is allowed, `max_edges` apart.

        Args:
            raw: Any change.

        Returns:
            One within budget and limits.
        """
        return project_to_box(raw, self.cost, self.budget, self.low, self.high)

    def only(self, kept: Tensor) -> "EdgeLimits":
        """Return the same limits with all edges fixed but some.

        Args:
            kept: Marks those that may change.

        Returns:
            New limits.
        """
        zero = torch.zeros_like(self.low)
        return replace(
            self, low=torch.where(kept, self.low, zero), high=torch.where(kept, self.high, zero)
        )


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
    ends = torch.stack(
        [
            torch.zeros_like(reach),
            torch.maximum(limits.low, -reach),
            torch.minimum(limits.high, reach),
        ]
    )
    variants = torch.diag_embed(ends).flatten(0, 1)
    found = response.of_changes(variants).unflatten(0, (3, len(reach)))
    best = goal.towards(response.baseline()).loss(found.mean(2), 1.0).argmin(0, keepdim=True)
    return EdgeScreen(
        change=ends.gather(0, best)[0],
        response=found.gather(0, best[..., None].expand(-1, -1, found.shape[2]))[0],
    )


def choose_changes(
    response: EdgeResponse,
    limits: EdgeLimits,
    goal: EdgeGoal,
    *,
    screen: EdgeScreen,
    n_updates: int = 40,
) -> Float[Tensor, " edges"]:
    """Find the change of edge strengths that brings the mean response of the models nearest to the
    goal.

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
    found = search.solve([torch.zeros_like(single), single], limits)
    if limits.max_edges is not None and int((found != 0).sum()) > limits.max_edges:
        kept = search.most_needed(found, limits.max_edges)
        found = search.solve([torch.where(kept, found, 0), single], limits.only(kept))
    return search.winner([torch.zeros_like(single), single, found])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    response: EdgeResponse
    goal: EdgeGoal
    scale: float
    step: float
    n_updates: int

    def loss(self, changes: Tensor) -> Tensor:
        return self.goal.loss(self.response.of_changes(changes).mean(1), self.scale)

    def solve(self, starts: list[Tensor], limits: EdgeLimits) -> Tensor:
        """The best change; of those that reach a target, one about as cheap as can be, by halving
        the budget.
        """
        found = self.best(starts, limits)
        too_little = 0.0
        for _ in range(_CHEAPER_TRIES if self.goal.target is not None else 0):
            spent = float((limits.cost * found.abs()).sum())
            if not (self.loss(found[None])[0] <= _REACHED and spent > too_little):
                break
            middle = (too_little + spent) / 2
            tried = self.best([*starts, found], replace(limits, budget=middle))
            if self.loss(tried[None])[0] <= _REACHED:
                found = tried
            else:
                too_little = middle
        return found

    def best(self, starts: list[Tensor], limits: EdgeLimits) -> Tensor:
        found = self.winner([self._descend(limits.project(start), limits) for start in starts])
        return torch.where(found.abs() * limits.cost < _NEGLIGIBLE * limits.budget, 0, found)

    @torch.no_grad()
    def winner(self, changes: list[Tensor]) -> Tensor:
        """The last of those that are as good as the best."""
        losses = self.loss(torch.stack(changes))
        return changes[int((losses <= losses.min() + _TIE).nonzero().max())]

    @torch.no_grad()
    def most_needed(self, changes: Tensor, count: int) -> Tensor:
        without = changes.expand(len(changes), -1).clone().fill_diagonal_(0)
        order = (
            self.loss(without)
            .sub(self.loss(changes[None]))
            .div(_TIE)
            .round()
            .argsort(descending=True, stable=True)
        )
        changed = order[changes[order] != 0][:count]
        return torch.zeros_like(changes, dtype=torch.bool).index_fill(0, changed, True)

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
        loss = lambda net: self.loss(net.edge_values()[None])[0]  # noqa: E731
        fit(net, loss, self.n_updates, config, callbacks=[_StayWithin(net, limits)])
        return net.edge_values().detach()


class _StayWithin(Callback):
    def __init__(self, net: SparseParameterization, limits: EdgeLimits) -> None:
        self._net, self._limits = net, limits

    @torch.no_grad()
    def after_step(self, info: StepInfo) -> None:
        raw = self._net.delta_adj_raw
        raw.copy_(self._limits.project(raw))
