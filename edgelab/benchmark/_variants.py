"""Variants of a data set under which a ranking should stand, and how far it does."""

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

# From a data set and the number of a draw to a data set and the seed of training.
Variant = Callable[[Dataset, int], tuple[Dataset, int]]

VARIANTS: Registry[Variant] = Registry("variant")

REFERENCE = "whole"
"""The variant that the others are compared with: the data as they are, with seed 0."""


@VARIANTS.register(REFERENCE)
def whole(dataset: Dataset, draw: int) -> tuple[Dataset, int]:
    """The data set as it is."""
    return dataset, 0


@VARIANTS.register("other seed")
def other_seed(dataset: Dataset, draw: int) -> tuple[Dataset, int]:
    """The data set as it is, with another seed of training than the reference."""
    return dataset, draw + 1  # seeds 1, 2, …: the reference has seed 0


@VARIANTS.register("one sample less")
def one_sample_less(dataset: Dataset, draw: int) -> tuple[Dataset, int]:
    """The data set without one sample, drawn at random."""
    if dataset.n_samples < 2:
        raise ConfigError(
            f"data set {dataset.name!r} has {dataset.n_samples} sample; none can be left out"
        )
    dropped = np.random.default_rng(draw).integers(dataset.n_samples)
    return take_samples(dataset, np.delete(np.arange(dataset.n_samples), dropped)), 0


@VARIANTS.register("reordered")
def reordered(dataset: Dataset, draw: int) -> tuple[Dataset, int]:
    """The same content, listed in another order: nodes, edges, columns and samples."""
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
    """What scorers may look at in a variant of a data set: its samples, and its whole network."""
    changed, seed = VARIANTS[variant](dataset, draw)
    return Evidence(changed, graph_of(changed), settings, seed)


def top_edges(table: pd.DataFrame, count: int) -> list[list[str]]:
    """The best candidates (source, target) of a sorted table; fewer if fewer have a score."""
    is_candidate = ~table["has_edge"].to_numpy(dtype=bool) & table["score"].notna().to_numpy()
    best = table[is_candidate].head(count)
    return [
        [str(source), str(target)]
        for source, target in zip(best["src_func"], best["dst_func"], strict=True)
    ]


def overlap(first: list[list[str]], second: list[list[str]]) -> float:
    """Share of edges that two lists have in common, of the longer one; NaN if both are empty."""
    longer = max(len(first), len(second))
    if not longer:
        return float("nan")
    common = {tuple(edge) for edge in first} & {tuple(edge) for edge in second}
    return len(common) / longer
