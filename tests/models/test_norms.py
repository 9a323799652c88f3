"""Each norm against its formula or against torch, in the order of the graph whatever the order of
the rows.
"""

import copy

import pytest
import torch
from torch.nn import functional

from edgelab.models import NORMS, RunningNorm
from edgelab.models._norms import NoNorm, frozen_statistics

NODES, CHANNELS, BATCH = 5, 3, 7
RANK = torch.tensor([3, 0, 4, 1, 2])  # node n stands in row RANK[n]
ORDER = RANK.argsort()


def make(name: str, channels: int = CHANNELS) -> torch.nn.Module:
    """The norm of the channels (or, for edge norms, of the state seen as one channel) with random
    parameters.
    """
    node_norm, edge_norm = NORMS[name]
    kind = edge_norm if node_norm is NoNorm and edge_norm is not None else node_norm
    norm = kind(NODES, channels, ORDER, RANK).double()
    generator = torch.Generator().manual_seed(0)
    for parameter in norm.parameters():
        parameter.data += (
            torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.3
        )
    return norm


def hidden(channels: int = CHANNELS, seed: int = 1) -> torch.Tensor:
    """[batch, nodes, channels] in the order of the graph."""
    generator = torch.Generator().manual_seed(seed)
    return 2 + 3 * torch.randn(BATCH, NODES, channels, generator=generator, dtype=torch.float64)


def apply(norm: torch.nn.Module, values: torch.Tensor) -> torch.Tensor:
    """Call the norm the way a block does: rows by rank, the batch innermost."""
    return norm(values.permute(1, 2, 0)[ORDER]).permute(2, 0, 1)[:, RANK]


def batch_norm(norm: RunningNorm, values: torch.Tensor, eps: float) -> torch.Tensor:
    statistics = (None, None) if norm.training else (norm.running_mean, norm.running_var)
    flat = functional.batch_norm(
        values.flatten(1), *statistics, norm.weight, norm.bias, training=norm.training, eps=eps
    )
    return flat.view_as(values)


def test_layer_norm_divides_by_the_unbiased_deviation_plus_a_tenth():
    norm, values = make("layer"), hidden()
    expected = (values - values.mean(2, keepdim=True)) / (values.std(2, keepdim=True) + 0.1)
    expected = expected * norm.weight[:, None] + norm.bias[:, None]
    torch.testing.assert_close(apply(norm, values), expected)


def test_layer_norm_has_its_true_gradient():
    assert torch.autograd.gradcheck(
        lambda v: apply(make("layer"), v), hidden()[:2].requires_grad_()
    )


@pytest.mark.parametrize(
    "values", [torch.zeros(BATCH, NODES, 1), torch.full((BATCH, NODES, CHANNELS), 3.0)]
)
def test_layer_norm_of_values_without_spread_is_its_shift_with_finite_gradients(values):
    norm, values = make("layer", values.shape[2]), values.double().requires_grad_()
    result = apply(norm, values)
    torch.testing.assert_close(result, norm.bias[:, None].expand_as(values))
    result.square().sum().backward()
    assert values.grad.isfinite().all()


def test_one_channel_is_never_nan():
    for name in NORMS.names():
        assert apply(make(name, 1), hidden(1)).isfinite().all(), name


def test_rms_norm_equals_torchs():
    norm, values = make("rms"), hidden()
    expected = functional.rms_norm(values, (CHANNELS,), eps=1e-6) * norm.weight[:, None]
    torch.testing.assert_close(apply(norm, values), expected)


def test_softmax_sums_to_one_at_every_node():
    values = hidden()
    torch.testing.assert_close(apply(make("softmax"), values), functional.softmax(values, 2))


def test_none_returns_its_argument():
    values = hidden()
    assert NORMS["none"][0](NODES, CHANNELS, ORDER, RANK)(values) is values


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_equals_torchs(training):
    norm = make("batch").train()
    apply(norm, hidden(seed=5))
    values = hidden()
    expected = batch_norm(norm.train(training), values, eps=1e-3)
    torch.testing.assert_close(apply(norm, values), expected)


def test_batch_norm_remembers_as_torch_does():
    norm, theirs = make("batch").train(), torch.nn.BatchNorm1d(NODES * CHANNELS, eps=1e-3).double()
    for seed in range(3):
        apply(norm, hidden(seed=seed))
        theirs(hidden(seed=seed).flatten(1))
    torch.testing.assert_close(norm.running_mean, theirs.running_mean)
    torch.testing.assert_close(norm.running_var, theirs.running_var)


