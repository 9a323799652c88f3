import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import CheckpointError
from edgelab.training import FlatState, flatten_state, unflatten_state

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
keys = st.text(max_size=4) | st.integers() | st.none()
nested = st.recursive(
    plain,
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(nested)
def test_any_plain_state_survives_json(state):
    flat = flatten_state(state)
    returned = unflatten_state(FlatState(json.loads(json.dumps(flat.tree)), flat.tensors))
    assert returned == state
    assert type(returned) is type(state)


def test_an_optimizer_state_survives():
    parameters = [torch.nn.Parameter(torch.randn(3)), torch.nn.Parameter(torch.randn(2, 2))]
    optimizer = torch.optim.AdamW(parameters, amsgrad=True)
    sum(parameter.square().sum() for parameter in parameters).backward()
    optimizer.step()
    state = optimizer.state_dict()
    flat = flatten_state(state)
    returned = unflatten_state(FlatState(json.loads(json.dumps(flat.tree)), flat.tensors))
    assert returned["param_groups"] == state["param_groups"]
    assert returned["state"].keys() == state["state"].keys()
    assert torch.equal(returned["state"][1]["exp_avg"], state["state"][1]["exp_avg"])


def test_paths_that_spell_alike_stay_apart():
    state = {"a/b": torch.zeros(1), "a": {"b": torch.ones(1)}, "nan": math.nan}
    returned = unflatten_state(flatten_state(state))
    assert (returned["a/b"].item(), returned["a"]["b"].item()) == (0, 1)
    assert math.isnan(returned["nan"])


def test_what_cannot_be_stored_is_refused_with_its_place():
    with pytest.raises(CheckpointError, match="'scorer/0' is a set"):
        flatten_state({"scorer": [{1, 2}]})
    with pytest.raises(CheckpointError, match=r"key \(1, 2\)"):
        flatten_state({(1, 2): 3})
    with pytest.raises(CheckpointError, match="unknown part"):
        unflatten_state(FlatState({"tensor": "missing"}))
