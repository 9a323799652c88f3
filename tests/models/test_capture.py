"""What a capture shows, what it leaves alone, and how it says no."""

import pytest
import torch

from edgelab.errors import CaptureError, ConfigError


@pytest.fixture
def model(small_model):
    return small_model(norm="layer", dropout=0.0)


def finite_difference(predict_loss, value: float = 1e-6) -> float:
    return (predict_loss(value) - predict_loss(-value)) / (2 * value)


def test_shapes_are_layers_batch_functions_channels(model, small_x):
    with model.capture() as cache:
        model(small_x).square().sum().backward()
    assert cache.activations.shape == cache.gradients.shape == (3, 4, 5, 3)
    assert not cache.activations.requires_grad


def test_the_gradient_is_the_slope_of_the_loss_at_each_activation(small_model, small_x):
    """A change of a channel's bias changes that activation in every sample by as much."""
    model = small_model(norm="layer", dtype=torch.float64)
    x = small_x.double()
    with model.capture() as cache:
        model(x).square().sum().backward()
    bias = model.blocks[1].lin_in.bias

    def loss_at(shift: float) -> float:
        with torch.no_grad():
            bias[0, 1] += shift
            loss = model(x).square().sum().item()
            bias[0, 1] -= shift
        return loss

    assert cache.gradients[1, :, 0, 1].sum().item() == pytest.approx(
        finite_difference(loss_at), rel=1e-5
    )


