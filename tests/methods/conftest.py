"""A small data set, and models that train in a moment."""

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import Dataset, simulate
from edgelab.training import ModelSettings, TrainingConfig

FUNCTIONS = ["a", "b", "c", "d", "e"]
EDGES = [("a", "b"), ("b", "c"), ("a", "d"), ("c", "e"), ("d", "e"), ("a", "c")]


@pytest.fixture(scope="session")
def quick() -> ModelSettings:
    training = TrainingConfig(epochs=1, batch_size=32, lr=1e-2, device="cpu", progress=False)
    return ModelSettings(channels=3, layers=3, training=training, min_steps=1)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Five functions, six edges, two drugs, 120 samples."""
    on = np.random.default_rng(0).integers(0, 2, size=(120, 2)).astype(float)
    return simulate(
        EDGES,
        input_edges=[("drug", "a"), ("drug2", "d")],
        output_edges=[(name, f"{name}_level") for name in FUNCTIONS],
        x=pd.DataFrame(on, columns=["drug", "drug2"]),
        noise_scale=0.3,
        seed=1,
    )
