"""From a data set to the few edges whose change moves a response as wanted, at a price."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError, GraphError, close_names, shorten
from edgelab.graphs import prior_pairs
from edgelab.models import GSNN
from edgelab.naming import natural_pair_key
from edgelab.perturbation import EdgeGoal, EdgeLimits, choose_changes, edge_response, screen_edges
from edgelab.perturbation.gsnn import Pair, changes_effects, changes_table, ranked, train_for_edges
from edgelab.refinement import Pairs, allowed_edges
from edgelab.tasks import graph_of
from edgelab.training import History, ModelSettings
from edgelab.typing import Array, Bool, Tensor

from ._infer import infer_edges
from ._refine import refinement_model


@dataclass(frozen=True, slots=True, kw_only=True)
class PerturbSettings:
    """What may be changed, and at what price.

    Attributes:
        budget: Largest Σ cost · |change of strength|. With costs of 1, a budget of 2 removes two
            edges, or doubles two.
        cost: Price of changing the strength of an existing edge by 1.
        candidate_cost: Price of opening a candidate edge wholly.
        max_edges: How many edges may change; None: as many as the budget allows.
        max_strength: Strength up to which an edge at work may be raised, at least 1. Beyond 2, what
            the model says is far from what it has seen.
        models: Models, trained from different seeds, whose mean prediction counts.

    Raises:
        ConfigError: If a number lies outside its range.

    Example:
        >>> PerturbSettings(budget=2.0).max_strength
        2.0
    """

    budget: float = 1.0
    cost: float = 1.0
    candidate_cost: float = 1.0
    max_edges: int | None = None
    max_strength: float = 2.0
    models: int = 3

    def __post_init__(self) -> None:
        for name in ("budget", "cost", "candidate_cost"):
            if not (0 < getattr(self, name) < float("inf")):
                raise ConfigError(f"{name} must be a positive number, got {getattr(self, name)!r}")
        if not (1 <= self.max_strength < float("inf")):
            raise ConfigError(
                f"max_strength must be at least 1, the strength of an edge now, got {self.max_strength}"
            )
        if not self.models >= 1:
            raise ConfigError(f"models must be a positive integer, got {self.models!r}")
        if not (self.max_edges is None or self.max_edges >= 1):
            raise ConfigError(
                f"max_edges must be a positive integer or None, got {self.max_edges!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Perturbation:
    """The edges to change, and what models predict.

    Responses are in the units of the data set's `y`. Effects are changes of the predicted response,
    mean over models.

    Attributes:
        table: The edges to change, the most effective first: `source`, `target`, `kind` (`existing`
            or `candidate`), strength `before` and `after`, `change`, `cost` of a unit, `spent`,
            `share` of the budget, `effect_alone` (only this edge changed), its standard deviation
            over models `effect_sd`, `agreement` (share of models with that sign), and
            `effect_within` (what is lost if all others are changed and this one is not).
        screen: One row per edge that could change: `source`, `target`, `kind`, `cost`, and `change`
            and `effect` when the whole budget goes to this edge alone. Best first.
        output: The response.
        goal: What was wanted of it.
        samples: Over how many samples it is averaged.
        budget: What could be spent.
        baseline: Predicted response without a change.
        achieved: With all changes of the table together.
        achieved_sd: Standard deviation of the effect of all together over models; NaN for one
            model.
        observed: Mean of the measured response over the samples.
        models: The trained models.
        history: Course of the first one's training.
    """

    table: pd.DataFrame
    screen: pd.DataFrame
    output: str
    goal: EdgeGoal
    samples: int
    budget: float
    baseline: float
    achieved: float
    achieved_sd: float
    observed: float
    models: tuple[GSNN, ...]
    history: History

    @property
    def effect(self) -> float:
        """Predicted change of the response when all edges of the table are changed."""
        return self.achieved - self.baseline

    @property
    def spent(self) -> float:
        """What the changes cost together; never above the budget."""
        return float(self.table["spent"].sum())


def perturb_edges(
    dataset: Dataset,
    output: str,
    *,
    goal: str = "lower",
    target: float | None = None,
    condition: str | None = None,
    candidates: int | Pairs = 0,
    costs: pd.DataFrame | None = None,
    method: str = "consensus",
    perturbing: PerturbSettings | None = None,
    settings: ModelSettings | None = None,
    trained: Perturbation | None = None,
    seed: int = 0,
) -> Perturbation:
    """Find the edges to weaken, strengthen or open so that a response changes as wanted, within a
    budget.

    Models wired like the prior network are trained on the samples; then the strengths of their
    function→function edges are chosen by projected gradient descent. A prediction of models is not
    an experiment: they know the network and the interventions that were made, nothing else; an edge
    that no intervention in the data reaches has an arbitrary weight; and the strength of an edge
    stands for no dose of any drug. Look at `agreement` and `effect_sd`, and take the table for a
    list of experiments to try.

    Args:
        dataset: Prior network, interventions and responses.
        output: The response that should change, a column of `y`.
        goal: `"lower"`, `"raise"`, or `"reach"` for a `target`.
        target: The response to reach, in the units of `y`.
        condition: Average the response over the samples of this condition; None: all samples.
        candidates: Absent edges that may be opened: (source, target) names, a table with columns
            `source` and `target`, or how many of those that `method` ranks highest. Their weights
            come from a second training, in which the rest of the model stays as it is; strength 1
            is what that training made of them.
        costs: Prices of single edges: columns `source`, `target`, `cost`; others cost what
            `perturbing` says.
        method: A name in `METHODS`; ranks candidates when their number is given.
        perturbing: What may be changed, and at what price.
        settings: How models are built and trained; `refinement_model()` by default.
        trained: An earlier result on the same data set with the same candidates and settings, whose
            models are asked again: for another budget, price, condition, response or goal nothing
            has to be trained.
        seed: Of the first model. Equal seeds: equal results on a CPU, whatever the order of edges
            and samples.

    Returns:
        The table of edges to change, with cost and predicted effect.

    Raises:
        GraphError: If the output, a candidate or an edge with a price is unknown.
        ConfigError: If the condition or another argument is.

    Example:
        >>> from dataclasses import replace
        >>> from edgelab.datasets import convergence
        >>> from edgelab.training import TrainingConfig
        >>> data = convergence(4, n_train=200, n_test=10).train
        >>> model = replace(refinement_model(), training=TrainingConfig(epochs=2, device="cpu", progress=False))
        >>> result = perturb_edges(data, data.outputs[0], settings=model, perturbing=PerturbSettings(models=1))
        >>> result.spent <= 1.0 and result.achieved <= result.baseline
        True
    """
    perturbing, settings = perturbing or PerturbSettings(), settings or refinement_model()
    EdgeGoal(kind=goal, target=target)
    if output not in dataset.outputs:
        raise GraphError(f"no output is called {output!r} ({close_names(output, dataset.outputs)})")
    rows = _rows(dataset, condition)
    opened = _candidates(dataset, candidates, method, seed)
    edges = _priced(_edges(dataset, opened), costs, perturbing)
    models, history = _models(dataset, opened, settings, perturbing.models, seed, trained)
    mean, spread = float(dataset.y[output].mean()), float(dataset.y[output].std(ddof=0))
    task = settings.make_task(dataset, graph_of(dataset))
    pairs = list(zip(edges["source"], edges["target"], strict=True))
    response = edge_response(
        models, task.x[np.flatnonzero(rows)], output, pairs, edges["before"].tolist()
    )
    limits = _limits(edges, perturbing, response.start)
    wanted = EdgeGoal(kind=goal, target=None if target is None else (target - mean) / spread)
    screen = screen_edges(response, limits, wanted)
    changes = choose_changes(response, limits, wanted, screen=screen)
    effects = (changes_effects(response, changes) * spread).cpu().numpy()
    alone = ((screen.response.mean(1) - response.baseline()) * spread).cpu().numpy()
    return Perturbation(
        table=changes_table(edges, changes.cpu().numpy(), effects, perturbing.budget),
        screen=ranked(edges.assign(change=screen.change.cpu().numpy(), effect=alone), "effect"),
        output=output,
        goal=EdgeGoal(kind=goal, target=target),
        samples=int(rows.sum()),
        budget=perturbing.budget,
        baseline=response.baseline() * spread + mean,
        achieved=response.baseline() * spread + mean + float(effects[0].mean()),
        achieved_sd=float(effects[0].std(ddof=1)) if len(models) > 1 else float("nan"),
        observed=float(dataset.y[output][rows].mean()),
        models=models,
        history=history,
    )


def _models(
    dataset: Dataset,
    opened: list[Pair],
    settings: ModelSettings,
    count: int,
    seed: int,
    trained: Perturbation | None,
) -> tuple[tuple[GSNN, ...], History]:
    if trained is None:
        made = [
            train_for_edges(dataset, opened, settings, seed + member) for member in range(count)
        ]
        return tuple(model for model, _ in made), made[0][1]
    expected = prior_pairs(graph_of(dataset)) | set(opened)
    graph = trained.models[0].graph
    inside = (graph.source < len(graph.functions)) & (graph.target < len(graph.functions))
    names = graph.edge_names()
    found = {names[place] for place in inside.nonzero().flatten().tolist()}
    if odd := {pair for pair in found ^ expected if pair[0] != pair[1]}:
        raise ConfigError(
            f"the models of `trained` and this call differ in {len(odd)} edges, such as {shorten(sorted(odd), 2)}. "
            "Pass a result of the same network and candidates, or none."
        )
    return trained.models, trained.history


def _rows(dataset: Dataset, condition: str | None) -> Bool[Array, " samples"]:
    if condition is None:
        return np.ones(dataset.n_samples, dtype=bool)
    known = [str(name) for name in dataset.condition.unique()]
    if condition not in known:
        raise ConfigError(
            f"no sample has the condition {condition!r} ({close_names(condition, known)}); the conditions are "
            f"{shorten(sorted(known), 12)}"
        )
    return (dataset.condition.astype(str) == condition).to_numpy()


def _candidates(dataset: Dataset, candidates: int | Pairs, method: str, seed: int) -> list[Pair]:
    graph = graph_of(dataset)
    if isinstance(candidates, int):
        if candidates < 0:
            raise ConfigError(f"candidates must not be negative, got {candidates}")
        if not candidates:
            return []
        ranked_pairs = (
            infer_edges(dataset, method, seed=seed)
            .candidates.dropna(subset="score")
            .head(candidates)
        )
        candidates = list(
            zip(
                ranked_pairs["src_func"].astype(str),
                ranked_pairs["dst_func"].astype(str),
                strict=True,
            )
        )
    allowed = allowed_edges(graph, candidates)
    new = allowed.allowed & ~allowed.prior
    return [(allowed.names[source], allowed.names[target]) for source, target in np.argwhere(new)]


def _edges(dataset: Dataset, opened: list[Pair]) -> pd.DataFrame:
    existing = [pair for pair in prior_pairs(graph_of(dataset)) if pair[0] != pair[1]]
    kinds = {**dict.fromkeys(existing, "existing"), **dict.fromkeys(opened, "candidate")}
    pairs = sorted(kinds, key=natural_pair_key)
    if not pairs:
        raise GraphError("the network has no edge between two functions to change; open candidates")
    table = pd.DataFrame(pairs, columns=["source", "target"]).assign(
        kind=[kinds[pair] for pair in pairs]
    )
    return table.assign(before=(table["kind"] == "existing").astype(float))


def _priced(
    edges: pd.DataFrame, costs: pd.DataFrame | None, perturbing: PerturbSettings
) -> pd.DataFrame:
    cost = np.where(edges["kind"] == "existing", perturbing.cost, perturbing.candidate_cost).astype(
        float
    )
    if costs is None:
        return edges.assign(cost=cost)
    if missing := {"source", "target", "cost"} - set(costs.columns):
        raise GraphError(
            f"the table of costs lacks the columns {sorted(missing)}; give source, target, cost"
        )
    place = {
        pair: row for row, pair in enumerate(zip(edges["source"], edges["target"], strict=True))
    }
    pairs = list(zip(costs["source"].astype(str), costs["target"].astype(str), strict=True))
    unknown = [pair for pair in pairs if pair not in place]
    if unknown or len(set(pairs)) < len(pairs):
        raise GraphError(
            f"the table of costs prices {shorten(unknown)}, which may not change, or an edge twice. Give one row for "
            "each edge of the network or candidate that has a price of its own."
        )
    cost[[place[pair] for pair in pairs]] = pd.to_numeric(costs["cost"])
    return edges.assign(cost=cost)


def _limits(edges: pd.DataFrame, perturbing: PerturbSettings, before: Tensor) -> EdgeLimits:
    highest = np.where(edges["kind"] == "existing", perturbing.max_strength, 1.0)
    cost, high = (
        torch.tensor(list(part), dtype=torch.float64).to(before)
        for part in (edges["cost"], highest)
    )
    return EdgeLimits(
        cost=cost,
        budget=perturbing.budget,
        low=-before,
        high=high - before,
        max_edges=perturbing.max_edges,
    )
