"""Structured linear maps as the layers that act on every function alike."""

import copy
import pickle

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.linear import LinearBase, SquareLinear, maps
from edgelab.models._node_layers import NodeGate, NodeMLP, node_linear
from edgelab.training import Hooks, TrainingConfig, fit

EVEN = {"SchurDecompositionLinear", "SymplecticLinear"}
RECTANGULAR = [
    name for name in maps if not issubclass(maps[name], SquareLinear) and name not in EVEN
]
SQUARE = [name for name in maps if issubclass(maps[name], SquareLinear)]
WITHOUT_BIAS = {"TrivialNullSpaceLinear": {"bias": False}}


def mapped_model(build, name, **options):
    """The small graph's model with 4 channels everywhere, network and gate made of one map."""
    sizes = {"channels": 4, "layers": 2, "node_mlp": True, "node_attn": True, "node_mlp_hidden": 4}
    return build(**{**sizes, "linear": name, "linear_options": WITHOUT_BIAS.get(name), **options})


def the_maps(model):
    stacks = [
        stack for block in model.blocks for stack in (block.node_mlp.layers, block.node_gate.logits)
    ]
    return [layer for stack in stacks for layer in stack if isinstance(layer, LinearBase)]


def test_the_free_map_is_torch_linear_with_its_keys_and_bits():
    torch.manual_seed(0)
    layer = NodeMLP(3, 8, torch.nn.ELU, 0.0)
    torch.manual_seed(0)
    first, second = torch.nn.Linear(3, 8), torch.nn.Linear(8, 3)
    state = layer.state_dict()
    assert list(state) == [f"layers.{i}.{name}" for i in (0, 1, 4) for name in ("weight", "bias")]
    assert torch.equal(state["layers.0.weight"], first.weight) and torch.equal(
        state["layers.0.bias"], first.bias
    )
    assert torch.equal(state["layers.4.weight"], second.weight) and torch.equal(
        state["layers.4.bias"], second.bias
    )
    assert type(NodeGate(3, 8, 0.0).logits[0]) is torch.nn.Linear


@pytest.mark.parametrize("name", [name for name in maps if name != "Linear"])
class TestEveryMap:
    def test_predicts_trains_and_is_stored_in_the_model(self, small_model, small_x, name):
        model = mapped_model(small_model, name)
        assert [type(layer) for layer in the_maps(model)] == [
            maps[name]
        ] * 6  # two blocks of network (2) and gate (1)
        (model(small_x).square().sum() + model.reg_error()).backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
        twin = mapped_model(small_model, name, seed=1)
        twin.load_state_dict(model.state_dict())
        expected = model.eval()(small_x)
        for same in (twin.eval(), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert torch.equal(same(small_x), expected)

    def test_multiplies_by_its_matrix(self, name):
        hidden = torch.randn(5, 4, 3, generator=torch.Generator().manual_seed(0))
        layer = NodeMLP(4, 4, torch.nn.ELU, 0.0, name, WITHOUT_BIAS.get(name)).eval()
        first, norm, nonlin, _, last, _ = layer.layers
        rows = hidden.transpose(1, 2)
        for linear_map, between in (
            (first, lambda values: nonlin(norm(values))),
            (last, lambda values: values),
        ):
            bias = 0 if linear_map.bias is None else linear_map.bias
            rows = between(rows @ linear_map.effective_W() + bias)
        torch.testing.assert_close(layer(hidden), rows.transpose(1, 2), atol=1e-5, rtol=1e-5)

    def test_follows_dtype_and_checkpointing(self, small_model, small_x, name):
        plain, checkpointed = (
            mapped_model(small_model, name, checkpoint=flag).double() for flag in (False, True)
        )
        gradients = []
        for model in (plain, checkpointed):
            torch.manual_seed(0)
            model(small_x.double()).square().sum().backward()
            gradients.append([parameter.grad for parameter in model.parameters()])
        torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("name", [name for name in RECTANGULAR if name != "TrivialNullSpaceLinear"])
def test_maps_of_any_shape_take_any_hidden_width(name):
    layer = NodeMLP(3, 8, torch.nn.ELU, 0.0, name)
    assert layer(torch.randn(5, 3, 2)).shape == (5, 3, 2)


@pytest.mark.parametrize("name", SQUARE)
def test_square_maps_say_how_to_make_the_network_square(small_model, name):
    with pytest.raises(
        ConfigError, match=rf"{name} cannot map 4 channels to 16.*node_mlp_hidden equal to channels"
    ):
        mapped_model(small_model, name, node_mlp_hidden=16)


@pytest.mark.parametrize("name", sorted(EVEN))
def test_maps_of_even_size_refuse_odd_numbers_of_channels(small_model, name):
    with pytest.raises(ConfigError, match="another number of channels"):
        mapped_model(small_model, name, channels=3, node_mlp_hidden=3)


def test_wrong_names_and_options_are_refused(small_model):
    with pytest.raises(ConfigError, match="close: 'OrthogonalLinear'"):
        small_model(node_mlp=True, linear="OrthogonalLiner")
    with pytest.raises(ConfigError, match="pass node_mlp=True"):
        small_model(linear="OrthogonalLinear")
    for name in ("Linear", "LassoLinear"):
        with pytest.raises(ConfigError, match=r"option 'gama' .*close: 'gamma'"):
            mapped_model(small_model, name, linear_options={"gama": 1.0})
    with pytest.raises(ConfigError, match=r"no bias.*linear_options"):
        node_linear("TrivialNullSpaceLinear", 4, 4)


def test_options_reach_the_maps(small_model):
    model = mapped_model(
        small_model, "SpectralLinear", linear_options={"sigma_min": 0.5, "sigma_max": 0.6}
    )
    for layer in the_maps(model):
        values = torch.linalg.svdvals(layer.effective_W())
        assert ((values > 0.4999) & (values < 0.6001)).all()
    assert node_linear("Linear", 3, 4, {"bias": False}).bias is None


def test_the_penalty_is_the_sum_of_those_of_the_maps(small_model):
    assert mapped_model(small_model, "Linear").reg_error() == 0
    model = mapped_model(small_model, "LassoLinear", linear_options={"gamma": 0.5}).double()
    expected = sum(0.5 * layer.effective_W().abs().sum() for layer in the_maps(model))
    torch.testing.assert_close(model.reg_error(), expected)
    # SVDLinear holds plain parameters, SplitLinear maps inside a map: neither counts twice.
    assert mapped_model(small_model, "SplitLinear").reg_error() == 0


def test_a_penalty_in_training_makes_the_maps_sparse(small_model, small_x):
    sizes = []
    for gamma in (0.0, 1.0):
        model = mapped_model(small_model, "LassoLinear", linear_options={"gamma": gamma})
        penalise = Hooks(after_backward_do=lambda _, model=model: model.reg_error().backward())
        config = TrainingConfig(epochs=60, batch_size=4, lr=0.02, device="cpu", progress=False)
        fit(model, small_x, torch.ones(4, 3), config, callbacks=[penalise])
        sizes.append(
            sum(layer.effective_W().abs().sum().item() for layer in the_maps(model.eval()))
        )
    assert sizes[1] < 0.2 * sizes[0]
