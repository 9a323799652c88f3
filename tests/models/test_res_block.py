"""One block: the order of its parts and its residual."""

import pytest
import torch

from edgelab.models import GSNN


def one_block(small_model, **options) -> GSNN:
    return small_model(**{"layers": 1, "norm": "none", **options})


def test_the_residual_adds_the_rectified_weight_times_the_state(small_model, small_x):
    """Edges from inputs receive nothing but their bias, so the residual is all that happens to
    them.
    """
    model = one_block(small_model)
    edges = {}
    for weight in (0.5, 0.0, -2.0):
        model.blocks[0].residual_weight.data.fill_(weight)
        edges[weight] = model(small_x, return_edges=True)[1]
    bias = model.blocks[0].lin_out.bias
    from_input = [model.edges.index(pair) for pair in (("i0", "a"), ("i0", "b"), ("i1", "a"))]
    torch.testing.assert_close(
        edges[0.5][:, from_input], bias[from_input] + 0.5 * small_x[:, [0, 0, 1]]
    )
    assert torch.equal(edges[-2.0], edges[0.0])


def test_without_residual_there_is_neither_weight_nor_scale(small_model, small_x, dense_forward):
    model = one_block(small_model, layers=2, residual=False)
    assert all(block.residual_weight is None for block in model.blocks)
    assert not any("residual" in name for name in model.state_dict())
    torch.testing.assert_close(model(small_x), dense_forward(model, small_x))


@pytest.mark.parametrize("norm_first", [True, False])
def test_the_norm_comes_before_or_after_the_nonlinearity(small_model, small_x, norm_first):
    model = one_block(small_model, norm="softmax", norm_first=norm_first, nonlin=torch.nn.Tanh)
    with model.capture() as before:
        model(small_x)
    with model.capture("post_norm") as after:
        model(small_x)
    hidden = before.activations[0]
    expected = hidden.softmax(-1).tanh() if norm_first else hidden.tanh().softmax(-1)
    torch.testing.assert_close(after.activations[0], expected)


def test_the_nonlinearity_is_the_one_asked_for(small_model, small_x, dense_forward):
    model = one_block(small_model, layers=3, nonlin=torch.nn.Tanh)
    torch.testing.assert_close(model(small_x), dense_forward(model, small_x, nonlin=torch.tanh))


def test_dropout_drops_channels_in_training_only(small_model, small_x):
    model = one_block(small_model, dropout=0.5)
    with model.train().capture("post_norm") as cache:
        model(small_x)
    dropped = (cache.activations == 0).float().mean()
    assert 0.2 < dropped < 0.8
    assert torch.equal(model.eval()(small_x), model(small_x))


@pytest.mark.parametrize("norm", ["edgebatch", "batch++", "channelema"])
def test_edge_norms_normalise_what_enters_and_not_the_residual(small_model, small_x, norm):
    """In eval mode with fresh statistics the edge norm divides by √(1 + eps) only: compare with
    plain products.
    """
    model = one_block(small_model, norm=norm, dtype=torch.float64).eval()
    block, x = model.blocks[0], small_x.double()
    block.edge_norm.weight.data.fill_(1.0)
    block.edge_norm.bias.data.zero_()
    with model.capture() as cache:
        edges = model(x, return_edges=True)[1]
    index, values, bias = block.lin_in.to_coo()
    matrix = torch.zeros(16, 15, dtype=torch.float64)
    matrix[index[0], index[1]] = values
    state = torch.zeros(4, 16, dtype=torch.float64)
    from_input = [model.edges.index(pair) for pair in (("i0", "a"), ("i0", "b"), ("i1", "a"))]
    state[:, from_input] = x[:, [0, 0, 1]]
    normalised = state / (1 + block.edge_norm.eps) ** 0.5
    torch.testing.assert_close(cache.activations[0].flatten(1), normalised @ matrix + bias)
    kept = block.residual_weight * state[:, from_input] + block.lin_out.bias[from_input]
    torch.testing.assert_close(edges[:, from_input], kept)
