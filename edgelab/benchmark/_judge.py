"""One hold-out: what scorers are shown, and how well each finds what was hidden."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from edgelab.datasets import Dataset
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
    """One hold-out of a data set, checked for leaks.

    Attributes:
        split: The training graph and the held-out edges.
        evidence: What scorers may look at; the held-out edges are nowhere in it.
        n_reversed: How many held-out edges run backwards along an edge that is shown.
    """

    split: EdgeSplit
    evidence: Evidence
    n_reversed: int


def make_hold_out(
    dataset: Dataset, fraction: float, seed: int, settings: ModelSettings | None = None
) -> HoldOut:
    """Hide a share of the known edges from scorers.

    The data set that scorers get is a copy without the held-out edges, so that not even a scorer
    that reads it instead of the graph can see them.

    Args:
        dataset: Prior network, interventions and responses.
        fraction: Share of the function→function edges that is hidden, in (0, 1).
        seed: Decides which edges are hidden; also the seed of training.
        settings: How a model is built and trained.

    Returns:
        The hold-out.

    Raises:
        LeakageError: If the hidden edges can be read off what is shown.

    Example:
        >>> from edgelab.datasets import sachs
        >>> hold_out = make_hold_out(sachs(), fraction=0.25, seed=0)
        >>> len(hold_out.split.held_out), hold_out.n_reversed
        (5, 0)
    """
    split = hold_out_edges(graph_of(dataset), fraction, seed)
    shown = prior_pairs(split.train)
    n_reversed = check_split(dataset.edges, shown, split.held_out)
    is_shown = pd.MultiIndex.from_frame(dataset.edges[["source", "target"]]).isin(list(shown))
    without = replace(dataset, edges=dataset.edges[is_shown].reset_index(drop=True))
    return HoldOut(
        split=split, evidence=Evidence(without, split.train, settings, seed), n_reversed=n_reversed
    )


def judged(
    hold_out: HoldOut, methods: Sequence[str], top_k: Sequence[int] = (1, 3, 5)
) -> Iterator[tuple[str, pd.DataFrame, dict[str, float]]]:
    """Let every method rank the candidates, and judge its ranking.

    Args:
        hold_out: What is shown and what is hidden.
        methods: Names in `METHODS`.
        top_k: For which k to report the share of hidden edges ranked at most k within their target.

    Yields:
        The name of the method, its edge table, and what `evaluate_against` and
        `evaluate_degree_matched` say of it.

    Raises:
        LeakageError: If a table was not made from the training graph, or leaves pairs out.

    Example:
        >>> from edgelab.datasets import sachs
        >>> for name, table, metrics in judged(make_hold_out(sachs(), 0.25, seed=0), ["pearson"]):
        ...     name, len(table), metrics["n_positives"]
        ('pearson', 110, 5)
    """
    train, held_out = hold_out.split.train, hold_out.split.held_out_pairs
    for name in methods:
        table = METHODS[name].table(hold_out.evidence, None)
        check_table(table, prior_pairs(train), train["function"].node_names)
        uniform = evaluate_against(table, held_out, top_k=top_k)
        yield name, table, uniform | evaluate_degree_matched(table, held_out, top_k=top_k)
