"""Q-values for a named claim: that an intervention on the source moves the target, along whatever
path.

The claim of `q_value` is the estimand `total`: a directed path leads from source to target. What a
screen of interventions can show is exactly that, and for it a false discovery rate can be kept: two
halves of the samples estimate the effect of an intervention independently, and where there is none,
they agree in sign half of the time. The pairs that disagree thus count the false ones among those
that agree (`edgelab.confidence`).

What it needs: inputs that act on one function each, with replicates or several doses; noise that is
independent between the two halves (replicates that share a batch are one replicate) and about
symmetric (take logarithms of counts). What it cannot know: off-target effects of a reagent, which
are real effects of the intervention.

`direct` (an edge leads from source to target) needs a model on top. `q_direct` is such a statement:
the same for what is left of the responses once a linear regression on the target's prior parents is
taken out. It is right if the prior names all other parents on the paths and they act linearly.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset, in_sample_order, take_samples
from edgelab.errors import ConfigError
from edgelab.graphs import FUNCTION_EDGES, INPUT_EDGES
from edgelab.methods import METHODS, Evidence
from edgelab.screens import (
    function_responses,
    intervention_effects,
    is_split_by_dose,
    sample_halves,
)
from edgelab.tasks import Task, graph_of, perturbation_task
from edgelab.training import ModelSettings
from edgelab.typing import Array, Bool, Float, Int

from ._aggregation import aggregated_q_values
from ._mirror import mirror_statistics
from ._realised import true_pairs
from ._stability import largest_entries, selection_frequency, stability_bound

WAYS = ("mirror", "method", "association")
"""Where `q_value` comes from: the interventions alone; the ranks that the method gives in both
halves, with the signs of the interventions' effects; or the Benjamini-Hochberg correction of the
scorer's own p-value, whatever that tests."""