def test_group_batch_norm_pools_channels_and_samples_of_a_node():
    norm, values = make("groupbatch").train(), hidden()
    variance, mean = torch.var_mean(values, (0, 2), correction=0)
    expected = (values - mean[:, None]) / (variance[:, None] + 1e-5).sqrt()
    expected = expected * norm.weight[:, None] + norm.bias[:, None]
    torch.testing.assert_close(apply(norm, values), expected)
    torch.testing.assert_close(norm.running_mean, 0.1 * mean)
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * variance)


def test_ema_norm_uses_what_it_remembers_while_training():
    norm, values = make("ema").train(), hidden()
    result = apply(norm, values)
    variance, mean = torch.var_mean(values, 0, correction=0)
    torch.testing.assert_close(norm.running_mean, 0.1 * mean.flatten())
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * variance.flatten())
    norm.eval()
    torch.testing.assert_close(apply(norm, values), result)


@pytest.mark.parametrize("name", NORMS.names())
def test_eval_mode_leaves_the_norm_alone(name):
    norm = make(name).eval()
    before = copy.deepcopy(norm.state_dict())
    apply(norm, hidden())
    assert all(torch.equal(before[key], value) for key, value in norm.state_dict().items())


def test_statistics_stay_when_frozen_and_move_again_afterwards():
    norm = make("batch").train()
    with pytest.raises(ZeroDivisionError), frozen_statistics(norm):
        apply(norm, hidden())
        raise ZeroDivisionError
    assert (norm.running_mean == 0).all()
    apply(norm, hidden())
    assert (norm.running_mean != 0).all()


def test_padding_rows_of_the_edge_state_do_not_touch_the_statistics():
    """Row 1 is padding (−1): edges 0 and 1 are normalised alike whatever it holds."""
    edge_norm = NORMS["edgebatch"][1]
    results = []
    for content in (0.0, 1e6):
        norm = edge_norm(2, 1, torch.tensor([0, -1, 1]), torch.tensor([0, 2])).train()
        state = torch.tensor([[[1.0, 2.0]], [[content, -content]], [[3.0, 5.0]]])
        results.append((norm(state)[[0, 2]], norm.running_mean.clone(), norm.running_var.clone()))
    for ours, theirs in zip(*results, strict=True):
        assert torch.equal(ours, theirs)


def test_norms_say_what_they_do_to_channels():
    assert {name for name in NORMS if NORMS[name].keeps_magnitude} == {
        "batch",
        "groupbatch",
        "none",
    }
    assert {name for name in NORMS if NORMS[name].mixes_channels} == {
        "layer",
        "groupbatch",
        "rms",
        "softmax",
    }


@pytest.mark.parametrize("name", NORMS.names())
def test_a_channel_depends_on_the_others_where_the_norm_says_so(name):
    values = hidden()
    other = values.clone()
    other[:, :, 2] *= 3
    first, second = apply(make(name), values), apply(make(name), other)
    assert torch.allclose(first[:, :, :2], second[:, :, :2]) != NORMS[name].mixes_channels


@pytest.mark.parametrize(("name", "expected"), [("batch", 2), ("ema", 2), ("rms", 0), ("none", 0)])
def test_a_channel_costs_a_scale_and_a_shift_where_it_has_its_own(name, expected):
    assert make(name).parameters_per_channel == expected


@pytest.mark.parametrize("name", [name for name in NORMS.names() if NORMS[name][1] is None])
def test_a_model_equals_its_dense_form_with_the_same_norm(
    small_model, small_x, dense_forward, name
):
    """The norm of the channels sits where it should in the model, and on the right nodes."""
    model = small_model(norm=name, dtype=torch.float64)
    model(small_x.double())
    model.eval()

    def dense_norm(values: torch.Tensor, layer: int) -> torch.Tensor:
        norm = copy.deepcopy(model.blocks[layer].norm)
        if hasattr(norm, "order"):
            norm.order, norm.rank = torch.arange(5), torch.arange(5)
        return norm(values.permute(1, 2, 0)).permute(2, 0, 1)

    x = small_x.double()
    torch.testing.assert_close(model(x), dense_forward(model, x, norm=dense_norm))
