import numpy as np
import pytest

from edgelab.datasets.simulation._wiring import require_acyclic, wire
from edgelab.errors import DataError


def test_numbers_follow_names_and_parents_not_rows():
    one = wire([("f2", "f10"), ("f10", "f1")], [("in10", "f2"), ("in2", "f2")], [("f1", "o")])
    assert one.nodes == ("in2", "in10", "f2", "f10", "f1", "o") and one.is_acyclic
    parents, effects = one.parents(2)
    assert parents.tolist() == [0, 1] and effects.tolist() == [1, 1]
    assert [one.parents(node)[0].tolist() for node in (0, 3, 4, 5)] == [[], [2], [3], [4]]


def test_indices_have_32_bits():
    """The searches of scipy 1.12 take no others."""
    effects = wire([("a", "b")], [("drug", "a")], [("b", "o")]).effects
    assert effects.indices.dtype == effects.indptr.dtype == np.int32


def test_a_name_may_be_used_once_in_every_kind():
    wiring = wire([("a", "b")], [("a", "a")], [("b", "a")])
    assert wiring.nodes == ("a", "a", "b", "a")
    assert wiring.parents(3)[0].tolist() == [2]


def test_a_cycle_is_spelled_out():
    wiring = wire([("a", "b"), ("b", "c"), ("c", "a")], [("drug", "a")], [("c", "o")])
    assert not wiring.is_acyclic
    with pytest.raises(DataError, match=r"'a', 'b', 'c' feed back into 'a'.*simulate_dynamics"):
        require_acyclic(wiring)


def test_a_self_loop_is_a_cycle():
    with pytest.raises(DataError, match="'a' feed back"):
        require_acyclic(wire([("a", "a")], [("drug", "a")], [("a", "o")]))


def test_inputs_and_outputs_are_needed():
    with pytest.raises(DataError, match="at least one input edge"):
        wire([("a", "b")], [], [("b", "o")])
