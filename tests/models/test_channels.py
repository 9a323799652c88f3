"""Functions of unequal width: padding takes part in nothing, and widening changes nothing."""

import copy

import pytest
import torch

from edgelab.errors import ConfigError
from edgelab.models import GSNN, NORMS
from edgelab.models._channels import channel_counts, presence, reshape_parameter, widened

PER_FUNCTION = [1, 3, 2, 4, 2]
PER_LAYER = [[1, 3, 2, 4, 2], [2, 2, 2, 1, 1], [4, 1, 3, 3, 2]]
KEEPS_CHANNELS_APART = [name for name in NORMS if not NORMS[name].mixes_channels]


def train_a_little(
    model: GSNN, x: torch.Tensor, optimizer: torch.optim.Optimizer | None = None
) -> torch.optim.AdamW:
    optimizer = optimizer or torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (model(x) - 1).square().sum().backward()
        optimizer.step()
    return optimizer


def absent_entries(model: GSNN) -> list[tuple[torch.nn.Parameter, torch.Tensor]]:
    found = []
    for block in model.blocks:
        found += [(layer.weight, ~layer.present) for layer in (block.lin_in, block.lin_out)]
        found += [(block.lin_in.bias, ~block.lin_in.present_bias)]
    return found


class TestCounts:
    def test_one_number_per_function_serves_all_layers(self):
        assert channel_counts([2, 3], 2, 2, True).tolist() == [[2, 3], [2, 3]]
        assert channel_counts(4, 1, 2, True).tolist() == [[4, 4]]

    @pytest.mark.parametrize(
        "channels", [[2, 0], [2, -1], [1.0, 2.0], [1, 2, 3], [[1, 2]] * 3, [True, True]]
    )
    def test_anything_else_is_refused(self, channels):
        with pytest.raises(ConfigError, match="channels must be"):
            channel_counts(torch.tensor(channels), 2, 2, False)

    def test_layers_that_share_weights_cannot_differ(self, small_model):
        with pytest.raises(ConfigError, match="share_layers=False"):
            small_model(channels=PER_LAYER, share_layers=True)

    def test_nothing_is_masked_where_all_are_equally_wide(self, small_model):
        model = small_model(channels=[3] * 5)
        assert model.unequal_counts is None
        assert all(block.present is None and block.lin_in.present is None for block in model.blocks)
        assert model.state_dict().keys() == small_model(channels=3).state_dict().keys()
        x = torch.ones(2, 3)
        assert torch.equal(model(x), small_model(channels=3)(x))

    def test_presence_and_width_by_hand(self):
        assert presence(torch.tensor([0, 2]), 2).tolist() == [[False, False], [True, True]]
        assert widened(torch.tensor([[1, 2, 3]]), 0, 2).tolist() == [[1, 2]]


def test_an_optimizers_memory_is_reshaped_with_its_parameter():
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([weight], lr=0.5, momentum=0.9)
    weight.sum().backward()
    optimizer.step()
    reshape_parameter(weight, lambda old, fill: widened(old, fill, 3), optimizer, fill=7.0)
    assert weight.tolist() == [0.5, 0.5, 7.0]
    assert optimizer.state[weight]["momentum_buffer"].tolist() == [1.0, 1.0, 0.0]
    assert weight.grad is None


