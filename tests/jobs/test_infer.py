"""From a data set to a ranked table: what it came from, its q-values, and the check of them."""

import numpy as np
import pandas as pd
import pytest

from edgelab.confidence import QSettings, with_q_values
from edgelab.datasets import Dataset, simulate
from edgelab.errors import ConfigError
from edgelab.jobs import infer_edges
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings, TrainingConfig

GENES = [f"g{number}" for number in range(10)]
QUICK = ModelSettings(
    channels=3,
    layers=3,
    training=TrainingConfig(epochs=1, batch_size=32, lr=1e-2, device="cpu", progress=False),
    min_steps=1,
)


@pytest.fixture(scope="module")
def screen() -> Dataset:
    """Ten genes that share a hidden cause, two edges, knockouts with 6 replicates, 20 controls."""
    doses = np.concatenate([np.zeros((20, 10)), np.repeat(np.eye(10), 6, axis=0)])
    x = pd.DataFrame(doses, columns=[f"{gene} off" for gene in GENES])
    inputs = pd.DataFrame({"source": x.columns, "target": GENES})
    outputs = pd.DataFrame({"source": GENES, "target": [f"{gene} level" for gene in GENES]})
    edges = pd.DataFrame({"source": ["g0", "g1"], "target": ["g1", "g2"]})
    made = simulate(
        edges, input_edges=inputs.assign(weight=-6.0), output_edges=outputs, x=x, seed=0
    )
    hidden = np.random.default_rng(0).standard_normal((len(x), 1))
    return Dataset(
        name="screen",
        source="simulated",
        edges=edges,
        input_edges=inputs,
        output_edges=outputs,
        x=x,
        y=made.y + hidden,
        condition=made.condition,
    )


def test_inference_returns_what_it_came_from(screen):
    result = infer_edges(screen, "mei_partial", settings=QUICK)
    assert len(result.history.records) == 1 and result.model.channels == 3
    assert not result.candidates["has_edge"].any() and len(result.candidates) == 90 - 2
    assert result.calibration is None
    assert infer_edges(screen, "pearson").model is None


def test_the_table_is_that_of_the_method_with_q_values(screen):
    table = METHODS["pearson"].table(Evidence(screen, graph_of(screen)), 3)
    expected = with_q_values(table, screen, method="pearson", q=QSettings(splits=2, seed=4))
    result = infer_edges(screen, "pearson", q=QSettings(splits=2), top=3, seed=4)
    pd.testing.assert_frame_equal(result.table, expected)


def test_training_resumes_from_a_checkpoint(screen, tmp_path):
    first = infer_edges(screen, "mei", settings=QUICK, checkpoint_dir=tmp_path)
    again = infer_edges(screen, "mei", settings=QUICK, checkpoint_dir=tmp_path)
    assert again.history == first.history and list(tmp_path.iterdir())
    pd.testing.assert_frame_equal(first.table, again.table)


def test_a_seed_of_the_q_values_is_respected(screen):
    def stability(q_seed, seed):
        q = QSettings(splits=2, seed=q_seed)
        table = infer_edges(screen, "pearson", q=q, seed=seed).table
        return table.set_index(["src_func", "dst_func"])["stability"].sort_index()

    assert stability(5, seed=0).equals(stability(5, seed=1))
    assert not stability(5, seed=0).equals(stability(6, seed=0))
    assert stability(None, seed=5).equals(stability(5, seed=0))


def test_the_largest_seed_works(screen):
    q = QSettings(way="association")
    result = infer_edges(screen, "pearson", q=q, seed=2**63 - 1, check=2)
    assert result.calibration.records["seed"].nunique() == 2


def test_a_broken_promise_is_replaced_by_what_was_realised(screen):
    result = infer_edges(screen, "pearson", q=QSettings(way="association"), check=4)
    table = result.table
    called = (table["q_nominal"] <= 0.05) & ~table["has_edge"]
    realised = result.calibration.checks[0].realised
    assert called.any() and (table.loc[called, "q_value"] >= realised - 1e-12).all()


def test_a_check_that_holds_changes_nothing(screen):
    result = infer_edges(screen, "interventional_z", q=QSettings(splits=3), check=3)
    assert result.calibration.holds
    pd.testing.assert_series_equal(
        result.table["q_value"], result.table["q_nominal"], check_names=False
    )


def test_outputs_that_no_edge_can_be_planted_for_are_not_checked(screen):
    two_outputs = pd.DataFrame({"source": ["g0"], "target": ["g1 level"]})
    shared = pd.concat([screen.output_edges, two_outputs], ignore_index=True)
    dataset = Dataset(
        name="shared",
        source="simulated",
        edges=screen.edges,
        input_edges=screen.input_edges,
        output_edges=shared,
        x=screen.x,
        y=screen.y,
        condition=screen.condition,
    )
    result = infer_edges(dataset, "interventional_z", q=QSettings(splits=2), check=2)
    assert result.calibration is None and "q_nominal" not in result.table


def test_a_misspelt_method_is_refused(screen):
    with pytest.raises(ConfigError, match=r"unknown method 'meii'.*'mei'"):
        infer_edges(screen, "meii")
