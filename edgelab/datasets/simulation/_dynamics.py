"""Responses of a graph with cycles: a noisy relaxation, followed for a number of steps."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, eye_array
from scipy.sparse.csgraph import connected_components

from edgelab.checks import check_integer
from edgelab.datasets._dataset import Dataset
from edgelab.datasets._edge_tables import EdgeTable
from edgelab.errors import ConfigError

from ._sampling import as_dataset, draw_noise, given_inputs
from ._wiring import Wiring, wire


def simulate_dynamics(
    edges: EdgeTable,
    *,
    input_edges: EdgeTable,
    output_edges: EdgeTable,
    n_samples: int | None = None,
    x: pd.DataFrame | None = None,
    n_steps: int = 100,
    rate: float = 0.1,
    activation: Callable[[np.ndarray], np.ndarray] | None = None,
    noise_scale: float = 0.1,
    seed: int = 0,
    name: str = "simulated dynamics",
) -> Dataset:
    """Simulate responses of any graph, with or without cycles, by relaxation in discrete time.

    The state z of the functions starts at 0 and moves, with the inputs held fixed, by

        z[t+1] = z[t] + rate * (activation(W z[t] + U x) - z[t]) + noise_scale * sqrt(rate) *
        noise[t]

    which is the Euler-Maruyama step of dz = (activation(W z + U x) - z) dt + noise_scale dB. W and
    U hold sign times weight of every edge. An output is the signed sum of its parents in the last
    state plus N(0, `noise_scale`). Without noise and with enough steps the state reaches the fixed
    point z = activation(W z + U x).

    Args:
        edges: Function to function edges; cycles and self-loops are allowed. Forms as in
            `simulate`.
        input_edges: Input to function edges.
        output_edges: Function to output edges.
        n_samples: How many samples to draw, with inputs from N(0, 1); left out when `x` is given.
        x: What the inputs are set to, samples by inputs.
        n_steps: How many steps are taken; the state forgets its start like (1 - rate) ** n_steps.
        rate: Step length in (0, 1].
        activation: What the summed signals pass through, element by element, such as `numpy.tanh`.
            None: nothing.
        noise_scale: Standard deviation of the noise per unit of time, and of the readout; 0 for
            none.
        seed: Seed of all random numbers.
        name: Name of the data set.

    Returns:
        A data set with functions in topological order (natural order if there are cycles).

    Raises:
        ConfigError: If a number lies outside its range, or the feedback makes the state grow
            without limit.

    Example:
        >>> loop = pd.DataFrame({"source": ["a", "b"], "target": ["b", "a"], "weight": 0.5})
        >>> data = simulate_dynamics(
        ...     loop, input_edges=[("drug", "a")], output_edges=[("b", "readout")],
        ...     x=pd.DataFrame({"drug": [3.0]}), n_steps=400, noise_scale=0.0,
        ... )
        >>> data.y["readout"].round(6).tolist()  # a = 3 + b / 2 and b = a / 2
        [2.0]
    """
    check_integer("n_steps", n_steps)
    if not 0 < rate <= 1:
        raise ConfigError(f"rate must lie in (0, 1], got {rate!r}.")
    wiring = wire(edges, input_edges, output_edges)
    recurrent, drive, readout = _blocks(wiring)
    if activation is None:
        _require_stable(recurrent, rate)
    noise = draw_noise(wiring, n_samples, x, noise_scale, seed)
    inputs = given_inputs(wiring, x, noise)
    # A stream apart from `noise`, which still serves the readout.
    generator = np.random.default_rng([seed, 1])
    state = np.zeros((len(wiring.functions), inputs.shape[1]))
    constant = drive @ inputs
    for _ in range(n_steps):
        signal = recurrent @ state + constant
        kick = generator.standard_normal(state.T.shape).T if noise_scale else 0.0
        state = state + rate * ((activation(signal) if activation else signal) - state)
        state = state + noise_scale * np.sqrt(rate) * kick
    _require_finite(state)
    outputs = readout @ state + noise_scale * noise[-len(wiring.outputs) :]
    values = np.concatenate([inputs, state, outputs])
    how = (
        f"simulate_dynamics(seed={seed}, noise_scale={noise_scale}, n_steps={n_steps}, rate={rate})"
    )
    return as_dataset(wiring, (edges, input_edges, output_edges), values, x, name, how)


def spectral_radius(matrix: csr_array) -> float:
    """Largest absolute eigenvalue of a sparse square matrix."""
    # In topological order of the strongly connected parts of its graph the matrix is block
    # triangular, so its eigenvalues are those of the parts, which are small where cycles are.
    _, part_of_node = connected_components(matrix, directed=True, connection="strong")
    order = np.argsort(part_of_node, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(part_of_node[order])) + 1)
    alone = np.concatenate([part for part in parts if len(part) == 1] or [order[:0]])
    largest = float(np.abs(matrix.diagonal()[alone]).max(initial=0.0))
    for part in parts:
        if len(part) > 1:
            block = matrix[part][:, part].toarray()
            largest = max(largest, float(np.abs(np.linalg.eigvals(block)).max()))
    return largest


def _blocks(wiring: Wiring) -> tuple[csr_array, csr_array, csr_array]:
    first = len(wiring.inputs)
    last = first + len(wiring.functions)
    into_functions = wiring.effects[first:last]
    return (
        into_functions[:, first:last],
        into_functions[:, :first],
        wiring.effects[last:][:, first:last],
    )


def _require_stable(recurrent: csr_array, rate: float) -> None:
    identity = eye_array(recurrent.shape[0], format="csr")
    radius = spectral_radius(csr_array((1 - rate) * identity + rate * recurrent))
    if not radius < 1:
        raise ConfigError(
            f"the feedback makes the state grow: one step multiplies some mode by {radius:.4g}, "
            "which must be below 1. Use smaller weights on the cycles, a smaller rate if that mode "
            "oscillates, or activation=numpy.tanh."
        )


def _require_finite(state: np.ndarray) -> None:
    has_diverged = ~np.isfinite(state).all(axis=1)
    if has_diverged.any():
        raise ConfigError(
            f"{has_diverged.sum()} functions reached values that are not finite. Use smaller "
            "weights or an activation that saturates, such as numpy.tanh."
        )
