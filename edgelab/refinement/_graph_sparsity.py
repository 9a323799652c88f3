"""Dynamic sparse training of a graph: edges of a GSNN pruned and grown while it learns."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.errors import ConfigError
from edgelab.models import GSNN, in_natural_order, take_weights, with_function_edges
from edgelab.ops import Batch
from edgelab.seeds import seed_for
from edgelab.tasks import Task
from edgelab.training import (
    History,
    TrainingConfig,
    evaluate_loss,
    fit,
    generator_for,
    split_rows,
)
from edgelab.typing import Array, Bool, Float

from ._allowed import AllowedEdges, Pairs, allowed_edges, erdos_renyi_edges
from ._growth import GROWTHS, Growth, Situation
from ._result import Ledger, Refinement
from ._settings import RefineSettings
from ._support import edge_support


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Samples:
    """One graph with the task on it, divided into training and validation samples."""

    graph: HeteroData
    task: Task
    training: Task
    validation: Batch


class GraphSparsity:
    """Dynamic sparse training whose unit is an edge: all its weights in all layers together.

    Each round trains the network on the graph as it is, takes out edges without support (see
    `edge_support`), and puts in candidates by the score of `growth`, up to the budget; edges keep
    their weights from round to round. Growing ends when a round no longer lowers the validation
    loss. Results depend on names, samples, settings and seed, not on any order of nodes or edges;
    equal arguments give equal bits on a CPU.

    Args:
        data: The prior network.
        make_task: Makes the task on a graph, such as `lambda graph: perturbation_task(dataset,
            graph)`.
        make_model: Makes a fresh GSNN for the graph of a task, from torch's global random
            generator.
        training: How models are trained; in the rounds `decay` and `round_epochs` of the settings
            hold.
        settings: How the graph is refined.
        growth: A name in `GROWTHS`, or a `Growth`.
        candidates: Edges that may be added; None for every pair of different functions.
        seed: Of initial weights, order of samples and the split.

    Attributes:
        allowed: Prior and allowed edges.
        budget: The largest number of edges.

    Raises:
        ConfigError: If `growth` is unknown, or the budget is larger than the number of allowed
            edges.
        GraphError: If a candidate names no function.

    Example:
        >>> from edgelab.datasets import convergence
        >>> from edgelab.tasks import graph_of, perturbation_task
        >>> data = convergence(4, n_train=400, n_test=10)
        >>> refiner = GraphSparsity(
        ...     graph_of(data.train),
        ...     lambda graph: perturbation_task(data.train, graph),
        ...     lambda graph: GSNN.from_data(graph, channels=2, layers=3, norm="none"),
        ...     training=TrainingConfig(epochs=5, lr=1e-2, device="cpu", progress=False),
        ...     settings=RefineSettings(rounds=1, round_epochs=2),
        ... )
        >>> result = refiner.fit()
        >>> len(result.edges) <= refiner.budget, result.rounds.columns.tolist()
        (True, ['round', 'n_edges', 'validation_loss', 'n_removed', 'n_added'])
    """

    def __init__(
        self,
        data: HeteroData,
        make_task: Callable[[HeteroData], Task],
        make_model: Callable[[HeteroData], GSNN],
        *,
        training: TrainingConfig,
        settings: RefineSettings | None = None,
        growth: str | Growth = "gradient",
        candidates: Pairs | None = None,
        seed: int = 0,
    ) -> None:
        self.prior = in_natural_order(data)
        self.allowed: AllowedEdges = allowed_edges(self.prior, candidates)
        self.settings = settings or RefineSettings()
        self.growth = GROWTHS[growth] if isinstance(growth, str) else growth
        self.budget = (
            int(self.allowed.prior.sum()) if self.settings.budget is None else self.settings.budget
        )
        if not 0 < self.budget <= self.allowed.capacity:
            raise ConfigError(
                f"the budget is {self.budget} edges, but it must lie between 1 and the "
                f"{self.allowed.capacity} edges of prior and candidates; set another budget"
            )
        self.seed = seed
        self._make_task = make_task
        self._make_model = make_model
        self._training = replace(training, validation_fraction=0.0, patience=None, seed=seed)

    def fit(self) -> Refinement:
        """Refine the graph.

        Returns:
            The graph, the changes with their reasons, the rounds, and a model trained on the
            refined graph.
        """
        ledger = Ledger(self.allowed.prior, self._first_edges())
        rounds: list[dict[str, int | float]] = []
        model: GSNN | None = None
        for position in range(self.settings.rounds + 1):
            samples = self._samples(ledger.edges)
            model = self._train_round(samples, model, position)
            loss = evaluate_loss(model.eval(), [samples.validation])
            last = position == self.settings.rounds or not self._improves(rounds, loss)
            n_edges = int(ledger.edges.sum())
            weak = self._prune(ledger, model, samples, position, last)
            grown = None if last else self._grow(ledger, model, samples, weak, position)
            rounds.append(
                {
                    "round": position + 1,
                    "n_edges": n_edges,
                    "validation_loss": loss,
                    "n_removed": int(weak.sum()),
                    "n_added": 0 if grown is None else int(grown.sum()),
                }
            )
            if last:
                break
        return self._refinement(ledger, rounds)

    def _first_edges(self) -> Bool[Array, "nodes nodes"]:
        if self.settings.start == "prior":
            return self.allowed.prior
        return erdos_renyi_edges(
            self.allowed.allowed, self.budget, generator_for(self.seed, "first edges")
        )

    def _samples(self, edges: Bool[Array, "nodes nodes"]) -> _Samples:
        graph = with_function_edges(self.prior, edges)
        task = self._make_task(graph)
        parts = split_rows(
            len(task.x), self.settings.validation_fraction, generator_for(self.seed, "split")
        )
        training, validation = (task.samples(rows.sort().values.numpy()) for rows in parts)
        return _Samples(
            graph=graph, task=task, training=training, validation=validation.batch(self.seed)
        )

    def _fresh_model(self, data: HeteroData, position: int) -> GSNN:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_for(self.seed, f"weights {position}"))
            return self._make_model(data)

    def _train_round(self, samples: _Samples, before: GSNN | None, position: int) -> GSNN:
        model = self._fresh_model(samples.task.data, position)
        config = replace(self._training, weight_decay=self.settings.decay)
        if before is not None:
            take_weights(model, before)
            config = replace(config, epochs=self.settings.round_epochs)
        _fit(model, samples.training, config)
        return model.cpu()

    def _improves(self, rounds: list[dict[str, int | float]], loss: float) -> bool:
        best = min((row["validation_loss"] for row in rounds), default=np.inf)
        return loss < best * (1 - self.settings.min_gain)

    def _prune(
        self, ledger: Ledger, model: GSNN, samples: _Samples, position: int, last: bool
    ) -> Bool[Array, "nodes nodes"]:
        source, target = np.nonzero(ledger.edges)
        support = edge_support(model, samples.validation, len(source)).numpy()
        ledger.support[source, target] = support
        least = self.settings.support_needed(self.settings.rounds if last else position)
        weak = weak_edges(ledger.edges, ledger.support, self.allowed.prior, least)
        # A start above the budget comes down to it, weakest first.
        excess = int(ledger.edges.sum()) - int(weak.sum()) - self.budget
        weak = weak | strongest_pairs(-ledger.support, ledger.edges & ~weak, excess, -np.inf)
        ledger.remove(weak, position)
        return weak

    def _grow(
        self,
        ledger: Ledger,
        model: GSNN,
        samples: _Samples,
        pruned: Bool[Array, "nodes nodes"],
        position: int,
    ) -> Bool[Array, "nodes nodes"]:
        situation = Situation(
            graph=with_function_edges(self.prior, ledger.edges),
            model=model,
            data=samples.task.data,
            batch=samples.training.batch(self.seed),
            position=position,
            seed=self.seed,
        )
        score = self.growth.score(situation)
        bonus = (self.settings.prior_bonus - 1) * np.abs(score)
        favoured = score + np.where(self.allowed.prior, bonus, 0.0)
        among = self.allowed.allowed & ~ledger.edges & ~pruned
        n_free = self.budget - int(ledger.edges.sum())
        grown = strongest_pairs(favoured, among, n_free, self.growth.least)
        ledger.add(grown, score, position)
        return grown

    def _refinement(self, ledger: Ledger, rounds: list[dict[str, int | float]]) -> Refinement:
        data = with_function_edges(self.prior, ledger.edges)
        task = self._make_task(data)
        model = self._fresh_model(task.data, 0)
        return Refinement(
            prior=self.prior,
            data=data,
            changes=ledger.table(self.allowed.names, self.growth.reason),
            rounds=pd.DataFrame(rounds).astype(
                {"round": int, "n_edges": int, "n_removed": int, "n_added": int}
            ),
            model=model,
            history=_fit(model, task, self._training),
        )


def weak_edges(
    edges: Bool[Array, "nodes nodes"],
    support: Float[Array, "nodes nodes"],
    prior: Bool[Array, "nodes nodes"],
    least: tuple[float, float],
) -> Bool[Array, "nodes nodes"]:
    """Edges with less support than those of the prior need (first) and others need (second)."""
    # Turned round, so that an edge whose support is NaN is weak.
    return edges & ~(support >= np.where(prior, *least))


def strongest_pairs(
    score: Float[Array, "nodes nodes"], among: Bool[Array, "nodes nodes"], count: int, least: float
) -> Bool[Array, "nodes nodes"]:
    """At most `count` pairs of highest score, NaN never; of equals the first in reading order."""
    possible = np.flatnonzero(among & (score >= least))
    best_first = possible[np.argsort(-score.ravel()[possible], kind="stable")]
    strongest = np.zeros_like(among)
    strongest.ravel()[best_first[: max(count, 0)]] = True
    return strongest


def _fit(model: GSNN, task: Task, config: TrainingConfig) -> History:
    return fit(model, task.x, task.y, config, corruption=task.corruption)
