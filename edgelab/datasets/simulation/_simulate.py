"""Responses of a graph without cycles: a node is the signed sum of its parents, plus noise."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from edgelab.datasets._dataset import Dataset
from edgelab.datasets._edge_tables import EdgeTable
from edgelab.errors import ConfigError, close_names
from edgelab.typing import Array, Float

from ._sampling import as_dataset, draw_noise, given_inputs
from ._wiring import Wiring, require_acyclic, wire

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

    An input is drawn from N(0, 1) or taken from `x`. Every other node, outputs included, is drawn
    from N(sum over its parents of sign * weight * parent, `noise_scale`); a node without parents is
    drawn from N(0, 1). Names decide which random numbers a node gets, so neither the order of the
    edges nor later samples change a value.

    Args:
        edges: Function to function edges: a table with `source`, `target` and optionally `sign` and
            `weight`, or pairs. Without sign and weight an edge counts +1; so does the unknown sign
            0.
        input_edges: Input to function edges, in the same form.
        output_edges: Function to output edges, in the same form.
        n_samples: How many samples to draw; left out when `x` is given.
        x: What the inputs are set to, samples by inputs, instead of a random draw.
        noise_scale: Standard deviation of the noise of every node that has parents; 0 for none.
        laws: For a function or output, what replaces the sum over its parents: it receives the
            samples of every parent by name and returns one value per sample. Noise is added to it.
            Signs and weights are left to the law.
        seed: Seed of all random numbers.
        name: Name of the data set.

    Returns:
        A data set with functions in topological order and inputs and outputs in natural order (or
        that of `x`).

    Raises:
        DataError: If a table or `x` is malformed, or the graph has a cycle.
        ConfigError: If a number lies outside its range, both or neither of `n_samples` and `x` are
            given, or a law belongs to no node or returns something other than one number per
            sample.

    Example:
        >>> data = simulate(
        ...     [("a", "b")],
        ...     input_edges=[("drug", "a")],
        ...     output_edges=[("b", "readout")],
        ...     x=pd.DataFrame({"drug": [1.0, 2.0]}),
        ...     noise_scale=0.0,
        ...     laws={"b": lambda parents: parents["a"] ** 2},
        ... )
        >>> data.y["readout"].tolist()
        [1.0, 4.0]
    """
    wiring = wire(edges, input_edges, output_edges)
    require_acyclic(wiring)
    noise = draw_noise(wiring, n_samples, x, noise_scale, seed)
    start = given_inputs(wiring, x, noise)
    values = propagate(wiring, start, noise, noise_scale, _laws_by_node(wiring, laws or {}))
    how = f"simulate(seed={seed}, noise_scale={noise_scale})"
    return as_dataset(wiring, (edges, input_edges, output_edges), values, x, name, how)


def propagate(
    wiring: Wiring,
    inputs: Float[Array, "inputs samples"],
    noise: Float[Array, "nodes samples"],
    noise_scale: float,
    laws: Mapping[int, Law],
) -> Float[Array, "nodes samples"]:
    """Every node from its parents, in topological order, all samples at once."""
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


def _laws_by_node(wiring: Wiring, laws: Mapping[str, Law]) -> dict[int, Law]:
    targets = (*wiring.functions, *wiring.outputs)
    for name in laws:
        if targets.count(name) != 1:
            is_twice = name in targets
            problem = (
                "both a function and an output" if is_twice else "neither a function nor an output"
            )
            raise ConfigError(
                f"laws has {name!r}, which is {problem} ({close_names(name, targets)}). Rename it."
            )
    return {len(wiring.inputs) + targets.index(name): law for name, law in laws.items()}


def _apply_law(
    law: Law, wiring: Wiring, node: int, values: Float[Array, "nodes samples"]
) -> Float[Array, " samples"]:
    parents, _ = wiring.parents(node)
    names = [wiring.nodes[parent] for parent in parents]
    label = wiring.nodes[node]
    if len(set(names)) < len(names):
        raise ConfigError(
            f"the law of {label!r} gets parents by name, but two share one. Rename the input."
        )
    samples = {name: values[parent] for name, parent in zip(names, parents, strict=True)}
    result = np.asarray(law(samples), dtype=float)
    if not (result.shape == values[node].shape and np.isfinite(result).all()):
        raise ConfigError(
            f"the law of {label!r} must return {len(values[node])} finite numbers, one for each "
            f"sample; it returned shape {result.shape}. Use array operations on the parents' "
            "samples."
        )
    return result
