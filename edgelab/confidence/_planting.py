"""Synthetic edges planted in the user's own data: everything is kept but what would hide the truth."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset, in_sample_order
from edgelab.errors import ConfigError, DataError
from edgelab.graphs import FUNCTION_EDGES, INPUT_EDGES
from edgelab.ops import does_not_vary
from edgelab.screens import function_responses
from edgelab.tasks import graph_of, perturbation_task
from edgelab.typing import Array, Bool, Float

from ._realised import true_pairs

KEPT = ("design", "sources")
"""What planting leaves as it was measured; see `plant_edges`."""

WEAKEST = 0.1
"""Fitted edges below this many standard deviations are left out of the synthetic network, so that
no call is excused by an edge that does nothing."""

_RIDGE = 1e-3
_LARGEST_FEEDBACK = 0.9
# A sample of which less than this part is left by the regression on the inputs tells nothing about
# its noise.
_OWN_INPUT = 0.05


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
        ConfigError: If `keep` is unknown or a number is not positive.

    Example:
        >>> Planting(n_edges=5).keep
        'design'
    """

    keep: str = "design"
    n_edges: int | None = None
    strength: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.keep not in KEPT:
            raise ConfigError(f"keep must be one of {list(KEPT)}, got {self.keep!r}")
        if not (self.n_edges is None or (isinstance(self.n_edges, int) and self.n_edges > 0)):
            raise ConfigError(f"n_edges must be a positive integer or None, got {self.n_edges!r}")
        if not (np.isfinite(self.strength) and self.strength > 0):
            raise ConfigError(f"strength must be a positive number, got {self.strength!r}")


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
    the others from
    them: new parents, own inputs and residuals. Only pairs that end in a synthetic function are
        judged. `direct` is
    exact; `total` follows the prior from a source to a parent, so that it misses unknown paths and
    the proportion of false calls is an upper bound.

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
    planting, dataset = planting or Planting(), in_sample_order(dataset)
    measured = _Measured.of(dataset)
    generator = np.random.default_rng(planting.seed)
    if planting.keep == "design":
        return _keep_design(dataset, measured, planting, generator)
    return _keep_sources(dataset, measured, planting, generator)


