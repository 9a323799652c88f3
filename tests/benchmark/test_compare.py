"""The comparison that puts methods side by side."""

import numpy as np
import pandas as pd
import pytest

from edgelab.benchmark import compare_methods
from edgelab.datasets import simulate
from edgelab.errors import ConfigError
from edgelab.training import ModelSettings, TrainingConfig

FUNCTIONS = ["a", "b", "c", "d", "e"]
EDGES = [("a", "b"), ("b", "c"), ("a", "d"), ("c", "e"), ("d", "e"), ("a", "c")]
QUICK = ModelSettings(
    channels=3,
    layers=3,
    training=TrainingConfig(epochs=1, batch_size=32, lr=1e-2, device="cpu", progress=False),
    min_steps=1,
)


@pytest.fixture(scope="module")
def dataset():
    on = np.random.default_rng(0).integers(0, 2, size=(120, 2)).astype(float)
    return simulate(
        EDGES,
        input_edges=[("drug", "a"), ("drug2", "d")],
        output_edges=[(name, f"{name}_level") for name in FUNCTIONS],
        x=pd.DataFrame(on, columns=["drug", "drug2"]),
        noise_scale=0.3,
        seed=1,
    )


def test_comparison_has_one_record_per_method_and_seed(dataset):
    comparison = compare_methods(
        dataset, ["mei", "random"], seeds=[4, 7], fraction=0.3, settings=QUICK
    )
    assert comparison.records[["scorer", "seed"]].to_numpy().tolist() == [
        ["mei", 4],
        ["random", 4],
        ["mei", 7],
        ["random", 7],
    ]
    assert comparison.records["n_positives"].eq(2).all()
    candidate_scores, is_held_out = comparison.recoveries["mei"][0]
    assert len(candidate_scores) == 20 - len(EDGES) + 2 and is_held_out.sum() == 2


def test_seeds_are_needed(dataset):
    with pytest.raises(ConfigError, match="seeds is empty"):
        compare_methods(dataset, ["random"], seeds=[])
