"""Synthetic edges planted in the user's own data, all of it kept but what would hide the truth."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.checks import check_choice, check_integer, check_seed
from edgelab.datasets import Dataset, in_sample_order
from edgelab.errors import ConfigError, DataError
from edgelab.methods import Evidence
from edgelab.tasks import graph_of
from edgelab.typing import Array, Bool, Float

from ._estimands import true_pairs
from ._linear_network import LinearNetwork
from ._split_evidence import SplitEvidence, candidate_pairs

KEPT = ("design", "sources")
"""What planting leaves as it was measured; see `plant_edges`."""

WEAKEST = 0.1
"""Fitted edges below this many standard deviations are left out of the synthetic network, so that
no call is excused by an edge that does nothing."""

# Of the largest eigenvalue of the network: at 1 a signal would go round its cycles for ever.
_LARGEST_FEEDBACK = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Planting:
    """How edges are planted.

    Attributes:
        keep: `"design"` or `"sources"`; see `plant_edges`.
        n_edges: How many edges. None plants a quarter of those that the prior has, or 20 (in small
            networks half as many as functions) if that is more: with few there is nothing to call
            at a small rate, with many paths lead from almost everywhere to everywhere and no call
            can be false.
        strength: Mean effect of a planted edge, in standard deviations of the target per standard
            deviation of the source.
        seed: Decides edges, their weights and the order of the residuals.

    Raises:
        ConfigError: If `keep` is unknown, a number is not positive, or the seed is out of range.

    Example:
        >>> Planting(n_edges=5).keep
        'design'
    """

    keep: str = "design"
    n_edges: int | None = None
    strength: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice("keep", self.keep, KEPT)
        if self.n_edges is not None:
            check_integer("n_edges", self.n_edges, why="None chooses by the size of the network")
        if not (np.isfinite(self.strength) and self.strength > 0):
            raise ConfigError(f"strength must be a positive number, got {self.strength!r}")
        check_seed(self.seed)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlantedData:
    """A data set whose missing edges are known.

    Attributes:
        dataset: The samples with synthetic responses, and the prior that a scorer may see.
        data: Its graph.
        judged: Pairs of functions whose truth is known and that are no edge of the prior.
        direct: Which pairs are edges of the synthetic network.
        total: Which pairs are joined by a directed path of it.
    """

    dataset: Dataset
    data: HeteroData
    judged: Bool[Array, "functions functions"]
    direct: Bool[Array, "functions functions"]
    total: Bool[Array, "functions functions"]


def plant_edges(dataset: Dataset, planting: Planting | None = None) -> PlantedData:
    """Replace responses by those of a network that is known, as like the measured ones as can be.

    `keep="design"` keeps the interventions, the prior network and the noise, and synthesises all
    responses: a linear model of every function on its prior parents and inputs is fitted, edges are
    planted that the prior lacks, and the responses are those of the whole network to the same
    interventions, with what no input explains as noise. The noise of a sample stays together, so
    hidden common causes stay, but goes to another sample, so that no effect of an intervention is
    left that the network does not have. Truth is exact for `total` and `direct`.

    `keep="sources"` keeps the measured responses of half of the functions and synthesises those of
    the others from them: new parents, own inputs and residuals. Only pairs that end in a synthetic
    function are judged. `direct` is exact; `total` follows the prior from a source to a parent, so
    that it misses unknown paths and the proportion of false calls is an upper bound.

    Args:
        dataset: Prior network, interventions and responses; every output must read one function,
            and none two.
        planting: How many edges, how strong.

    Returns:
        The synthetic data with its truth.

    Raises:
        DataError: If an output reads several functions or a function has several outputs.

    Source: Kernfeld, Keener, Cahan and Battle (2024), Cell Systems 15:709, algorithm 1, for
        `"sources"`.

    Example:
        >>> from edgelab.datasets import sachs
        >>> planted = plant_edges(sachs(), Planting(n_edges=5))
        >>> int((planted.direct & planted.judged).sum()), planted.dataset.y.shape
        (5, (7466, 11))
    """
    return MeasuredData.of(dataset).planted(planting or Planting())


def can_plant(dataset: Dataset) -> bool:
    """Return whether every output reads one function and none is read twice: planting needs that.

    Args:
        dataset: Prior network, interventions and responses.

    Returns:
        True if `plant_edges` takes the data set.

    Example:
        >>> from edgelab.datasets import sachs
        >>> can_plant(sachs())
        True
    """
    reads = dataset.output_edges
    return not (reads["source"].duplicated().any() or reads["target"].duplicated().any())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredData:
    """The data that edges are planted in, and the model of them; made once for many plantings."""

    # In the order of its samples, as the evidence has them.
    dataset: Dataset
    evidence: SplitEvidence
    network: LinearNetwork

    @classmethod
    def of(cls, dataset: Dataset) -> "MeasuredData":
        """Fit the model to a data set; a `DataError` if its outputs do not fit."""
        if not can_plant(dataset):
            raise DataError(
                "planting needs outputs that read one function each, and no function twice. "
                "Keep one output for each function, reading no other."
            )
        evidence = SplitEvidence(Evidence(dataset, graph_of(dataset)))
        return cls(
            dataset=in_sample_order(dataset),
            evidence=evidence,
            network=LinearNetwork.fitted(evidence),
        )

    @property
    def names(self) -> list[str]:
        """Names of the functions, in the order of the graph's nodes."""
        return self.evidence.whole.data["function"].node_names

    @property
    def prior(self) -> Bool[Array, "functions functions"]:
        """Pairs `[source, target]` that are known edges."""
        return true_pairs(self.evidence.edge_index, self.evidence.n_functions, "direct")

    def planted(self, planting: Planting) -> PlantedData:
        """Other responses, and the network that they come from."""
        generator = np.random.default_rng(planting.seed)
        keep = {"design": _keep_design, "sources": _keep_sources}[planting.keep]
        return keep(self, planting, generator)

    def with_responses(self, values: Float[Array, "samples functions"]) -> Dataset:
        """The data set with other responses, given in standard deviations."""
        position = {name: number for number, name in enumerate(self.names)}
        reads = self.dataset.output_edges
        function_of = dict(zip(reads["target"], reads["source"], strict=True))
        responses = self.network.in_units(values)
        y = {name: responses[:, position[function_of[name]]] for name in self.dataset.outputs}
        return replace(self.dataset, name=f"{self.dataset.name} planted", y=pd.DataFrame(y))


