"""Methods compared on one data set: several hold-outs, one row each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from edgelab.datasets import Dataset, threads_by_size
from edgelab.errors import ConfigError
from edgelab.graphs import EdgeSplit
from edgelab.progress import tracked
from edgelab.training import ModelSettings
from edgelab.typing import Array, Bool, Float

from ._hold_out import chosen_methods, judge, make_hold_out

Recovery = tuple[Float[Array, " candidates"], Bool[Array, " candidates"]]
"""Scores of all candidates of one hold-out, and which of them are held-out edges."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """How well each method recovered held-out edges.

    Attributes:
        records: One row per method and seed: `scorer, seed`, then what
            `edgelab.evaluation.evaluate_against` and `evaluate_degree_matched` report.
        recoveries: For each method, by seed: the scores of all candidates and which of them were
            held-out edges.
    """

    records: pd.DataFrame
    recoveries: dict[str, list[Recovery]]


@threads_by_size
def compare_methods(
    dataset: Dataset,
    methods: Sequence[str] | None = None,
    *,
    seeds: Iterable[int] = range(5),
    fraction: float = 0.2,
    settings: ModelSettings | None = None,
    top_k: Sequence[int] = (1, 3, 5),
    progress: bool = True,
) -> Comparison:
    """Hide known edges, score all candidates by every method, and see where the hidden edges rank.

    Each seed hides another random part of the edges; all methods see the same training graph, and
    those that read a GSNN share the one trained on it. Ranks are filtered: other hidden edges of
    the same target do not compete.

    Args:
        dataset: Prior network, interventions and responses.
        methods: Names in `METHODS`, at least one; None compares all of them.
        seeds: One hold-out each; also the seed of training.
        fraction: Share of the function→function edges that is hidden, in (0, 1).
        settings: How the model is built and trained.
        top_k: For which k to report the share of hidden edges ranked at most k within their target.
        progress: Show a bar when standard error is a terminal.

    Returns:
        One record per method and seed, and the scores behind it.

    Raises:
        ConfigError: If a method is unknown, or there is no method or no seed.

    Example:
        >>> from edgelab.datasets import sachs
        >>> methods = ["pearson", "random"]
        >>> comparison = compare_methods(sachs(), methods, seeds=range(2), fraction=0.25)
        >>> comparison.records[["scorer", "seed", "n_positives"]].values.tolist()
        [['pearson', 0, 5], ['random', 0, 5], ['pearson', 1, 5], ['random', 1, 5]]
    """
    names = chosen_methods(methods)
    seeds = list(seeds)
    if not seeds:
        raise ConfigError("seeds is empty; give at least one, each is one hold-out")
    # All are made before the first is judged: a hold-out that leaks ends the run at once.
    hold_outs = {seed: make_hold_out(dataset, fraction, seed, settings) for seed in seeds}
    records: list[dict[str, float | str]] = []
    recoveries: dict[str, list[Recovery]] = {name: [] for name in names}
    for seed in tracked(seeds, "held-out edges", shown=progress):
        for name in names:
            table, metrics = judge(hold_outs[seed], name, top_k)
            records.append({"scorer": name, "seed": seed, **metrics})
            recoveries[name].append(_recovery(table, hold_outs[seed].split))
    return Comparison(records=pd.DataFrame(records), recoveries=recoveries)


def _recovery(table: pd.DataFrame, split: EdgeSplit) -> Recovery:
    candidates = table[~table["has_edge"]]
    names = pd.MultiIndex.from_arrays(
        [candidates["src_func"].astype(str), candidates["dst_func"].astype(str)]
    )
    is_held_out = names.isin(list(split.held_out_pairs))
    return candidates["score"].to_numpy(np.float64), np.asarray(is_held_out)
