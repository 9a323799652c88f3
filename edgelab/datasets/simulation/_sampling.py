"""What the simulators share: drawing the noise, taking the inputs, and wrapping the result."""

import numpy as np
import pandas as pd

from edgelab.datasets._dataset import Dataset
from edgelab.datasets._matrices import check_matrix
from edgelab.datasets._tables import EdgeTable, as_edge_table
from edgelab.errors import ConfigError

from ._wiring import Wiring


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
        Nodes by samples. Inputs and nodes without parents have a number too, so theirs depend on
        nothing else.

    Raises:
        ConfigError: If a number lies outside its range, or both or neither of `n_samples` and `x`
            are given.
    """
    if (n_samples is None) == (x is None):
        raise ConfigError(
            f"pass either n_samples or x, got n_samples={n_samples!r} and x {'left out' if x is None else 'given'}."
        )
    n_rows = len(x) if x is not None else n_samples
    if not (isinstance(n_rows, int) and n_rows > 0):
        raise ConfigError(f"the number of samples must be a positive integer, got {n_rows!r}.")
    if not (np.isfinite(noise_scale) and noise_scale >= 0):
        raise ConfigError(f"noise_scale must be a finite number >= 0, got {noise_scale!r}.")
    if seed < 0:
        raise ConfigError(f"seed must be a number from 0, got {seed!r}.")
    # Drawn sample by sample, so that the first samples stay as they are when more are asked for.
    return np.ascontiguousarray(
        np.random.default_rng(seed).standard_normal((n_rows, len(wiring.nodes))).T
    )


def given_inputs(wiring: Wiring, x: pd.DataFrame | None, noise: np.ndarray) -> np.ndarray:
    """Return the values of the inputs: those of `x`, or the random draw.

    Args:
        wiring: The graph.
        x: Given inputs, samples by inputs, or None.
        noise: Nodes by samples.

    Returns:
        Inputs by samples, in the order of the wiring.
    """
    if x is None:
        return noise[: len(wiring.inputs)]
    check_matrix(x, wiring.inputs, "x", "input")
    return x[list(wiring.inputs)].to_numpy(dtype=float).T


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
        x=pd.DataFrame(values[:n_inputs].T, columns=list(wiring.inputs))
        if x is None
        else x.reset_index(drop=True),
        y=pd.DataFrame(values[-n_outputs:].T, columns=list(wiring.outputs)),
        condition=pd.Series(["simulated"] * values.shape[1], dtype="category", name="condition"),
        functions=wiring.functions,
    )