@pytest.mark.parametrize("channels", [PER_FUNCTION, PER_LAYER])
class TestUnequal:
    def test_predictions_equal_those_of_dense_matrices(
        self, small_model, small_x, dense_forward, channels
    ):
        model = small_model(channels=channels, norm="none")
        torch.testing.assert_close(model(small_x), dense_forward(model, small_x))
        counts = torch.tensor(channels).expand(3, 5)
        into = torch.tensor(
            [3 + 1, 1 + 1 + 1, 1, 3 + 1, 1]
        )  # input, function and self edges into a, b, c, d, lone
        assert [len(block.lin_in.to_coo()[1]) for block in model.blocks] == (counts * into).sum(
            1
        ).tolist()

    def test_absent_weights_are_zero_and_stay_so(
        self, small_model, small_x, edge_index, names, channels
    ):
        model = small_model(channels=channels, norm="batch")
        train_a_little(model, small_x)
        before = model(small_x).detach()
        for parameter, absent in absent_entries(model):
            assert not parameter.grad[absent].any()
            parameter.data[absent] = 7.0  # read by nothing, whatever is written there
        torch.testing.assert_close(model(small_x).detach(), before, rtol=0, atol=0)
        fresh = GSNN(edge_index, names, channels, 3, share_layers=False)
        assert not any(parameter[absent].any() for parameter, absent in absent_entries(fresh))

    def test_parameters_are_counted_without_padding(self, small_model, channels):
        model = small_model(channels=channels, norm="batch")
        counts = torch.tensor(channels).expand(3, 5)
        into, out_of = torch.tensor([4, 3, 1, 4, 1]), torch.tensor([3, 4, 2, 3, 1])
        per_channel = (
            into + 1 + 2 + out_of
        )  # weights in, bias, scale and shift of the norm, weights out
        assert model.n_parameters == int((counts * per_channel).sum()) + 3 * (16 + 1)
        assert model.n_parameters < sum(parameter.numel() for parameter in model.parameters())

    def test_pruning_counts_present_weights_only(self, small_model, channels):
        model = small_model(channels=channels, norm="none")
        before = model.n_parameters
        assert model.prune(0.0) == 0
        pruned = model.prune(0.2)
        assert pruned > 0
        assert model.n_parameters == before - pruned

    def test_captured_values_are_zero_where_absent(self, small_model, small_x, channels):
        model = small_model(channels=channels, norm="ema", nonlin=torch.nn.Sigmoid)
        absent = ~torch.stack([presence(counts, 4) for counts in model.channel_counts])
        for stage in ("pre_norm", "post_norm"):
            with model.capture(stage) as cache:
                model(small_x).sum().backward()
            assert not cache.activations.movedim(1, -1)[absent].any()
            assert cache.activations.movedim(1, -1)[~absent].all()
        assert not cache.gradients.movedim(1, -1)[absent].any()

    def test_a_state_goes_into_a_model_of_equal_width_and_back(
        self, small_model, small_x, channels
    ):
        unequal, equal = (
            small_model(channels=channels, norm="batch"),
            small_model(seed=1, channels=2, norm="batch"),
        )
        train_a_little(unequal, small_x)
        states = copy.deepcopy(unequal.state_dict()), copy.deepcopy(equal.state_dict())
        predictions = unequal(small_x).detach(), equal.eval()(small_x).detach()
        equal.train().load_state_dict(states[0])
        unequal.eval().load_state_dict(states[1])
        assert torch.equal(equal(small_x), predictions[0])
        assert torch.equal(unequal(small_x), predictions[1])
        assert unequal.n_parameters == sum(parameter.numel() for parameter in unequal.parameters())

    def test_a_copy_predicts_the_same(self, small_model, small_x, channels):
        model = small_model(channels=channels)
        assert torch.equal(copy.deepcopy(model)(small_x), model(small_x))

    def test_coordinates_come_back(self, small_model, small_x, channels):
        model, other = small_model(channels=channels), small_model(channels=channels, seed=1)
        for mine, theirs in zip(model.blocks, other.blocks, strict=True):
            for name in ("lin_in", "lin_out"):
                getattr(theirs, name).load_coo(*getattr(mine, name).to_coo())
            theirs.norm.load_state_dict(mine.norm.state_dict())
            theirs.residual_weight = mine.residual_weight
        assert torch.equal(other(small_x), model(small_x))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("norm", NORMS.names())
