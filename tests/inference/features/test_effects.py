"""Effects of perturbations, summed up."""

import numpy as np
import pytest

from edgelab.datasets import sachs
from edgelab.inference.features import effect_features, over_screens
from edgelab.inference.features._effects import indirect_effect
from edgelab.tasks import perturbation_task

NAN = np.nan


def test_screens_are_summed_up_by_hand():
    weak = np.array([[1.0, -2.0, NAN, NAN]])
    strong = np.array([[3.0, 4.0, -5.0, NAN]])
    features = over_screens([weak, strong], "z")
    np.testing.assert_array_equal(features["z_strongest"], [[3.0, 4.0, 5.0, NAN]])
    np.testing.assert_array_equal(features["z_sum"], [[4.0, 6.0, 5.0, NAN]])
    np.testing.assert_array_equal(features["z_concordance"], [[1.0, -2.0, NAN, NAN]])


def test_one_screen_has_no_concordance_and_none_has_no_features():
    assert sorted(over_screens([np.ones((2, 2))], "z")) == ["z_strongest", "z_sum"]
    assert over_screens([], "z") == {}
    assert over_screens([np.full((2, 2), NAN)], "z") == {}


def test_the_best_detour_is_the_strongest_weakest_link():
    rng = np.random.default_rng(0)
    size = rng.exponential(size=(5, 5))
    detour = indirect_effect(size)
    for i, j in np.argwhere(~np.eye(5, dtype=bool)):
        expected = max(min(size[i, k], size[k, j]) for k in range(5) if k not in (i, j))
        assert detour[i, j] == pytest.approx(expected)


def test_a_source_that_nothing_perturbs_has_unknown_effects():
    task = perturbation_task(sachs())
    features = effect_features(task)
    erk = task.data["function"].node_names.index("Erk")
    for name in ("effect_strongest", "effect_sum", "effect_indirect", "effect_net", "reach"):
        assert np.isnan(features[name][erk]).all(), name
