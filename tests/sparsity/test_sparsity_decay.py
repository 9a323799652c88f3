"""Decays: clamped at both ends, without an optimizer inside, comparable, storable."""

import copy
import pickle

import pytest

from edgelab.errors import CheckpointError, ConfigError
from edgelab.sparsity import DECAYS, CosineDecay, LinearDecay, MagnitudePruneDecay


@pytest.mark.parametrize("decay_class", [CosineDecay, LinearDecay])
def test_both_ends_are_clamped(decay_class):
    for step in (10, 11, 1500, 10**9):
        decay = decay_class(0.3, 10)
        decay.step(step)
        assert decay.get_dr() == pytest.approx(0.0, abs=1e-15)
    decay = decay_class(0.3, 10)
    decay.step(-5)
    assert 0.27 <= decay.get_dr() <= 0.3
    counted = decay_class(0.3, 10)
    for _ in range(25):
        counted.step()
        assert 0 <= counted.get_dr() <= 0.3
    assert counted.get_dr() == 0.0


def test_cosine_ends_at_its_minimum():
    decay = CosineDecay(0.5, 7, eta_min=0.05)
    decay.step(1000)
    assert decay.get_dr() == 0.05


def test_cosine_can_go_back():
    decay = CosineDecay(0.3, 1000)
    decay.step(500)
    decay.step(100)
    assert decay.get_dr() == pytest.approx(0.29265847744427304)


def test_cosine_starts_where_it_is_told():
    counted, told = CosineDecay(0.3, 10), CosineDecay(0.3, 10, last_epoch=4)
    for _ in range(4):
        counted.step()
    assert told.get_dr() == counted.get_dr()


@pytest.mark.parametrize("decay_class", [CosineDecay, LinearDecay])
@pytest.mark.parametrize("duration", [0, -1])
def test_without_duration_the_rate_stays(decay_class, duration):
    decay = decay_class(0.3, duration)
    decay.step()
    decay.step(7)
    assert decay.get_dr() == 0.3


def test_magnitude_prune_is_clamped():
    decay = MagnitudePruneDecay(0.1, 0.9, T_max=10, T_start=10)
    assert [decay.cumulative_sparsity(step) for step in (-5, 9, 10, 99)] == [0.1, 0.1, 0.9, 0.9]
    decay.step(99, current_sparsity=0.95)
    assert decay.get_dr() == 0.0


@pytest.mark.parametrize("name", DECAYS.names())
def test_every_decay_is_picklable_comparable_and_storable(name):
    decay = DECAYS[name]()
    for _ in range(400):
        decay.step()
    assert decay != DECAYS[name]()
    assert pickle.loads(pickle.dumps(decay)) == decay
    assert copy.deepcopy(decay) == decay
    fresh = DECAYS[name]()
    fresh.load_state_dict(decay.state_dict())
    assert fresh == decay
    decay.step()
    fresh.step()
    assert fresh == decay
    assert fresh.get_dr() == decay.get_dr()


def test_decays_with_other_arguments_differ():
    assert CosineDecay(0.3) != CosineDecay(0.2)
    assert CosineDecay() != LinearDecay()


def test_state_of_another_decay_is_refused():
    with pytest.raises(
        CheckpointError, match="LinearDecay was expected, got that of 'CosineDecay'"
    ):
        LinearDecay().load_state_dict(CosineDecay().state_dict())


@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_rates_outside_their_range(rate):
    for make in (CosineDecay, LinearDecay, MagnitudePruneDecay):
        with pytest.raises(ConfigError, match=r"must lie in \[0, 1\]"):
            make(rate)