def test_capturing_changes_no_prediction_and_no_gradient(model, small_x):
    plain = model(small_x)
    plain.square().sum().backward()
    before = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    with model.capture():
        captured = model(small_x)
        captured.square().sum().backward()
    assert torch.equal(captured, plain)
    for parameter, gradient in zip(model.parameters(), before, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_gradients_of_touches_no_grad(model, small_x):
    kept = torch.full_like(model.blocks[0].lin_in.weight, 7.0)
    model.blocks[0].lin_in.weight.grad = kept.clone()
    x = small_x.clone().requires_grad_()
    with model.capture() as cache:
        loss = model(x).square().sum()
        gradients = cache.gradients_of(loss)
    assert torch.equal(model.blocks[0].lin_in.weight.grad, kept)
    assert x.grad is None
    assert all(
        p.grad is None for name, p in model.named_parameters() if name != "blocks.0.lin_in.weight"
    )
    with model.capture() as again:
        model(x).square().sum().backward()
    torch.testing.assert_close(gradients, again.gradients)


def test_gradients_are_zero_where_the_loss_does_not_depend(model, small_x):
    """Only o1 counts, which reads c and b: d's last activation moves nothing. An isolated function
    never does.
    """
    with model.capture() as cache:
        model(small_x)[:, 1].sum().backward()
    assert (cache.gradients[-1, :, 3] == 0).all()
    assert (cache.gradients[-1, :, 1] != 0).any()
    assert (cache.gradients[:, :, 4] == 0).all()


def test_the_last_forward_pass_counts(model, small_x):
    with model.capture() as cache:
        model(small_x)
        model(2 * small_x[:3]).sum().backward()
    with model.capture() as expected:
        model(2 * small_x[:3]).sum().backward()
    assert torch.equal(cache.activations, expected.activations)
    torch.testing.assert_close(cache.gradients, expected.gradients)


def test_blocks_show_their_own_part_inside_only(model, small_x):
    with model.capture() as cache:
        with pytest.raises(CaptureError, match="after a forward pass"):
            _ = model.blocks[0].pre_norm_activation
        loss = model(small_x).sum()
        with pytest.raises(CaptureError, match=r"loss\.backward"):
            _ = model.blocks[0].pre_norm_gradient
        loss.backward()
        for layer, block in enumerate(model.blocks):
            assert torch.equal(block.pre_norm_activation, cache.activations[layer])
            assert torch.equal(block.pre_norm_gradient, cache.gradients[layer])
    for value in ("pre_norm_activation", "pre_norm_gradient"):
        with pytest.raises(CaptureError, match="capture"):
            getattr(model.blocks[0], value)


def test_a_block_shared_weights_with_shows_its_own_values(small_model, small_x):
    model = small_model(share_layers=True)
    with model.capture() as cache:
        model(small_x).sum().backward()
        assert not torch.equal(
            model.blocks[0].pre_norm_activation, model.blocks[1].pre_norm_activation
        )
        assert torch.equal(model.blocks[2].pre_norm_gradient, cache.gradients[2])


def test_nothing_captured_yet_says_what_to_do(model, small_x):
    with model.capture() as cache:
        with pytest.raises(CaptureError, match=r"run model\(x\)"):
            _ = cache.activations
        loss = model(small_x).sum()
        with pytest.raises(CaptureError, match=r"loss\.backward"):
            _ = cache.gradients
        loss.backward()
        model(small_x)
        with pytest.raises(CaptureError, match=r"loss\.backward"):
            _ = cache.gradients


def test_a_forward_pass_without_gradients_gives_activations_only(model, small_x):
    with torch.no_grad(), model.capture() as cache:
        prediction = model(small_x)
    assert cache.activations.shape == (3, 4, 5, 3)
    with pytest.raises(CaptureError, match="gradients disabled"):
        cache.gradients_of(prediction.sum())
    with torch.inference_mode(), model.capture() as cache:
        model(small_x)
    assert cache.activations.shape == (3, 4, 5, 3)


def test_captures_do_not_nest(model):
    with model.capture(), pytest.raises(CaptureError, match="already"), model.capture():
        pass


def test_an_exception_inside_leaves_no_capture_behind(model, small_x):
    with pytest.raises(ZeroDivisionError), model.capture():
        raise ZeroDivisionError
    with model.capture() as cache:
        model(small_x).sum().backward()
    assert len(cache.activations) == 3
    with pytest.raises(CaptureError):
        _ = model.blocks[0].pre_norm_activation
    model(small_x)
    assert len(cache.values) == 3


def test_frozen_parameters_still_give_gradients(small_model, small_x):
    model = small_model()
    with model.capture() as expected:
        model(small_x).square().sum().backward()
    model.requires_grad_(False)
    with model.capture() as cache:
        model(small_x).square().sum().backward()
    torch.testing.assert_close(cache.gradients, expected.gradients)
    with model.capture() as cache:
        gradients = cache.gradients_of(model(small_x).square().sum())
    torch.testing.assert_close(gradients, expected.gradients)


def test_a_checkpointed_model_can_be_captured(small_model, small_x):
    caches = []
    for checkpoint in (False, True):
        model = small_model(checkpoint=checkpoint, norm="batch").train()
        with model.capture() as cache:
            model(small_x).square().sum().backward()
        caches.append(cache)
    torch.testing.assert_close(caches[0].activations, caches[1].activations)
    torch.testing.assert_close(caches[0].gradients, caches[1].gradients)


def test_post_norm_values_are_what_leaves_the_functions(small_model, small_x):
    model = small_model(norm="layer", node_mlp=False)
    with model.capture() as before:
        model(small_x)
    with model.capture("post_norm") as after:
        model(small_x).sum().backward()
        with pytest.raises(CaptureError):
            _ = model.blocks[0].pre_norm_activation
    assert after.gradients.shape == after.activations.shape
    block, wiring = model.blocks[0], model.wiring
    ranked = before.activations[0].permute(1, 2, 0)[wiring.inward.node_of_rank]
    expected = block.nonlin(block.norm(ranked))[wiring.inward.rank_of_node].permute(2, 0, 1)
    torch.testing.assert_close(after.activations[0], expected.detach())


def test_an_unknown_stage_is_refused(model):
    with pytest.raises(Exception, match=r"stage") as caught, model.capture("mid_norm"):
        pass
    assert not isinstance(caught.value, CaptureError)
    assert issubclass(ConfigError, ValueError)


def test_a_second_pass_after_the_capture_does_not_reach_the_cache(model, small_x):
    with model.capture() as cache:
        model(small_x).sum().backward()
    before = cache.activations.clone()
    model(3 * small_x).sum().backward()
    assert torch.equal(cache.activations, before)