FREQUENT = 0.9
"""Share of the halves from which on a pair counts as stable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QSettings:
    """How q-values are made.

    Attributes:
        way: One of `WAYS`.
        splits: Splits into halves whose verdicts are aggregated; one is made where all would be
            alike.
        direct: Add the model-based `q_direct`.
        seed: Decides the splits.

    Raises:
        ConfigError: If the way is unknown or there is no split.

    Example:
        >>> QSettings(splits=10).way
        'mirror'
    """

    way: str = "mirror"
    splits: int = 20
    direct: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise ConfigError(f"way must be one of {list(WAYS)}, got {self.way!r}")
        if not (isinstance(self.splits, int) and self.splits > 0):
            raise ConfigError(f"splits must be a positive integer, got {self.splits!r}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairVerdicts:
    """What the splits say of every ordered pair of functions, in the order of the graph's nodes.

    Attributes:
        q_value: For the estimand `total`; NaN where the data cannot tell and at edges of the graph.
        stability: Share of the halves in which the pair was among the strongest, as many as the
            graph has edges.
        stable_by_chance: Largest expected number of unlikely pairs among those with a stability of
            `FREQUENT` or more.
        n_splits: How many splits there were.
    """

    q_value: Float[Array, "functions functions"]
    stability: Float[Array, "functions functions"]
    stable_by_chance: float
    n_splits: int


def with_q_values(
    table: pd.DataFrame,
    dataset: Dataset,
    data: HeteroData | None = None,
    *,
    method: str = "interventional_z",
    q: QSettings | None = None,
    settings: ModelSettings | None = None,
) -> pd.DataFrame:
    """Return an edge table whose `q_value` is about a directed path and says so.

    Args:
        table: An edge table of functions, as `METHODS[...]` makes it. What it holds as `q_value`,
            the correction of its `p_value`, moves to `q_association`.
        dataset: The samples.
        data: The graph that the scorer knew; None means that of the data set.
        method: What is refitted on the halves with `way="method"`, a name in `METHODS`.
        q: How q-values are made.
        settings: How a model is built and trained, for methods that need one.

    Returns:
        The same rows in the same order with `q_value` replaced and new columns at the end:
        `estimand` (`"total"`, or `"association"` with that way), `q_association`, `stability`,
        `prior_path` (the graph already leads from source to target) and, if asked for, `q_direct`.
        `q_value` is NaN where no intervention of its own hits the source.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.jobs import infer_edges
        >>> table = infer_edges(sachs(), "pearson").table
        >>> with_q_values(table, sachs(), q=QSettings(splits=2))["estimand"].unique().tolist()
        ['total']
    """
    q, data = q or QSettings(), graph_of(dataset) if data is None else data
    pairs = table["src_idx"].to_numpy(), table["dst_idx"].to_numpy()
    new = table.assign(
        estimand="association" if q.way == "association" else "total",
        q_association=table["q_value"],
    )
    if q.way != "association":
        found = pair_verdicts(dataset, data, method=method, q=q, settings=settings)
        new["q_value"], new["stability"] = found.q_value[pairs], found.stability[pairs]
    n_functions = int(data["function"].num_nodes)
    new["prior_path"] = true_pairs(
        data[FUNCTION_EDGES].edge_index.cpu().numpy(), n_functions, "total"
    )[pairs]
    if q.direct:
        new["q_direct"] = pair_verdicts(dataset, data, q=q, conditioned=True).q_value[pairs]
    return new


def pair_verdicts(
    dataset: Dataset,
    data: HeteroData,
    *,
    method: str = "interventional_z",
    q: QSettings | None = None,
    settings: ModelSettings | None = None,
    conditioned: bool = False,
) -> PairVerdicts:
    """Judge every pair of functions that is no edge by how well two halves of the samples agree on
    it.

    Args:
        dataset: The samples.
        data: The graph that is known; its edges are not judged.
        method: What orders pairs with `way="method"`.
        q: How q-values are made.
        settings: How a model is built and trained, for methods that need one.
        conditioned: Judge what the prior parents of a target leave unexplained.

    Returns:
        Q-values and stability.

    Example:
        >>> from edgelab.datasets import sachs
        >>> verdicts = pair_verdicts(sachs(), graph_of(sachs()), q=QSettings(splits=2))
        >>> verdicts.q_value.shape, verdicts.n_splits
        ((11, 11), 2)
    """
    q, dataset = q or QSettings(), in_sample_order(dataset)
    task, candidate = perturbation_task(dataset, data), _candidates(data)
    inputs, sources = targeted_inputs(data)
    n_chosen = max(1, int(data[FUNCTION_EDGES].edge_index.shape[1]))
    statistics, chosen = [], []
    for first in _splits(task, q):
        halves = [np.flatnonzero(first), np.flatnonzero(~first)]
        effects = [_effects(task.samples(rows), conditioned)[inputs] for rows in halves]
        strength = effects
        if q.way == "method":
            sizes = [
                _method_ranks(take_samples(dataset, rows), data, method, q.seed, settings)
                for rows in halves
            ]
            strength = [
                np.sign(effect) * size[sources] for effect, size in zip(effects, sizes, strict=True)
            ]
        statistics.append(_by_source(mirror_statistics(*strength), sources)[candidate])
        chosen += [
            largest_entries(_by_source(np.abs(one), sources)[candidate], n_chosen)
            for one in strength
        ]
    return _verdicts(statistics, np.array(chosen), candidate)


def targeted_inputs(data: HeteroData) -> tuple[Int[Array, " targeted"], Int[Array, " targeted"]]:
    """Inputs that act on one function only: what follows can be traced to that function.

    Args:
        data: A graph.

    Returns:
        Input ids and the ids of the functions they act on.

    Example:
        >>> from edgelab.datasets import sachs
        >>> data = graph_of(sachs())
        >>> [data["input"].node_names[i] for i in targeted_inputs(data)[0]]
        ['Akt-inhibitor', 'G06976', 'PMA', 'U0126', 'b2cAMP', 'psitectorigenin']
    """
    source, target = data[INPUT_EDGES].edge_index.cpu().numpy()
    alone = np.bincount(source, minlength=int(data["input"].num_nodes))[source] == 1
    order = np.argsort(source[alone], kind="stable")
    return source[alone][order], target[alone][order]


def _candidates(data: HeteroData) -> Bool[Array, "functions functions"]:
    n_functions = int(data["function"].num_nodes)
    candidate = ~np.eye(n_functions, dtype=bool)
    candidate[tuple(data[FUNCTION_EDGES].edge_index.cpu().numpy())] = False
    return candidate


def _splits(task: Task, q: QSettings) -> Iterator[Bool[Array, " samples"]]:
    x = task.x.cpu().numpy().astype(np.float64)
    for number in range(1 if is_split_by_dose(x) else q.splits):
        yield sample_halves(x, seed=q.seed + number)


def _effects(task: Task, conditioned: bool) -> Float[Array, "inputs functions"]:
    responses = function_responses(task).astype(np.float64)
    if conditioned:
        responses = unexplained(responses, task.data[FUNCTION_EDGES].edge_index.cpu().numpy())
    return intervention_effects(task.x.cpu().numpy().astype(np.float64), responses)


def unexplained(
    responses: Float[Array, "samples functions"], edge_index: Int[Array, "2 edges"]
) -> Float[Array, "samples functions"]:
    """Residuals of a linear regression of every function on its parents.

    Args:
        responses: One column per function; a parent with NaN takes no part.
        edge_index: Parents (row 0) and children (row 1).

    Returns:
        Residuals; functions without measured parents keep their responses. NaN where there are not
        more samples than parents, for nothing is left then.

    Example:
        >>> parent = np.array([0.0, 1.0, 2.0, 3.0])
        >>> left = unexplained(np.stack([parent, 3 * parent], axis=1), np.array([[0], [1]]))
        >>> np.abs(left[:, 1]).max() < 1e-9, left[:, 0].tolist()
        (np.True_, [0.0, 1.0, 2.0, 3.0])
    """
    left = responses.copy()
    measured = ~np.isnan(responses).any(axis=0)
    source, target = edge_index
    for function in np.unique(target):
        parents = source[(target == function) & measured[source] & (source != function)]
        if parents.size and measured[function]:
            design = np.column_stack([np.ones(len(responses)), responses[:, parents]])
            fitted, *_ = np.linalg.lstsq(design, responses[:, function], rcond=None)
            enough = len(responses) > parents.size + 1
            left[:, function] = responses[:, function] - design @ fitted if enough else np.nan
    return left


def _method_ranks(
    dataset: Dataset, data: HeteroData, method: str, seed: int, settings: ModelSettings | None
) -> Float[Array, "functions functions"]:
    """Minus the logarithm of the rank of every pair's score: scales that two halves have in common."""
    table = METHODS[method].table(Evidence(dataset, data, settings, seed), None)
    rank = table.loc[~table["has_edge"], "score"].rank(ascending=False, method="average")
    size = np.full((int(data["function"].num_nodes),) * 2, np.nan)
    rows = table.loc[rank.index]
    size[rows["src_idx"], rows["dst_idx"]] = -np.log(rank / (len(rank) + 1))
    return size