def _keep_design(
    measured: MeasuredData, planting: Planting, generator: np.random.Generator
) -> PlantedData:
    prior = measured.prior
    fitted = measured.network
    network = np.where(np.abs(fitted.weights) >= WEAKEST, fitted.weights, 0.0)
    planted = _without_new_cycles(network != 0, ~prior, _n_edges(planting, prior), generator)
    network[planted] = _weights(len(planted[0]), planting.strength, generator)
    network = _settled(network)
    noise = fitted.residual[generator.permutation(len(fitted.residual))]
    # values = values @ network + drive + noise, solved for the values.
    identity = np.eye(len(network))
    values = np.linalg.solve((identity - network).T, (fitted.drive + noise).T).T
    everywhere = np.ones(prior.shape, dtype=bool)
    return _with_truth(measured.with_responses(values), network != 0, everywhere)


def _keep_sources(
    measured: MeasuredData, planting: Planting, generator: np.random.Generator
) -> PlantedData:
    prior = measured.prior
    fitted = measured.network
    n_functions = len(prior)
    synthetic = np.zeros(n_functions, dtype=bool)
    synthetic[generator.permutation(n_functions)[: max(1, n_functions // 2)]] = True
    free = np.flatnonzero(np.outer(~synthetic, synthetic))
    planted = generator.choice(free, size=min(_n_edges(planting, prior), free.size), replace=False)
    new = np.zeros((n_functions, n_functions))
    new.ravel()[planted] = _weights(planted.size, planting.strength, generator)
    noise = fitted.residual[generator.permutation(len(fitted.residual))]
    values = np.where(synthetic, fitted.values @ new + fitted.drive + noise, fitted.values)
    prior_edges = measured.dataset.edges
    is_synthetic = prior_edges["target"].isin(np.array(measured.names)[synthetic])
    dataset = replace(
        measured.with_responses(values),
        edges=prior_edges[~is_synthetic].reset_index(drop=True),
        functions=measured.dataset.functions,
    )
    network = (prior & ~synthetic) | (new != 0)
    return _with_truth(dataset, network, np.broadcast_to(synthetic, prior.shape))


def _with_truth(
    dataset: Dataset,
    network: Bool[Array, "functions functions"],
    judged: Bool[Array, "functions functions"],
) -> PlantedData:
    data = graph_of(dataset)
    edge_index = np.array(np.nonzero(network))
    return PlantedData(
        dataset=dataset,
        data=data,
        judged=judged & candidate_pairs(data),
        direct=true_pairs(edge_index, len(network), "direct"),
        total=true_pairs(edge_index, len(network), "total"),
    )


def _n_edges(planting: Planting, prior: Bool[Array, "functions functions"]) -> int:
    return planting.n_edges or max(int(prior.sum()) // 4, min(20, len(prior) // 2), 3)


def _weights(
    n_edges: int, strength: float, generator: np.random.Generator
) -> Float[Array, " edges"]:
    return strength * generator.uniform(0.5, 1.5, n_edges) * generator.choice([-1.0, 1.0], n_edges)


def _without_new_cycles(
    network: Bool[Array, "functions functions"],
    free: Bool[Array, "functions functions"],
    n_edges: int,
    generator: np.random.Generator,
) -> tuple[list[int], list[int]]:
    """Sources and targets of edges that close no cycle: one can join everything to everything."""
    reaches = true_pairs(np.array(np.nonzero(network)), len(network), "total")
    np.fill_diagonal(reaches, True)
    sources: list[int] = []
    targets: list[int] = []
    for pair in generator.permutation(np.flatnonzero(free)).tolist():
        source, target = divmod(pair, len(network))
        if len(sources) == n_edges:
            break
        if not reaches[target, source]:
            reaches |= np.outer(reaches[:, source], reaches[target])
            sources.append(source)
            targets.append(target)
    return sources, targets


def _settled(network: Float[Array, "functions functions"]) -> Float[Array, "functions functions"]:
    """Weaken all edges if their cycles would not come to rest."""
    feedback = float(np.abs(np.linalg.eigvals(network)).max(initial=0.0))
    if feedback == 0:
        return network
    return network * min(1.0, _LARGEST_FEEDBACK / feedback)
