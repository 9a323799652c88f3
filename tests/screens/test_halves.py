"""Sample halves: disjoint, stratified, and without choice where doses decide."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgelab.screens import is_split_by_dose, sample_halves
from edgelab.screens._settings import one_at_a_time

designs = st.lists(
    st.sampled_from([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]), min_size=1, max_size=25
)


@given(designs, st.integers(0, 5))
def test_replicates_are_shared_out_evenly(rows, seed):
    x = np.array(rows)
    first = sample_halves(x, seed)
    for setting in np.unique(x, axis=0):
        members = (x == setting).all(axis=1)
        if members.sum() > 1:
            assert abs((first & members).sum() - (~first & members).sum()) <= 1


def test_knockouts_meet_knockdowns_whatever_the_seed():
    x = np.concatenate([np.eye(3), 0.5 * np.eye(3), np.zeros((4, 3))])
    for seed in range(3):
        first = sample_halves(x, seed)
        assert first[:3].all() and not first[3:6].any() and first[6:].sum() == 2
    assert is_split_by_dose(x)


def test_designs_that_leave_a_choice():
    replicated, alone = np.repeat(np.eye(2), 2, axis=0), np.eye(2)
    assert not is_split_by_dose(replicated) and not is_split_by_dose(alone)
    assert not is_split_by_dose(np.ones((4, 2)) * np.arange(1, 5)[:, None])
    assert one_at_a_time(replicated) and not one_at_a_time(np.ones((1, 2)))


def test_seeds_change_the_halves_and_equal_seeds_do_not():
    x = np.repeat(np.eye(4), 6, axis=0)
    halves = [sample_halves(x, seed).tolist() for seed in (0, 0, 1)]
    assert halves[0] == halves[1] != halves[2]


def test_continuous_inputs_are_halved():
    x = np.random.default_rng(0).standard_normal((31, 3))
    assert sample_halves(x, 0).sum() in {15, 16}
