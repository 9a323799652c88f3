"""From a data set to the few edges whose change moves a response as wanted, at a price."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from edgelab.checks import check_integer, check_seed
from edgelab.datasets import Dataset, threads_by_size
from edgelab.errors import ConfigError, GraphError, close_names
from edgelab.methods import METHODS, Evidence
from edgelab.models import GSNN
from edgelab.perturbation.gsnn import (
    EdgeGoal,
    Pair,
    changeable_edges,
    changes_effects,
    changes_table,
    check_same_edges,
    choose_changes,
    edge_limits,
    edge_response,
    priced_edges,
    ranked,
    samples_of,
    screen_edges,
    train_models,
)
from edgelab.refinement import Pairs, allowed_edges, refinement_model
from edgelab.tasks import graph_of
from edgelab.training import History, ModelSettings


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
                "max_strength must be at least 1, the strength of an edge now, "
                f"got {self.max_strength}"
            )
        check_integer("models", self.models)
        if self.max_edges is not None:
            check_integer("max_edges", self.max_edges, why="None does not limit it")


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


@threads_by_size
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
    """Find the edges to change, within a budget, so that a response changes as wanted.

    Edges are weakened, strengthened or opened. Models wired like the prior network are trained on
    the samples; then the strengths of their function→function edges are chosen by projected
    gradient descent. A prediction of models is not
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
        costs: Prices of single edges: columns `source`, `target`, `cost`, as
            `edgelab.perturbation.read_costs` reads them; others cost what `perturbing` says.
        method: A name in `METHODS`; ranks candidates when their number is given, with models built
            and trained as `settings` say.
        perturbing: What may be changed, and at what price.
        settings: How models are built and trained; `refinement_model()` by default.
        trained: An earlier result on the same data set with the same candidates and settings, whose
            models are asked again: for another budget, price, condition, response or goal nothing
            has to be trained.
        seed: Decides the seeds of the models and what ranks candidates. Equal seeds: equal results
            on a CPU, whatever the order of edges and samples.

    Returns:
        The table of edges to change, with cost and predicted effect.

    Raises:
        GraphError: If the output, a candidate or an edge with a price is unknown, or a price is no
            positive number.
        ConfigError: If the condition or another argument is.

    Example:
        >>> from dataclasses import replace
        >>> from edgelab.datasets import convergence
        >>> from edgelab.training import TrainingConfig
        >>> data = convergence(4, n_train=200, n_test=10).train
        >>> training = TrainingConfig(epochs=2, device="cpu", progress=False)
        >>> model = replace(refinement_model(), training=training)
        >>> one = PerturbSettings(models=1)
        >>> result = perturb_edges(data, data.outputs[0], settings=model, perturbing=one)
        >>> result.spent <= 1.0 and result.achieved <= result.baseline
        True
    """
    perturbing = perturbing or PerturbSettings()
    wanted = EdgeGoal(kind=goal, target=target)
    check_seed(seed)
    if output not in dataset.outputs:
        raise GraphError(f"no output is called {output!r} ({close_names(output, dataset.outputs)})")
    rows = samples_of(dataset, condition)
    graph = graph_of(dataset)
    if isinstance(candidates, int):
        candidates = _best_candidates(dataset, candidates, method, settings, seed)
    opened = allowed_edges(graph, candidates).candidates
    edges = priced_edges(
        changeable_edges(graph, opened),
        costs,
        existing=perturbing.cost,
        candidate=perturbing.candidate_cost,
    )
    settings = settings or refinement_model()
    if trained is None:
        models, history = train_models(dataset, opened, settings, perturbing.models, seed)
    else:
        check_same_edges(trained.models[0], graph, opened)
        models = trained.models
        history = trained.history
    response = edge_response(
        models,
        settings.make_task(dataset, graph).x[np.flatnonzero(rows)],
        output,
        list(zip(edges["source"], edges["target"], strict=True)),
        edges["before"].tolist(),
    )
    limits = edge_limits(
        edges,
        response.start,
        budget=perturbing.budget,
        max_strength=perturbing.max_strength,
        max_edges=perturbing.max_edges,
    )
    # Models see standardised responses; what is asked for and returned is in the units of `y`.
    mean = float(dataset.y[output].mean())
    spread = float(dataset.y[output].std(ddof=0))
    standardised = wanted.standardised(mean, spread)
    screen = screen_edges(response, limits, standardised)
    changes = choose_changes(response, limits, standardised, screen=screen)
    effects = (changes_effects(response, changes) * spread).cpu().numpy()
    alone = ((screen.response.mean(1) - response.baseline()) * spread).cpu().numpy()
    baseline = response.baseline() * spread + mean
    return Perturbation(
        table=changes_table(edges, changes.cpu().numpy(), effects, perturbing.budget),
        screen=ranked(edges.assign(change=screen.change.cpu().numpy(), effect=alone), "effect"),
        output=output,
        goal=wanted,
        samples=int(rows.sum()),
        budget=perturbing.budget,
        baseline=baseline,
        achieved=baseline + float(effects[0].mean()),
        achieved_sd=float(effects[0].std(ddof=1)) if len(models) > 1 else float("nan"),
        observed=float(dataset.y[output][rows].mean()),
        models=models,
        history=history,
    )


def _best_candidates(
    dataset: Dataset, count: int, method: str, settings: ModelSettings | None, seed: int
) -> list[Pair]:
    """The absent edges that a method ranks highest; no q-value is made for them."""
    check_integer("candidates", count, least=0, why="or give the edges by name")
    if not count:
        return []
    table = METHODS[method].table(Evidence(dataset, graph_of(dataset), settings, seed), None)
    absent = table[~table["has_edge"]].dropna(subset="score").head(count)
    return list(zip(absent["src_func"].astype(str), absent["dst_func"].astype(str), strict=True))
