import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from edgelab.datasets import simulate, simulate_dynamics
from edgelab.datasets.simulation._dynamics import spectral_radius
from edgelab.errors import ConfigError, DataError

WEIGHTS = np.array([[0.0, 0.4, 0.0], [-0.5, 0.0, 0.3], [0.6, 0.0, 0.2]])  # [target, source]
LOOP = {
    "edges": pd.DataFrame(
        [(f"f{j}", f"f{i}", WEIGHTS[i, j]) for i in range(3) for j in range(3) if WEIGHTS[i, j]],
        columns=["source", "target", "weight"],
    ),
    "input_edges": [("u", "f0"), ("v", "f2")],
    "output_edges": [(f"f{i}", f"o{i}") for i in range(3)],
}
DRIVE = np.array([[1.0, 0], [0, 0], [0, 1]])
X = pd.DataFrame({"u": [1.0, -2.0, 0.0], "v": [0.5, 0.0, 1.0]})


def test_two_steps_by_hand():
    graph = {
        "edges": [("a", "b"), ("b", "a")],
        "input_edges": [("u", "a")],
        "output_edges": [("a", "p"), ("b", "q")],
    }
    data = simulate_dynamics(
        **graph,
        x=pd.DataFrame({"u": [8.0]}),
        n_steps=2,
        rate=0.5,
        noise_scale=0.0,
        activation=lambda signal: signal,
    )
    # (0, 0) -> (4, 0) -> (4 + (8 - 4) / 2, (4 - 0) / 2).
    assert data.y.iloc[0].tolist() == [6.0, 2.0]


def test_without_noise_it_reaches_the_fixed_point():
    data = simulate_dynamics(**LOOP, x=X, n_steps=500, noise_scale=0.0)
    expected = np.linalg.solve(np.eye(3) - WEIGHTS, DRIVE @ X.to_numpy().T).T
    np.testing.assert_allclose(data.y, expected, atol=1e-9)


def test_with_an_activation_too():
    y = simulate_dynamics(
        **LOOP, x=X, n_steps=500, noise_scale=0.0, activation=np.tanh
    ).y.to_numpy()
    np.testing.assert_allclose(y, np.tanh(y @ WEIGHTS.T + X.to_numpy() @ DRIVE.T), atol=1e-9)


def test_without_cycles_it_ends_where_simulate_does():
    graph = {
        "edges": [("a", "b"), ("a", "c"), ("b", "c")],
        "input_edges": [("u", "a")],
        "output_edges": [("c", "o")],
    }
    slow = simulate_dynamics(**graph, n_samples=6, n_steps=600, noise_scale=0.0, seed=4)
    fast = simulate(**graph, n_samples=6, noise_scale=0.0, seed=4)
    np.testing.assert_allclose(slow.y, fast.y, atol=1e-9)


def test_the_variance_is_that_of_the_recurrence():
    graph = {"edges": [], "input_edges": [("u", "a")], "output_edges": [("a", "o")]}
    rate, scale = 0.2, 0.5
    data = simulate_dynamics(
        **graph, x=pd.DataFrame({"u": np.zeros(40_000)}), rate=rate, noise_scale=scale
    )
    # var = (1 - rate)^2 var + rate scale^2, and the readout adds scale^2.
    assert data.y["o"].var() == pytest.approx(
        scale**2 * (rate / (1 - (1 - rate) ** 2) + 1), rel=0.03
    )


def test_same_seed_same_values():
    one, again, other = (simulate_dynamics(**LOOP, n_samples=5, seed=seed).y for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert not np.allclose(one, other)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0.05, 0.6))
def test_spectral_radius_agrees_with_the_dense_one(seed, size, density):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, size)) * (rng.random((size, size)) < density)
    expected = np.abs(np.linalg.eigvals(matrix)).max()
    # A defective eigenvalue 0 comes out of the dense solver as large as eps ** (1 / size).
    assert spectral_radius(csr_array(matrix)) == pytest.approx(
        expected, abs=5e-2 if expected < 5e-2 else 1e-6
    )


BAD = {
    "steps": ({"n_steps": 0}, ConfigError, "n_steps must be a positive integer, got 0"),
    "rate": ({"rate": 0.0}, ConfigError, r"rate must lie in \(0, 1\], got 0.0"),
    "fast": ({"rate": 1.5}, ConfigError, "rate"),
    "growing": (
        {"edges": [("f0", "f1"), ("f1", "f0"), ("f1", "f2")]},
        ConfigError,
        "multiplies some mode by 1,",
    ),
    "exploding": (
        {
            "edges": [("f0", "f1"), ("f1", "f2"), ("f2", "f0")],
            "activation": lambda signal: 1e9 * signal,
            "n_steps": 400,
        },
        ConfigError,
        "not finite",
    ),
    "columns": ({"x": pd.DataFrame({"u": [0.0]})}, DataError, "'v'"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_bad_arguments(case):
    changes, error, message = BAD[case]
    with pytest.raises(error, match=message):
        simulate_dynamics(**(LOOP | {"x": X} | changes))