def can_plant(dataset: Dataset) -> bool:
    """Return whether every output reads one function and no function is read twice, which planting
    needs.

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
class _Measured:
    """Responses in standard deviations, and the linear model that explains them."""

    data: HeteroData
    values: Float[Array, "samples functions"]
    mean: Float[Array, " functions"]
    spread: Float[Array, " functions"]
    edges: Float[Array, "functions functions"]
    drive: Float[Array, "samples functions"]
    residual: Float[Array, "samples functions"]

    @classmethod
    def of(cls, dataset: Dataset) -> "_Measured":
        if not can_plant(dataset):
            raise DataError(
                "planting needs outputs that read one function each, and no function twice. Keep one output for each "
                "function, reading no other."
            )
        data = graph_of(dataset)
        task = perturbation_task(dataset, data)
        responses = function_responses(task).astype(np.float64)
        known = ~np.isnan(responses).any(axis=0)
        mean, spread = (
            np.where(known, responses.mean(axis=0), 0.0),
            np.where(known, responses.std(axis=0), 1.0),
        )
        spread[does_not_vary(mean, spread)] = 1.0
        # What nobody measured is 0: it takes no part in the fit and is noise in the synthetic
        # network.
        values = np.where(known, (responses - mean) / spread, 0.0)
        x = task.x.cpu().numpy().astype(np.float64)
        edges, drive = _fit(values, x, data)
        residual = _without_effects(values - values @ edges - drive, x)
        return cls(
            data=data,
            values=values,
            mean=mean,
            spread=spread,
            edges=edges,
            drive=drive,
            residual=residual,
        )

    def rebuilt(self, dataset: Dataset, values: Float[Array, "samples functions"]) -> Dataset:
        """The data set with other responses."""
        position = {name: number for number, name in enumerate(self.data["function"].node_names)}
        reads = dict(
            zip(dataset.output_edges["target"], dataset.output_edges["source"], strict=True)
        )
        natural = values * self.spread + self.mean
        y = {output: natural[:, position[reads[output]]] for output in dataset.outputs}
        return replace(dataset, name=f"{dataset.name} planted", y=pd.DataFrame(y))


def _fit(
    values: Float[Array, "samples functions"], x: Float[Array, "samples inputs"], data: HeteroData
) -> tuple[Float[Array, "functions functions"], Float[Array, "samples functions"]]:
    """Ridge regression of every function on its parents and inputs: weights `[parent, child]` and
    the inputs' part.
    """
    n_functions = values.shape[1]
    weights, drive = np.zeros((n_functions, n_functions)), np.zeros(values.shape)
    parents_of, inputs_of = (
        data[FUNCTION_EDGES].edge_index.cpu().numpy(),
        data[INPUT_EDGES].edge_index.cpu().numpy(),
    )
    x = x - x.mean(axis=0)
    for function in range(n_functions):
        parents = parents_of[0][(parents_of[1] == function) & (parents_of[0] != function)]
        inputs = inputs_of[0][inputs_of[1] == function]
        design = np.concatenate([values[:, parents], x[:, inputs]], axis=1)
        penalty = _RIDGE * len(x) * np.eye(design.shape[1])
        solution = np.linalg.solve(design.T @ design + penalty, design.T @ values[:, function])
        weights[parents, function] = solution[: parents.size]
        drive[:, function] = x[:, inputs] @ solution[parents.size :]
    return weights, drive


def _without_effects(
    residual: Float[Array, "samples functions"], x: Float[Array, "samples inputs"]
) -> Float[Array, "samples functions"]:
    # What an input does to any function may be real and is taken out; what does not repeat is
    # noise. A sample that has an input for itself keeps its residual: nothing says what of it would
    # repeat.
    centred = x - x.mean(axis=0)
    inverse = np.linalg.pinv(centred)
    left = residual - centred @ (inverse @ residual)
    # Fitted samples come out too quiet, each by the part of it that the fit could follow.
    kept = 1 - np.einsum("si,is->s", centred, inverse)
    return np.where(
        (kept > _OWN_INPUT)[:, None],
        left / np.sqrt(np.maximum(kept, _OWN_INPUT))[:, None],
        residual,
    )


def _keep_design(
    dataset: Dataset, measured: _Measured, planting: Planting, generator: np.random.Generator
) -> PlantedData:
    prior = _prior(measured.data)
    network = np.where(np.abs(measured.edges) >= WEAKEST, measured.edges, 0.0)
    planted = _without_new_cycles(network != 0, ~prior, _n_edges(planting, prior), generator)
    network[planted] = _weights(len(planted[0]), planting.strength, generator)
    network = _settled(network)
    noise = measured.residual[generator.permutation(len(measured.residual))]
    values = np.linalg.solve((np.eye(len(network)) - network).T, (measured.drive + noise).T).T
    return _with_truth(
        measured.rebuilt(dataset, values), network != 0, ~np.eye(len(network), dtype=bool)
    )


def _keep_sources(
    dataset: Dataset, measured: _Measured, planting: Planting, generator: np.random.Generator
) -> PlantedData:
    prior, n_functions = _prior(measured.data), measured.values.shape[1]
    synthetic = np.zeros(n_functions, dtype=bool)
    synthetic[generator.permutation(n_functions)[: max(1, n_functions // 2)]] = True
    free = np.flatnonzero(np.outer(~synthetic, synthetic))
    planted = generator.choice(free, size=min(_n_edges(planting, prior), free.size), replace=False)
    new = np.zeros((n_functions, n_functions))
    new.ravel()[planted] = _weights(planted.size, planting.strength, generator)
    noise = measured.residual[generator.permutation(len(measured.residual))]
    values = np.where(synthetic, measured.values @ new + measured.drive + noise, measured.values)
    kept = dataset.edges[
        ~dataset.edges["target"].isin(_named(measured.data, synthetic))
    ].reset_index(drop=True)
    rebuilt = replace(measured.rebuilt(dataset, values), edges=kept, functions=dataset.functions)
    return _with_truth(
        rebuilt, (prior & ~synthetic) | (new != 0), np.broadcast_to(synthetic, prior.shape)
    )


def _with_truth(
    dataset: Dataset,
    network: Bool[Array, "functions functions"],
    judged: Bool[Array, "functions functions"],
) -> PlantedData:
    data, edge_index = graph_of(dataset), np.array(np.nonzero(network))
    truth = {name: true_pairs(edge_index, len(network), name) for name in ("direct", "total")}
    judged = judged & ~_prior(data) & ~np.eye(len(network), dtype=bool)
    return PlantedData(dataset=dataset, data=data, judged=judged, **truth)


def _prior(data: HeteroData) -> Bool[Array, "functions functions"]:
    return true_pairs(
        data[FUNCTION_EDGES].edge_index.cpu().numpy(), int(data["function"].num_nodes), "direct"
    )


def _named(data: HeteroData, chosen: Bool[Array, " functions"]) -> set[str]:
    return {
        name
        for name, is_chosen in zip(data["function"].node_names, chosen, strict=True)
        if is_chosen
    }


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
    """Sources and targets of edges that close no cycle: one cycle can join everything with
    everything.
    """
    reaches = true_pairs(np.array(np.nonzero(network)), len(network), "total") | np.eye(
        len(network), dtype=bool
    )
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
    return network * min(1.0, _LARGEST_FEEDBACK / feedback) if feedback > 0 else network
