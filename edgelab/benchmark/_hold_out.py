"""One hold-out: what scorers are shown, and how well each finds what was hidden."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError
from edgelab.evaluation import (
    check_split,
    check_table,
    evaluate_against,
    evaluate_degree_matched,
)
from edgelab.graphs import EdgeSplit, hold_out_edges, prior_pairs
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HoldOut:
    """A data set of which some known edges are hidden, checked for leaks."""

    split: EdgeSplit
    # What scorers may look at; the held-out edges are nowhere in it.
    evidence: Evidence
    # Held-out edges that run backwards along an edge that is shown.
    n_reversed: int


def make_hold_out(
    dataset: Dataset, fraction: float, seed: int, settings: ModelSettings | None = None
) -> HoldOut:
    """Hide a share of the known edges; the seed also decides how models are trained."""
    split = hold_out_edges(graph_of(dataset), fraction, seed)
    shown = prior_pairs(split.train)
    n_reversed = check_split(dataset.edges, shown, split.held_out)
    # The data set loses the edges too, so that not even a scorer that reads it instead of the
    # graph can see them.
    is_shown = pd.MultiIndex.from_frame(dataset.edges[["source", "target"]]).isin(list(shown))
    without_hidden = replace(dataset, edges=dataset.edges[is_shown].reset_index(drop=True))
    evidence = Evidence(without_hidden, split.train, settings, seed)
    return HoldOut(split=split, evidence=evidence, n_reversed=n_reversed)


def judge(
    hold_out: HoldOut, method: str, top_k: Sequence[int]
) -> tuple[pd.DataFrame, dict[str, float]]:
    """A method's edge table, refused if it tells of hidden edges, and how it ranks them."""
    train = hold_out.split.train
    hidden = hold_out.split.held_out_pairs
    table = METHODS[method].table(hold_out.evidence, None)
    check_table(table, prior_pairs(train), train["function"].node_names)
    uniform = evaluate_against(table, hidden, top_k=top_k)
    return table, uniform | evaluate_degree_matched(table, hidden, top_k=top_k)


def chosen_methods(methods: Iterable[str] | None) -> list[str]:
    """Distinct names of methods, all of them for None; unknown names and no name are refused."""
    if methods is None:
        return METHODS.names()
    names = list(dict.fromkeys(methods))
    if not names:
        raise ConfigError("methods is empty; name at least one, or pass None for all")
    for name in names:
        METHODS[name]  # a misspelt name ends here, and not after the first hold-out
    return names
