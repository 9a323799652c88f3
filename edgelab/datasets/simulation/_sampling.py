"""What the simulators share: drawing the noise, taking the inputs, and wrapping the result."""

import numpy as np
import pandas as pd

from edgelab.checks import check_integer, check_seed
from edgelab.datasets._dataset import Dataset, check_columns
from edgelab.datasets._edge_tables import EdgeTable, as_edge_table
from edgelab.errors import ConfigError
from edgelab.typing import Array, Float

from ._wiring import Wiring


def draw_noise(
    wiring: Wiring, n_samples: int | None, x: pd.DataFrame | None, noise_scale: float, seed: int
) -> Float[Array, "nodes samples"]:
    """Check the sizes and draw a standard normal number per node and sample."""
    n_rows = len(x) if x is not None else n_samples
    if n_rows is None or (x is not None and n_samples is not None):
        state = "left out" if x is None else "given"
        raise ConfigError(f"pass either n_samples or x, got n_samples={n_samples!r} and x {state}.")
    check_integer("n_samples" if x is None else "the number of rows of x", n_rows)
    if not (np.isfinite(noise_scale) and noise_scale >= 0):
        raise ConfigError(f"noise_scale must be a finite number >= 0, got {noise_scale!r}.")
    check_seed(seed)
    # Sample by sample, so that the first samples stay as they are when more are asked for; and for
    # inputs and nodes without parents too, so that the numbers of a node depend on nothing else.
    noise = np.random.default_rng(seed).standard_normal((n_rows, len(wiring.nodes)))
    return np.ascontiguousarray(noise.T)


def given_inputs(
    wiring: Wiring, x: pd.DataFrame | None, noise: Float[Array, "nodes samples"]
) -> Float[Array, "inputs samples"]:
    """Values of the inputs in the order of the wiring: those of `x`, or the random draw."""
    if x is None:
        return noise[: len(wiring.inputs)]
    check_columns(x, wiring.inputs, "x", "input")
    return x[list(wiring.inputs)].to_numpy(dtype=float).T


def as_dataset(
    wiring: Wiring,
    tables: tuple[EdgeTable, EdgeTable, EdgeTable],
    values: Float[Array, "nodes samples"],
    x: pd.DataFrame | None,
    name: str,
    source: str,
) -> Dataset:
    """Simulated values as a data set; `tables` are function, input and output edges."""
    edges, input_edges, output_edges = tables
    n_samples = values.shape[1]
    drawn = pd.DataFrame(values[: len(wiring.inputs)].T, columns=list(wiring.inputs))
    return Dataset(
        name=name,
        source=source,
        edges=as_edge_table(edges, "edges"),
        input_edges=as_edge_table(input_edges, "input_edges"),
        output_edges=as_edge_table(output_edges, "output_edges"),
        x=drawn if x is None else x.reset_index(drop=True),
        y=pd.DataFrame(values[-len(wiring.outputs) :].T, columns=list(wiring.outputs)),
        condition=pd.Series(["simulated"] * n_samples, dtype="category", name="condition"),
        functions=wiring.functions,
    )
