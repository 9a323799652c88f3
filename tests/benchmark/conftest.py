from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import Dataset, simulate
from edgelab.training import ModelSettings, TrainingConfig

FUNCTIONS = ["a", "b", "c", "d", "e", "f"]
EDGES = [
    ("a", "b"),
    ("b", "c"),
    ("a", "d"),
    ("c", "e"),
    ("d", "e"),
    ("a", "c"),
    ("e", "f"),
    ("b", "f"),
    ("c", "f"),
]


def _toy(name: str = "toy", seed: int = 1) -> Dataset:
    on = np.random.default_rng(0).integers(0, 2, size=(90, 2)).astype(float)
    return simulate(
        EDGES,
        input_edges=[("drug", "a"), ("drug2", "d")],
        output_edges=[(function, f"{function}_level") for function in FUNCTIONS],
        x=pd.DataFrame(on, columns=["drug", "drug2"]),
        noise_scale=0.3,
        seed=seed,
        name=name,
    )


@pytest.fixture(scope="session")
def toy() -> Callable[..., Dataset]:
    """Make a data set of 6 functions, 9 edges and 90 samples, by name and seed."""
    return _toy


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return _toy()


@pytest.fixture(scope="session")
def quick() -> ModelSettings:
    """A model that is trained for one epoch."""
    return ModelSettings(
        channels=3,
        layers=3,
        training=TrainingConfig(epochs=1, batch_size=32, lr=1e-2, device="cpu", progress=False),
        min_steps=1,
    )
