"""Planting: the truth is that of the responses, and what should be kept is kept."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from edgelab.confidence import Planting, can_plant, plant_edges
from edgelab.datasets import sachs, take_samples
from edgelab.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def dataset():
    return take_samples(sachs(), np.arange(0, 7466, 30))


@pytest.mark.parametrize("keep", ["design", "sources"])
def test_design_is_kept_and_truth_is_consistent(dataset, keep):
    planted = plant_edges(dataset, Planting(keep=keep, n_edges=4, seed=1))
    pd.testing.assert_frame_equal(
        planted.dataset.x.sort_values(dataset.inputs, ignore_index=True),
        dataset.x.sort_values(dataset.inputs, ignore_index=True),
    )
    assert not (planted.direct & ~planted.total).any()
    assert (planted.direct & planted.judged).sum() == 4
    assert not np.diag(planted.judged).any()


def test_planted_edges_can_be_seen_in_the_responses(dataset):
    """A strong planted edge correlates source and target."""
    planted = plant_edges(dataset, Planting(n_edges=1, strength=5.0, seed=2))
    names = planted.data["function"].node_names
    source, target = np.argwhere(planted.direct & planted.judged)[0]
    columns = [f"{names[node]}_level" for node in (source, target)]
    assert abs(planted.dataset.y[columns].corr().iloc[0, 1]) > 0.8


def test_sources_keep_their_measurements(dataset):
    planted = plant_edges(dataset, Planting(keep="sources", seed=0))
    names = planted.data["function"].node_names
    synthetic = planted.judged.any(axis=0)
    ordered = dataset.y.sort_values(dataset.outputs, ignore_index=True)
    for name, is_synthetic in zip(names, synthetic, strict=True):
        column = f"{name}_level"
        same = np.allclose(np.sort(planted.dataset.y[column]), np.sort(ordered[column]))
        assert same != is_synthetic


def test_no_new_cycle_is_closed(dataset):
    empty = replace(dataset, edges=dataset.edges.iloc[:1], functions=dataset.functions)
    planted = plant_edges(empty, Planting(n_edges=30, seed=3))
    assert not (planted.total & planted.total.T).any()


def test_seeds_decide(dataset):
    first, same, other = (plant_edges(dataset, Planting(seed=seed)).dataset.y for seed in (0, 0, 1))
    assert first.equals(same) and not first.equals(other)


def test_readouts_of_several_functions_are_refused(dataset):
    doubled = pd.concat(
        [dataset.output_edges, pd.DataFrame({"source": ["Raf"], "target": ["Mek_level"]})]
    )
    shared = replace(dataset, output_edges=doubled.reset_index(drop=True))
    assert not can_plant(shared)
    with pytest.raises(DataError, match="one function each"):
        plant_edges(shared)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": "x"}, "keep must be"),
        ({"n_edges": 0}, "n_edges"),
        ({"strength": float("nan")}, "strength"),
        ({"seed": 2**63}, "seed must be .*got 9223372036854775808"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ConfigError, match=message):
        Planting(**options)
