from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import Dataset, simulate
from edgelab.responses import CopySettings, EnsembleSettings


@pytest.fixture(scope="session")
def quick() -> EnsembleSettings:
    return EnsembleSettings(members=2, copies=CopySettings(layers=5, epochs=30, every=10))


@pytest.fixture(scope="session")
def screen() -> Dataset:
    """Four inputs on and off in all 16 ways, twice; two outputs, and four edges."""
    on = pd.DataFrame(list(product([0.0, 1.0], repeat=4)), columns=["in a", "in b", "in c", "in e"])
    return simulate(
        [("a", "b"), ("b", "c"), ("c", "d"), ("e", "d")],
        input_edges=[(name, name[-1]) for name in on],
        output_edges=[("c", "level c"), ("d", "level d")],
        x=pd.concat([on, on], ignore_index=True),
        noise_scale=0.1,
        name="screen",
    )


@pytest.fixture(scope="session")
def holed(screen) -> Callable[[float], Dataset]:
    """Make the screen with three in ten entries not measured, and a number in their place."""
    measured = pd.DataFrame(
        np.random.default_rng(1).random(screen.y.shape) < 0.7, columns=screen.outputs
    )

    def fill(filling: float) -> Dataset:
        return replace(screen, y=screen.y.where(measured, filling), measured=measured)

    return fill