def _by_source(
    values: Float[Array, "targeted functions"], sources: Int[Array, " targeted"]
) -> Float[Array, "functions functions"]:
    """Of several inputs that act on a source, the value of largest size: under the null its sign is
    a coin as well.
    """
    folded = np.full((values.shape[1], values.shape[1]), np.nan)
    for row, source in zip(values, sources.tolist(), strict=True):
        kept = folded[source]
        folded[source] = np.where(~(np.abs(kept) >= np.abs(row)) & ~np.isnan(row), row, kept)
    return folded


def _verdicts(
    statistics: list[Float[Array, " candidates"]],
    chosen: Bool[Array, "halves candidates"],
    candidate: Bool[Array, "functions functions"],
) -> PairVerdicts:
    judged = ~np.isnan(statistics).all(axis=0)
    q_value, stability = np.full((2, *candidate.shape), np.nan)
    q_value[candidate] = aggregated_q_values(statistics)
    stability[candidate] = np.where(judged, selection_frequency(chosen), np.nan)
    return PairVerdicts(
        q_value=q_value,
        stability=stability,
        stable_by_chance=stability_bound(
            FREQUENT, float(chosen.sum(axis=1).mean()), max(1, int(judged.sum())), len(statistics)
        ),
        n_splits=len(statistics),
    )