def test_every_norm_treats_a_function_as_if_all_were_as_wide_as_it(small_model, norm, training):
    """Function n of a model of unequal width is normalised like function n among functions of its
    own width.
    """
    kind = NORMS[norm][0]
    order = torch.tensor([2, 0, 1])
    counts, width, rank = torch.tensor([1, 4, 2]), 4, order.argsort()
    values = torch.randn(
        3, width, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    ragged = kind(3, width, order, rank).double().train(training)
    ragged.resize(counts, width)
    out = ragged(values * presence(counts, width)[order].unsqueeze(-1))
    for row, node in enumerate(order.tolist()):
        own = int(counts[node])
        alone = kind(1, own, torch.tensor([0]), torch.tensor([0])).double().train(training)
        torch.testing.assert_close(out[row, :own], alone(values[row : row + 1, :own])[0])
    with torch.no_grad():
        again = ragged(torch.zeros_like(values))  # running statistics moved without harm
    assert again.isfinite().all()


class TestWidening:
    @pytest.mark.parametrize("norm", KEEPS_CHANNELS_APART)
    @pytest.mark.parametrize("start", [2, PER_FUNCTION])
    def test_predictions_stay_and_parameters_are_the_same_objects(
        self, small_model, small_x, norm, start
    ):
        model = small_model(channels=start, norm=norm)
        train_a_little(model, small_x)
        model.eval()
        before, parameters = model(small_x).detach(), dict(model.named_parameters())
        n_before = model.n_parameters
        model.widen(torch.tensor([4, 3, 2, 5, 6]))
        torch.testing.assert_close(model(small_x).detach(), before)
        assert all(
            dict(model.named_parameters())[name] is parameter
            for name, parameter in parameters.items()
        )
        assert model.channels == 6
        assert model.n_parameters > n_before
        assert model.n_parameters == small_model(channels=[4, 3, 2, 5, 6], norm=norm).n_parameters

    def test_the_optimizer_goes_on_as_if_nothing_had_happened(self, small_model, small_x):
        """New channels say nothing, so that training must go on bit by bit as without them."""
        plain, grown = (small_model(channels=2, norm="batch") for _ in range(2))
        optimizers = [train_a_little(model, small_x) for model in (plain, grown)]
        grown.widen([2, 4, 2, 2, 3], optimizers[1])
        for model, optimizer in zip((plain, grown), optimizers, strict=True):
            train_a_little(model, small_x, optimizer)
        torch.testing.assert_close(grown(small_x), plain(small_x))
        weight, twin = grown.blocks[1].lin_in.weight, plain.blocks[1].lin_in.weight
        torch.testing.assert_close(weight[:, :2], twin)
        state, twin_state = optimizers[1].state[weight], optimizers[0].state[twin]
        assert state["step"] == twin_state["step"] == 6
        torch.testing.assert_close(state["exp_avg"][:, :2], twin_state["exp_avg"])
        assert state["exp_avg"].shape == weight.shape

    def test_nothing_is_remembered_of_new_channels(self, small_model, small_x):
        model = small_model(channels=2, norm="batch")
        optimizer = train_a_little(model, small_x)
        model.widen(4, optimizer)
        for block in model.blocks:
            for parameter in (
                block.lin_in.weight,
                block.lin_in.bias,
                block.norm.weight,
                block.norm.bias,
            ):
                rows = (-1, 4) if parameter.dim() == 1 else parameter.shape
                assert all(
                    not optimizer.state[parameter][name].view(rows)[:, 2:].any()
                    for name in ("exp_avg", "exp_avg_sq")
                )
            assert block.norm.weight.view(-1, 4)[:, 2:].eq(1).all()

    def test_a_pruned_weight_stays_pruned(self, small_model, small_x):
        model = small_model(channels=2, norm="none")
        pruned = model.prune(0.2)
        before = model(small_x).detach()
        model.widen([2, 2, 5, 2, 2])
        torch.testing.assert_close(model(small_x).detach(), before)
        train_a_little(model, small_x)
        assert (
            sum(int((~layer.mask).sum()) for b in model.blocks for layer in (b.lin_in, b.lin_out))
            == pruned
        )

    def test_shared_layers_widen_once(self, small_model, small_x):
        model = small_model(channels=2, norm="none", share_layers=True)
        before = model(small_x).detach()
        model.widen([2, 3, 2, 2, 2])
        torch.testing.assert_close(model(small_x).detach(), before)
        assert model.blocks[0].lin_in is model.blocks[2].lin_in

    def test_edges_of_several_numbers(self, small_model, small_x):
        model = small_model(channels=2, norm="none", edge_channels=2)
        before = model(small_x).detach()
        model.widen(3)
        torch.testing.assert_close(model(small_x).detach(), before)

    @pytest.mark.parametrize(
        ("options", "channels", "message"),
        [
            ({"norm": "none"}, 1, "cannot take channels away"),
            ({"norm": "layer"}, 4, "mixes the channels"),
            ({"norm": "none", "node_mlp": True}, 4, "node_mlp"),
            ({"norm": "none", "node_attn": True}, 4, "node_attn"),
        ],
    )
    def test_what_is_refused(self, small_model, options, channels, message):
        with pytest.raises(ConfigError, match=message):
            small_model(**options).widen(channels)

    @pytest.mark.parametrize(
        "options", [{"node_mlp": True}, {"node_attn": True}, {"norm_first": False}]
    )
    def test_other_parts_see_no_absent_channel(self, small_model, small_x, options):
        model = small_model(channels=PER_FUNCTION, nonlin=torch.nn.Sigmoid, **options)
        seen = []
        for block in model.blocks:
            part = block.node_mlp or block.node_gate or block.norm
            part.register_forward_pre_hook(lambda _, values: seen.append(values[0]))
        model(small_x)
        order = model.wiring.inward.node_of_rank
        absent = ~presence(torch.tensor(PER_FUNCTION), 4)[order]
        assert len(seen) == 3
        assert not any(values[absent].any() for values in seen)
