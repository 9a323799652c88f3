"""Does a ranking stand? The whole data set again: another seed, one sample less, everything in
another order.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from edgelab.datasets import Dataset, take_samples
from edgelab.errors import ConfigError
from edgelab.methods import Evidence
from edgelab.registry import Registry
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings

VARIANTS: Registry[Callable[[Dataset, int], tuple[Dataset, int]]] = Registry("variant")
"""Variants of a data set by name: from the data set and the number of the draw to a data set and a
seed.
"""

REFERENCE = "whole"
"""The variant that the others are compared with: the data as they are, with seed 0."""


@VARIANTS.register(REFERENCE)
def whole(dataset: Dataset, draw: int) -> tuple[Dataset, int]:
    """The data set as it is.

    Args:
        dataset: The data set.
        draw: Not used.

    Returns:
        The data set and seed 0.
    """
    return dataset, 0


@VARIANTS.register("other seed")
def other_seed(dataset: Dataset, draw: int) -> tuple[Dataset, int]:
    """The data set as it is, with another seed of training.

    Args:
        dataset: The data set.
        draw: From 0.

    Returns:
        The data set and the seed.
    """
    return dataset, draw + 1


@VARIANTS.register("one sample less")
def one_sample_less(dataset: Dataset, draw: int) -> tuple[Dataset, int]:
    """The data set without one sample, drawn at random.

    Args:
        dataset: At least two samples.
        draw: Which random sample.

    Returns:
        The smaller data set and seed 0.

    Raises:
        ConfigError: If it has one sample only.
    """
    if dataset.n_samples < 2:
        raise ConfigError(
            f"data set {dataset.name!r} has {dataset.n_samples} sample; none can be left out"
        )
    dropped = np.random.default_rng(draw).integers(dataset.n_samples)
    return take_samples(dataset, np.delete(np.arange(dataset.n_samples), dropped)), 0


@VARIANTS.register("reordered")
def reordered(dataset: Dataset, draw: int) -> tuple[Dataset, int]:
    """The same content, listed in another order: nodes, edges, columns and samples.

    Args:
        dataset: The data set.
        draw: Which random order.

    Returns:
        The data set in that order, and seed 0.

    Example:
        >>> from edgelab.datasets import sachs
        >>> other, seed = reordered(sachs(), 0)
        >>> set(other.functions) == set(sachs().functions), other.functions == sachs().functions
        (True, False)
    """
    rng = np.random.default_rng(draw)

    def shuffled_rows(table: pd.DataFrame) -> pd.DataFrame:
        return table.iloc[rng.permutation(len(table))].reset_index(drop=True)

    def shuffled_columns(table: pd.DataFrame) -> pd.DataFrame:
        return table.iloc[:, rng.permutation(table.shape[1])]

    other = replace(
        dataset,
        edges=shuffled_rows(dataset.edges),
        input_edges=shuffled_rows(dataset.input_edges),
        output_edges=shuffled_rows(dataset.output_edges),
        x=shuffled_columns(dataset.x),
        y=shuffled_columns(dataset.y),
        functions=tuple(
            dataset.functions[place] for place in rng.permutation(len(dataset.functions))
        ),
    )
    return take_samples(other, rng.permutation(dataset.n_samples)), 0


def variant_evidence(
    dataset: Dataset, variant: str, draw: int, settings: ModelSettings | None = None
) -> Evidence:
    """What scorers may look at in a variant of a data set: its samples, and its whole network.

    Args:
        dataset: The data set.
        variant: A name in `VARIANTS`.
        draw: Which draw of it.
        settings: How a model is built and trained.

    Returns:
        The evidence.

    Raises:
        ConfigError: If the variant is unknown.

    Example:
        >>> from edgelab.datasets import sachs
        >>> variant_evidence(sachs(), "one sample less", 0).task.y.shape
        torch.Size([7465, 11])
    """
    changed, seed = VARIANTS[variant](dataset, draw)
    return Evidence(changed, graph_of(changed), settings, seed)


def top_edges(table: pd.DataFrame, count: int) -> list[list[str]]:
    """The best candidates of a table.

    Args:
        table: An edge table, best first.
        count: How many; fewer if fewer have a score.

    Returns:
        Pairs (source, target).

    Example:
        >>> table = pd.DataFrame({"src_func": ["a", "b"], "dst_func": ["b", "a"], "score": [2.0, 1.0]})
        >>> top_edges(table.assign(has_edge=False), 1)
        [['a', 'b']]
    """
    best = table.loc[
        ~table["has_edge"].to_numpy(dtype=bool) & table["score"].notna().to_numpy()
    ].head(count)
    return [
        [str(source), str(target)]
        for source, target in zip(best["src_func"], best["dst_func"], strict=True)
    ]


def overlap(first: list[list[str]], second: list[list[str]]) -> float:
    """Share of edges that two lists have in common.

    Args:
        first: Pairs (source, target).
        second: The same.

    Returns:
        In [0, 1], relative to the longer list; NaN if both are empty.

    Example:
        >>> overlap([["a", "b"], ["b", "c"]], [["b", "c"], ["c", "d"]])
        0.5
    """
    longer = max(len(first), len(second))
    return len({*map(tuple, first)} & {*map(tuple, second)}) / longer if longer else float("nan")
