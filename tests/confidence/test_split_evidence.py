"""Split-half evidence: candidates, targeted inputs and halves by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from edgelab.confidence import QSettings, SplitEvidence
from edgelab.datasets import sachs, take_samples
from edgelab.methods import Evidence
from edgelab.tasks import graph_of


def split_evidence(dataset, seed=0, **q):
    return SplitEvidence(Evidence(dataset, graph_of(dataset), seed=seed), QSettings(**q))


@pytest.fixture(scope="module")
def evidence():
    return split_evidence(take_samples(sachs(), np.arange(0, 7466, 20)), splits=3)


def test_inputs_that_act_on_one_function_are_targeted(evidence):
    data = evidence.whole.data
    inputs = [data["input"].node_names[i] for i in evidence.inputs]
    assert inputs == ["Akt-inhibitor", "G06976", "PMA", "U0126", "b2cAMP", "psitectorigenin"]
    sources = [data["function"].node_names[i] for i in evidence.sources]
    assert sources == ["Akt", "PKC", "PKC", "Mek", "PKA", "PIP2"]


def test_an_input_of_two_functions_is_not_targeted(chain_screen):
    dataset = chain_screen(0)
    both = pd.DataFrame({"source": ["g3 off"], "target": ["g7"]})
    shared = replace(dataset, input_edges=pd.concat([dataset.input_edges, both], ignore_index=True))
    assert split_evidence(shared).inputs.tolist() == [i for i in range(12) if i != 3]


def test_candidates_are_pairs_without_a_known_edge(chain_screen):
    evidence = split_evidence(chain_screen(0))
    expected = ~np.eye(12, dtype=bool)
    expected[0, 1] = False
    np.testing.assert_array_equal(evidence.candidates, expected)


def test_values_are_those_of_the_task_in_sample_order(evidence):
    task = evidence.whole.task
    np.testing.assert_array_equal(evidence.x, task.x.numpy())
    assert evidence.x.dtype == evidence.responses.dtype == np.float64
    outputs = [name.removesuffix("_level") for name in task.data["output"].node_names]
    column = outputs.index("Erk")
    position = task.data["function"].node_names.index("Erk")
    np.testing.assert_array_equal(evidence.responses[:, position], task.y[:, column])


def test_every_split_divides_every_setting(evidence):
    assert evidence.halves.shape == (3, len(evidence.x))
    _, setting = np.unique(evidence.x, axis=0, return_inverse=True)
    for first in evidence.halves:
        sizes = np.bincount(setting.ravel())
        assert (np.abs(2 * np.bincount(setting.ravel(), weights=first) - sizes) <= 1).all()
    assert not (evidence.halves[0] == evidence.halves[1]).all()


def test_neighbouring_seeds_share_no_halves(chain_screen):
    dataset = chain_screen(0)
    first, second = (split_evidence(dataset, seed=seed, splits=4).halves for seed in (0, 1))
    assert not {half.tobytes() for half in first} & {half.tobytes() for half in second}


def test_a_seed_of_the_q_values_goes_before_that_of_the_job(chain_screen):
    dataset = chain_screen(0)
    own, job = split_evidence(dataset, seed=1, splits=2), split_evidence(dataset, splits=2)
    explicit = split_evidence(dataset, seed=1, splits=2)
    explicit = replace(explicit, q=QSettings(splits=2, seed=0))
    np.testing.assert_array_equal(explicit.halves, job.halves)
    assert not np.array_equal(own.halves, job.halves)


def test_the_largest_seed_works(chain_screen):
    assert split_evidence(chain_screen(0), seed=2**63 - 1, splits=2).halves.shape[0] == 2


def test_knockout_against_knockdown_is_one_split(chain_screen):
    evidence = split_evidence(chain_screen(0, replicates=1, doses=(1.0, 0.5)), splits=20)
    assert evidence.halves.shape[0] == 1
    treated = evidence.x.max(axis=1)
    np.testing.assert_array_equal(evidence.halves[0][treated > 0], treated[treated > 0] == 1.0)
