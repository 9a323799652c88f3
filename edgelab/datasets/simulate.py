"""Simulated responses of a graph without cycles: every node is the signed sum of its parents, plus noise."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from edgelab.datasets.dataset import Dataset
from edgelab.datasets.tables import EdgeTable, as_edge_table
from edgelab.datasets.wiring import Wiring, require_acyclic, wire
from edgelab.errors import ConfigError, DataError, close_names

Law = Callable[[Mapping[str, np.ndarray]], np.ndarray]


def simulate(
    edges: EdgeTable,
    *,
    input_edges: EdgeTable,
    output_edges: EdgeTable,
    n_samples: int | None = None,
    x: pd.DataFrame | None = None,
    noise_scale: float = 1.0,
    laws: Mapping[str, Law] | None = None,
    seed: int = 0,
    name: str = "simulated",
) -> Dataset:
    """Simulate responses of a graph without cycles.

    An input is drawn from N(0, 1) or taken from `x`. Every other node, outputs included, is drawn from
    N(sum over its parents of sign * weight * parent, `noise_scale`); a node without parents is drawn from N(0, 1).
    Names decide which random numbers a node gets, so neither the order of the edges nor later samples change a value.

    Args:
        edges: Function to function edges: a table with `source`, `target` and optionally `sign` and `weight`, or pairs.
            Without sign and weight an edge counts +1; so does the unknown sign 0.
        input_edges: Input to function edges, in the same form.
        output_edges: Function to output edges, in the same form.
        n_samples: How many samples to draw; left out when `x` is given.
        x: What the inputs are set to, samples by inputs, instead of a random draw.
        noise_scale: Standard deviation of the noise of every node that has parents; 0 for none.
        laws: For a function or output, what replaces the sum over its parents: it receives the samples of every parent
            by name and returns one value per sample. Noise is added to it. Signs and weights are left to the law.
        seed: Seed of all random numbers.
        name: Name of the data set.

    Returns:
        A data set with functions in topological order and inputs and outputs in natural order (or that of `x`).

    Raises:
        ConfigError: If a number lies outside its range, both or neither of `n_samples` and `x` are given, or a law
            belongs to no node or returns something other than one number per sample.

    Example:
        >>> data = simulate(
        ...     [("a", "b")], input_edges=[("drug", "a")], output_edges=[("b", "readout")],
        ...     x=pd.DataFrame({"drug": [1.0, 2.0]}), noise_scale=0.0, laws={"b": lambda parents: parents["a"] ** 2},
        ... )
        >>> data.y["readout"].tolist()
        [1.0, 4.0]
    """
    require_acyclic(edges)
    wiring = wire(edges, input_edges, output_edges)
    noise = draw_noise(wiring, n_samples, x, noise_scale, seed)
    start = given_inputs(wiring, x, noise)
    values = propagate(wiring, start, noise, noise_scale, _laws_by_node(wiring, laws or {}))
    return as_dataset(
        wiring, (edges, input_edges, output_edges), values, x, name, f"simulate(seed={seed}, noise_scale={noise_scale})"
    )


def draw_noise(
    wiring: Wiring, n_samples: int | None, x: pd.DataFrame | None, noise_scale: float, seed: int
) -> np.ndarray:
    """Check the sizes and draw a standard normal number per node and sample.

    Args:
        wiring: The graph.
        n_samples: Number of samples, or None to take that of `x`.
        x: Given inputs, or None.
        noise_scale: Checked only.
        seed: Seed of the numbers.

    Returns:
        Nodes by samples. Inputs and nodes without parents have a number too, so theirs depend on nothing else.

    Raises:
        ConfigError: If a number lies outside its range, or both or neither of `n_samples` and `x` are given.
    """
    if (n_samples is None) == (x is None):
        raise ConfigError(f"pass either n_samples or x, got n_samples={n_samples!r} and x {'un' * (x is None)}set.")
    n_rows = len(x) if x is not None else n_samples
    if not (isinstance(n_rows, int) and n_rows > 0):
        raise ConfigError(f"the number of samples must be a positive integer, got {n_rows!r}.")
    if not (np.isfinite(noise_scale) and noise_scale >= 0):
        raise ConfigError(f"noise_scale must be a finite number >= 0, got {noise_scale!r}.")
    # Drawn sample by sample, so that the first samples stay as they are when more are asked for.
    return np.ascontiguousarray(np.random.default_rng(seed).standard_normal((n_rows, len(wiring.nodes))).T)


def given_inputs(wiring: Wiring, x: pd.DataFrame | None, noise: np.ndarray) -> np.ndarray:
    """Return the values of the inputs: those of `x`, or the random draw.

    Args:
        wiring: The graph.
        x: Given inputs, samples by inputs, or None.
        noise: Nodes by samples.

    Returns:
        Inputs by samples, in the order of the wiring.

    Raises:
        DataError: If the columns of `x` are not exactly the inputs.
    """
    if x is None:
        return noise[: len(wiring.inputs)]
    if set(x.columns) != set(wiring.inputs):
        wrong = sorted(set(x.columns) ^ set(wiring.inputs), key=str)
        raise DataError(
            f"the columns of x must be exactly the inputs of `input_edges`; {wrong[0]!r} is in one of them only "
            f"({close_names(wrong[0], set(x.columns) | set(wiring.inputs) - {wrong[0]})}). Add or drop it."
        )
    return x[list(wiring.inputs)].to_numpy(dtype=float).T


def propagate(
    wiring: Wiring, inputs: np.ndarray, noise: np.ndarray, noise_scale: float, laws: Mapping[int, Law]
) -> np.ndarray:
    """Compute every node from its parents, in topological order, all samples at once.

    Args:
        wiring: A graph without cycles.
        inputs: Values of the inputs, inputs by samples.
        noise: Standard normal numbers, nodes by samples.
        noise_scale: What the noise of nodes with parents is multiplied with.
        laws: By node number, what replaces the sum over the parents.

    Returns:
        Nodes by samples.
    """
    values = noise.copy()
    values[: len(inputs)] = inputs
    for node in range(len(inputs), len(values)):
        parents, effects = wiring.parents(node)
        if node in laws:
            mean = _apply_law(laws[node], wiring, node, values)
        elif len(parents):
            mean = effects @ values[parents]
        else:
            continue
        values[node] = mean + noise_scale * noise[node]
    return values


def as_dataset(
    wiring: Wiring,
    tables: tuple[EdgeTable, EdgeTable, EdgeTable],
    values: np.ndarray,
    x: pd.DataFrame | None,
    name: str,
    source: str,
) -> Dataset:
    """Wrap simulated values.

    Args:
        wiring: The graph.
        tables: Function edges, input edges and output edges.
        values: Nodes by samples.
        x: The inputs that were given, or None.
        name: Name of the data set.
        source: How it was made.

    Returns:
        The data set; all samples have the condition `simulated`.
    """
    edges, input_edges, output_edges = tables
    n_inputs, n_outputs = len(wiring.inputs), len(wiring.outputs)
    return Dataset(
        name=name,
        source=source,
        edges=as_edge_table(edges, "edges"),
        input_edges=as_edge_table(input_edges, "input_edges"),
        output_edges=as_edge_table(output_edges, "output_edges"),
        x=pd.DataFrame(values[:n_inputs].T, columns=list(wiring.inputs)) if x is None else x.reset_index(drop=True),
        y=pd.DataFrame(values[-n_outputs:].T, columns=list(wiring.outputs)),
        condition=pd.Series(["simulated"] * values.shape[1], dtype="category", name="condition"),
        functions=wiring.functions,
    )


def _laws_by_node(wiring: Wiring, laws: Mapping[str, Law]) -> dict[int, Law]:
    targets = (*wiring.functions, *wiring.outputs)
    for name in laws:
        if targets.count(name) != 1:
            problem = "is both a function and an output" if name in targets else "is neither a function nor an output"
            raise ConfigError(f"laws has {name!r}, which {problem} ({close_names(name, targets)}). Rename it.")
    return {len(wiring.inputs) + targets.index(name): law for name, law in laws.items()}


def _apply_law(law: Law, wiring: Wiring, node: int, values: np.ndarray) -> np.ndarray:
    parents, _ = wiring.parents(node)
    names, label = [wiring.nodes[parent] for parent in parents], wiring.nodes[node]
    if len(set(names)) < len(names):
        raise ConfigError(f"the law of {label!r} gets parents by name, but two share one. Rename the input.")
    result = np.asarray(law({name: values[parent] for name, parent in zip(names, parents, strict=True)}), dtype=float)
    if not (result.shape == values[node].shape and np.isfinite(result).all()):
        raise ConfigError(
            f"the law of {label!r} must return {len(values[node])} finite numbers, one for each sample; "
            f"it returned shape {result.shape}. Use array operations on the parents' samples."
        )
    return result
