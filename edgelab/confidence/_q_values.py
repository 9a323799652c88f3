"""Q-values for a named claim: that an intervention on the source moves the target.

The claim of `q_value` is the estimand `total`: a directed path leads from source to target. What a
screen of interventions can show is exactly that, and for it a false discovery rate can be kept: two
halves of the samples estimate the effect of an intervention independently, and where there is none,
they agree in sign half of the time. The pairs that disagree thus count the false ones among those
that agree.

What it needs: inputs that act on one function each, with replicates or several doses; noise that is
independent between the two halves (replicates that share a batch are one replicate) and about
symmetric (take logarithms of counts). What it cannot know: off-target effects of a reagent, which
are real effects of the intervention.

`direct` (an edge leads from source to target) needs a model on top. `q_direct` is such a statement:
the same for what is left of the responses once a linear regression on the target's prior parents is
taken out. It is right if the prior names all other parents on the paths and they act linearly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.datasets import Dataset
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings
from edgelab.typing import Array, Float, Int

from ._aggregation import aggregated_q_values
from ._estimands import true_pairs
from ._half_effects import direct_effects, ranked_effects, total_effects
from ._mirror import mirror_statistics
from ._pair_matrix import pair_matrix
from ._q_settings import QSettings
from ._split_evidence import SplitEvidence
from ._stability import largest_entries, selection_frequency

HalfEffects = Callable[[SplitEvidence, Int[Array, " rows"]], Float[Array, "targeted functions"]]
"""From the samples of a half to signed strengths of every targeted input on every function."""


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
        q: How q-values are made; without a seed, with seed 0.
        settings: How a model is built and trained, for methods that need one.

    Returns:
        The same rows in the same order with `q_value` replaced and new columns at the end:
        `estimand` (`"total"`, or `"association"` with that way), `q_association`, `stability`,
        `prior_path` (the graph already leads from source to target) and, if asked for, `q_direct`,
        which rests on the interventions alone, whatever the way.
        `q_value` is NaN where no intervention of its own hits the source.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.jobs import infer_edges
        >>> table = infer_edges(sachs(), "pearson").table
        >>> with_q_values(table, sachs(), q=QSettings(splits=2))["estimand"].unique().tolist()
        ['total']
    """
    q = q or QSettings()
    graph = graph_of(dataset) if data is None else data
    whole = Evidence(dataset, graph, settings, seed=q.seed or 0)
    return add_q_values(table, SplitEvidence(whole, q), method)


def add_q_values(
    table: pd.DataFrame, evidence: SplitEvidence, method: str = "interventional_z"
) -> pd.DataFrame:
    """Do what `with_q_values` does, with evidence that is there already.

    Args:
        table: An edge table of functions, made from the same samples and graph.
        evidence: The samples, the graph and the halves.
        method: What is refitted on the halves with `way="method"`, a name in `METHODS`.

    Returns:
        The same rows in the same order; see `with_q_values`.
    """
    pairs = table["src_idx"].to_numpy(), table["dst_idx"].to_numpy()
    is_association = evidence.q.way == "association"
    judged = table.assign(
        estimand="association" if is_association else "total", q_association=table["q_value"]
    )
    if not is_association:
        verdicts = total_verdicts(evidence, method)
        judged["q_value"] = verdicts.q_value[pairs]
        judged["stability"] = verdicts.stability[pairs]
    judged["prior_path"] = true_pairs(evidence.edge_index, evidence.n_functions, "total")[pairs]
    if evidence.q.direct:
        judged["q_direct"] = direct_verdicts(evidence).q_value[pairs]
    return judged


def pair_q_values(
    evidence: SplitEvidence, method: str = "interventional_z"
) -> Float[Array, "functions functions"]:
    """Q-values of every pair of functions, in the order of the graph's nodes.

    Args:
        evidence: The samples, the graph and the halves, and where q-values come from.
        method: What ranks pairs with `way="method"` and `way="association"`, a name in `METHODS`.

    Returns:
        At `[source, target]`; NaN where the data cannot tell and, but with `way="association"`, at
        edges of the graph.

    Example:
        >>> from edgelab.datasets import sachs
        >>> evidence = SplitEvidence(Evidence(sachs(), graph_of(sachs())), QSettings(splits=2))
        >>> pair_q_values(evidence).shape
        (11, 11)
    """
    if evidence.q.way != "association":
        return total_verdicts(evidence, method).q_value
    table = METHODS[method].table(evidence.whole, None)
    return pair_matrix(table, "q_value", evidence.n_functions)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairVerdicts:
    """What the splits say of every ordered pair, in the order of the graph's nodes."""

    # NaN where the data cannot tell and at edges of the graph.
    q_value: Float[Array, "functions functions"]
    # Share of the halves in which the pair was among the strongest, as many as the graph has edges.
    stability: Float[Array, "functions functions"]


def total_verdicts(evidence: SplitEvidence, method: str = "interventional_z") -> PairVerdicts:
    """Whether a path leads from source to target, by the interventions or a method's ranks."""
    if evidence.q.way == "method":
        return _compare_halves(evidence, partial(ranked_effects, method=method))
    return _compare_halves(evidence, total_effects)


def direct_verdicts(evidence: SplitEvidence) -> PairVerdicts:
    """Whether an edge leads from source to target, given the prior parents of the target.

    By the interventions alone: a method refitted on the halves would rank pairs by responses from
    which the parents' part was not taken out.
    """
    return _compare_halves(evidence, direct_effects)


def _compare_halves(evidence: SplitEvidence, effects: HalfEffects) -> PairVerdicts:
    """Judge every candidate by how well the two halves of each split agree on it."""
    candidates = evidence.candidates
    sources = evidence.sources
    n_strongest = max(1, evidence.edge_index.shape[1])
    statistics = []
    strongest = []
    for in_first in evidence.halves:
        halves = [effects(evidence, np.flatnonzero(half)) for half in (in_first, ~in_first)]
        # Inputs are folded after the comparison, so that both halves speak of the same input. Under
        # the null the sign of the largest statistic is a coin as well.
        statistics.append(_largest_by_source(mirror_statistics(*halves), sources)[candidates])
        for half in halves:
            sizes = _largest_by_source(np.abs(half), sources)[candidates]
            strongest.append(largest_entries(sizes, n_strongest))
    is_judged = ~np.isnan(statistics).all(axis=0)
    q_value, stability = np.full((2, *candidates.shape), np.nan)
    q_value[candidates] = aggregated_q_values(statistics)
    frequency = selection_frequency(np.array(strongest))
    stability[candidates] = np.where(is_judged, frequency, np.nan)
    return PairVerdicts(q_value=q_value, stability=stability)


def _largest_by_source(
    values: Float[Array, "targeted functions"], sources: Int[Array, " targeted"]
) -> Float[Array, "functions functions"]:
    """Of several inputs that act on a source, the value of largest size, with its sign."""
    n_functions = values.shape[1]
    folded = np.full((n_functions, n_functions), np.nan)
    for row, source in zip(values, sources.tolist(), strict=True):
        kept = folded[source]
        is_larger = ~(np.abs(kept) >= np.abs(row)) & ~np.isnan(row)
        folded[source] = np.where(is_larger, row, kept)
    return folded
