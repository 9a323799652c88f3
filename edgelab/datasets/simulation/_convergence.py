"""The convergence graph: chains that merge in pairs and then in one sink."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from edgelab.checks import check_integer
from edgelab.datasets._dataset import Dataset
from edgelab.datasets._scaling import standardise
from edgelab.errors import ConfigError

from ._simulate import simulate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConvergenceGraph:
    """The graph made by `convergence_graph`, with its standard held-out edges.

    Attributes:
        edges: All function to function edges.
        input_edges: Input to function edges.
        output_edges: Function to output edges.
        functions: Function names.
        held_out: The edges hidden from a model, with columns `source`, `target`, `kind` (`left
            merge` or `sink`) and `split` (`validation` or `test`).
    """

    edges: pd.DataFrame
    input_edges: pd.DataFrame
    output_edges: pd.DataFrame
    functions: tuple[str, ...]
    held_out: pd.DataFrame

    @property
    def kept_edges(self) -> pd.DataFrame:
        """The function to function edges that a model sees: all but the held-out ones."""
        is_hidden = pd.MultiIndex.from_frame(self.edges).isin(self.held_out_pairs())
        return self.edges[~is_hidden].reset_index(drop=True)

    def held_out_pairs(self, split: str | None = None) -> list[tuple[str, str]]:
        """Return the held-out edges as pairs of names.

        Args:
            split: `"validation"`, `"test"`, or None for both.

        Returns:
            (source, target) pairs.

        Raises:
            ConfigError: If there is no such split.

        Example:
            >>> convergence_graph(3).held_out_pairs("test")
            [('f1', 'f4'), ('f3', 'f5')]
        """
        if split not in {None, "validation", "test"}:
            raise ConfigError(f"split must be 'validation', 'test' or None, got {split!r}.")
        rows = self.held_out if split is None else self.held_out[self.held_out["split"] == split]
        return list(zip(rows["source"], rows["target"], strict=True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConvergenceData:
    """Simulated responses of a convergence graph.

    Attributes:
        graph: The graph and its held-out edges.
        train: Training samples. Its `edges` are all edges, the held-out ones included.
        test: Test samples, standardised with the statistics of the training samples.
    """

    graph: ConvergenceGraph
    train: Dataset
    test: Dataset


def convergence_graph(n: int) -> ConvergenceGraph:
    """Return the graph in which n chains merge pairwise and then in one sink.

    Input in_i acts on f_i for i < n (tier A). f_(n+k) has the parents f_k and f_(k+1) for k < n - 1
    (tier B). The sink f_(2n-1) has every function of tier B as a parent. Each function of tier B
    and the sink have an output. Held out are the left merges (f_k, f_(n+k)) for k = 1..n-2 and the
    sink edges from f_(n+k) for even k < n - 1. Each kind is shuffled; its first half (rounded down)
    is for validation, the rest for testing.

    Args:
        n: How many inputs, at least 3.

    Returns:
        A graph with n inputs, 2n functions and n outputs.

    Raises:
        ConfigError: If n is not an integer of at least 3.

    Example:
        >>> graph = convergence_graph(25)
        >>> len(graph.edges), len(graph.held_out), len(graph.kept_edges)
        (72, 35, 37)
        >>> graph.held_out["kind"].value_counts().to_dict(), len(graph.held_out_pairs("test"))
        ({'left merge': 23, 'sink': 12}, 18)
    """
    check_integer("n", n, least=3, why="with fewer there is nothing to hold out")
    functions = tuple(f"f{i}" for i in range(2 * n))
    tier_b = functions[n:-1]
    sink = functions[-1]
    merges = [(functions[k + side], tier_b[k]) for k in range(n - 1) for side in (0, 1)]
    outputs = [f"o{k}" for k in range(n)]
    return ConvergenceGraph(
        edges=_table([*merges, *((parent, sink) for parent in tier_b)]),
        input_edges=_table([(f"in{i}", functions[i]) for i in range(n)]),
        output_edges=_table(zip([*tier_b, sink], outputs, strict=True)),
        functions=functions,
        held_out=_split(
            {
                "left merge": [(functions[k], tier_b[k]) for k in range(1, n - 1)],
                "sink": [(parent, sink) for parent in tier_b[::2]],
            }
        ),
    )


def convergence(
    n: int = 25, *, n_train: int = 2000, n_test: int = 500, noise_scale: float = 0.15, seed: int = 0
) -> ConvergenceData:
    """Simulate training and test samples of a convergence graph.

    Args:
        n: How many inputs the graph has, at least 3.
        n_train: Training samples.
        n_test: Test samples.
        noise_scale: Standard deviation of every node's noise, before responses are standardised.
        seed: Seed of the simulation; the graph and its split do not depend on it.

    Returns:
        The graph and two data sets. Responses are standardised with the statistics of the training
        samples.

    Raises:
        ConfigError: If a number of samples is not a positive integer, or another number lies
            outside its range.

    Example:
        >>> data = convergence(4, n_train=100, n_test=10)
        >>> data.train.x.shape, data.test.y.shape
        ((100, 4), (10, 4))
    """
    check_integer("n_train", n_train)
    check_integer("n_test", n_test)
    graph = convergence_graph(n)
    both = simulate(
        graph.edges,
        input_edges=graph.input_edges,
        output_edges=graph.output_edges,
        n_samples=n_train + n_test,
        noise_scale=noise_scale,
        seed=seed,
        name=f"convergence-{n}",
    )
    y = standardise(both.y, np.arange(n_train))
    train, test = (
        replace(
            both,
            x=both.x.iloc[rows].reset_index(drop=True),
            y=y.iloc[rows].reset_index(drop=True),
            condition=both.condition.iloc[rows].reset_index(drop=True),
        )
        for rows in (slice(None, n_train), slice(n_train, None))
    )
    return ConvergenceData(graph=graph, train=train, test=test)


def _split(edges_by_kind: dict[str, list[tuple[str, str]]]) -> pd.DataFrame:
    # One generator for all kinds, in their order: this is what fixes the standard split.
    generator = np.random.default_rng(0)
    tables = []
    for kind, edges in edges_by_kind.items():
        shuffled = _table(edges).iloc[generator.permutation(len(edges))]
        half = len(edges) // 2
        split = ["validation"] * half + ["test"] * (len(edges) - half)
        tables.append(shuffled.assign(kind=kind, split=split))
    return pd.concat(tables, ignore_index=True)


def _table(edges: Iterable[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(list(edges), columns=["source", "target"])
