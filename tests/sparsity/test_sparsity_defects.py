"""Defects known from other implementations of sparse training, one test each."""

import gc
import logging
import warnings

import pytest
import torch
from torch import nn

from edgelab.errors import CheckpointError, ConfigError
from edgelab.sparsity import (
    CosineDecay,
    Masking,
    erdos_renyi_densities,
    global_magnitude_prune,
    grow_largest,
    maskable_weights,
    share_out,
)


def masking_of(
    model: nn.Module, *, lr: float = 0.05, momentum: float = 0.9, rate: float = 0.3, **options
) -> Masking:
    options = {
        "density": 0.5,
        "growth_mode": "absolute-gradient",
        "redistribution_mode": "none",
        "seed": 0,
        **options,
    }
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    path = options.pop("lottery_mask_path", None)
    masking = Masking(optimizer, CosineDecay(rate, 100), **options)
    masking.add_module(model, path)
    return masking


def backward(masking: Masking, *shape: int, dtype: torch.dtype = torch.float32) -> None:
    masking.optimizer.zero_grad()
    masking.module(torch.randn(4, *shape, dtype=dtype)).square().sum().backward()


@pytest.fixture
def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 10), nn.Tanh(), nn.Linear(10, 4))


def test_negative_budgets_grow_nothing():
    mask = torch.tensor([True, True] + [False] * 8)
    assert torch.equal(grow_largest(mask, torch.ones(10), -2), mask)
    assert share_out(-4, {"a": 0.5, "b": 0.5}, {"a": 9, "b": 9}) == {"a": 0, "b": 0}


@pytest.mark.parametrize("rate", [0.0, 1e-9, 1.0])
def test_density_does_not_run_away_late_in_training(model, rate):
    masking = masking_of(model, rate=rate, redistribution_mode="grad", density=0.3)
    for _ in range(30):
        backward(masking, 8)
        masking.update_connections()
    assert masking.stats.total_nonzero == masking.baseline_nonzero


@pytest.mark.parametrize(
    ("init", "same"), [("lottery-ticket", True), ("lottery-ticket-dist", False)]
)
def test_lottery_tickets_are_loaded(model, tmp_path, init, same):
    first = masking_of(model, density=0.3)
    torch.save({"mask": first.state_dict()}, tmp_path / "ticket.pt")
    fresh = nn.Sequential(nn.Linear(8, 10), nn.Tanh(), nn.Linear(10, 4))
    second = masking_of(fresh, sparse_init=init, seed=1, lottery_mask_path=tmp_path / "ticket.pt")
    assert second.stats.nonzeros_dict == first.stats.nonzeros_dict
    for name, mask in first.mask_dict.items():
        assert torch.equal(second.mask_dict[name], mask) is same
        assert fresh.get_parameter(name).any()


def test_broken_lottery_tickets_are_refused(model, tmp_path):
    with pytest.raises(ConfigError, match="lottery_mask_path"):
        masking_of(model, sparse_init="lottery-ticket")
    (tmp_path / "broken.pt").write_bytes(b"not a ticket")
    torch.save({"masks": {}}, tmp_path / "other.pt")
    torch.save({"mask": {"masks": {"0.weight": torch.ones(10, 8)}}}, tmp_path / "partial.pt")
    for file, message in (
        ("missing.pt", "cannot read"),
        ("broken.pt", "cannot read"),
        ("other.pt", "no lottery ticket"),
        ("partial.pt", "only on one side"),
    ):
        model = nn.Sequential(nn.Linear(8, 10), nn.Tanh(), nn.Linear(10, 4))
        with pytest.raises(CheckpointError, match=message):
            masking_of(model, sparse_init="lottery-ticket", lottery_mask_path=tmp_path / file)


def test_loading_a_state_restores_the_pattern(model):
    first = masking_of(model, density=0.3)
    backward(first, 8)
    first.set_masks({"0.weight": torch.eye(10, 8)})
    first.update_connections()
    first.step()
    first.prune_rate_decay.step(50)
    second = masking_of(
        nn.Sequential(nn.Linear(8, 10), nn.Tanh(), nn.Linear(10, 4)), density=0.3, seed=5
    )
    second.load_state_dict(first.state_dict())
    assert second.prune_rate == first.prune_rate < 0.3
    assert second.baseline_nonzero == first.baseline_nonzero
    for name, mask in first.mask_dict.items():
        assert torch.equal(second.mask_dict[name], mask)
        assert not second.weights[name].detach()[~mask].any()


def test_growth_over_zero_gradients_spares_active_weights():
    layer = nn.Linear(4, 1, bias=False)
    masking = masking_of(layer, sparse_init="random")
    masking.set_masks({"weight": torch.tensor([[1, 1, 0, 0]])})
    layer.weight.grad = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.5, 1.0, 0.0, 0.0]]))
    masking.update_connections()
    assert layer.weight.tolist() == [[0.0, 1.0, 0.0, 0.0]]
    assert masking.mask_dict["weight"].tolist() == [[True, True, False, False]]


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.9])
def test_global_pruning_is_exact_on_small_and_equal_weights(rate):
    for weights in (torch.rand(50), torch.ones(50)):
        layer = nn.Linear(50, 1, bias=False)
        masking = masking_of(layer, rate=rate, density=1.0, sparse_aware_init=False)
        with torch.no_grad():
            layer.weight.copy_(weights)
        assert global_magnitude_prune(masking) == round(50 * rate)
        assert int(masking.mask_dict["weight"].sum()) == 50 - round(50 * rate)


def test_global_pruning_goes_with_growth(model):
    masking = masking_of(
        model, prune_mode="global-magnitude", redistribution_mode="grad", density=0.3
    )
    backward(masking, 8)
    masking.update_connections()
    assert masking.stats.total_removed > 0
    assert masking.stats.total_nonzero == masking.baseline_nonzero


def test_density_one_works():
    shapes = {"c1": (16, 3, 3, 3), "c2": (32, 16, 3, 3), "fc": (10, 32)}
    assert erdos_renyi_densities(shapes, 1.0) == pytest.approx(dict.fromkeys(shapes, 1.0))
    for init in (
        "random",
        "erdos-renyi",
        "erdos-renyi-kernel",
        "struct-random",
        "struct-erdos-renyi-kernel",
    ):
        model = nn.Sequential(nn.Conv2d(1, 4, 2), nn.Flatten(), nn.Linear(16, 2))
        masking = masking_of(model, density=1.0, sparse_init=init)
        assert masking.stats.total_density == 1.0
        backward(masking, 1, 3, 3)
        masking.update_connections()
        assert masking.stats.total_density == 1.0


def test_impossible_structured_densities_are_refused():
    model = nn.Sequential(nn.Conv2d(1, 4, 2), nn.Flatten(), nn.Linear(16, 200))
    for init in ("struct-random", "struct-erdos-renyi", "struct-erdos-renyi-kernel"):
        with pytest.raises(ConfigError, match="stay dense in structured patterns"):
            masking_of(model, density=0.5, sparse_init=init)


def test_masks_own_their_memory_and_are_bool():
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Conv2d(4, 4, 3))
    for init in ("struct-random", "erdos-renyi-kernel"):
        masking = masking_of(model, sparse_init=init)
        for mask in masking.mask_dict.values():
            assert mask.dtype == torch.bool
            assert mask.is_contiguous()
            mask[0, 0, 0, 0] = True
        global_magnitude_prune(masking)


def test_norms_stay_out():
    model = nn.Sequential(
        nn.Linear(4, 4), nn.LayerNorm(4), nn.BatchNorm1d(4), nn.GroupNorm(2, 4), nn.PReLU(4)
    )
    assert list(maskable_weights(model)) == ["0.weight"]
    for init in ("erdos-renyi", "erdos-renyi-kernel", "random"):
        assert list(masking_of(model, sparse_init=init).mask_dict) == ["0.weight"]


def test_the_first_layer_is_masked():
    model = nn.Sequential(nn.Linear(784, 300), nn.Linear(300, 100), nn.Linear(100, 10))
    masking = masking_of(model, density=0.1, sparse_init="random")
    assert masking.stats.densities == pytest.approx(dict.fromkeys(masking.mask_dict, 0.1), abs=1e-3)
    assert masking.stats.total_density == pytest.approx(0.1, abs=1e-5)


@pytest.mark.parametrize("mode", ["growth_mode", "redistribution_mode"])
def test_momentum_modes_before_the_first_step(model, mode, caplog):
    masking = masking_of(model, **{mode: "momentum"})
    before = {name: mask.clone() for name, mask in masking.mask_dict.items()}
    backward(masking, 8)
    with caplog.at_level(logging.WARNING):
        masking.update_connections()
    assert "0.weight has no momentum" in caplog.text
    assert all(torch.equal(masking.mask_dict[name], mask) for name, mask in before.items())


def test_momentum_modes_need_an_optimizer_with_momentum(model):
    masking = masking_of(model, momentum=0.0, growth_mode="momentum")
    backward(masking, 8)
    with pytest.raises(ConfigError, match="SGD keeps no momentum"):
        masking.update_connections()


def test_momentum_growth_sees_inactive_weights(model):
    masking = masking_of(model, growth_mode="momentum", redistribution_mode="momentum")
    backward(masking, 8)
    masking.step()
    outside = ~masking.mask_dict["0.weight"]
    assert masking.get_momentum_for_weight(masking.weights["0.weight"])[outside].any()


@pytest.mark.parametrize("prune", ["magnitude", "global-magnitude"])
def test_layers_without_gradient_are_skipped_with_a_message(model, caplog, prune):
    masking = masking_of(model, redistribution_mode="grad", prune_mode=prune)
    before = {name: mask.clone() for name, mask in masking.mask_dict.items()}
    backward(masking, 8)
    model[0].weight.grad = None
    with caplog.at_level(logging.WARNING):
        masking.update_connections()
    assert "0.weight has no gradient" in caplog.text
    assert torch.equal(masking.mask_dict["0.weight"], before["0.weight"])
    assert not torch.equal(masking.mask_dict["2.weight"], before["2.weight"])
    assert masking.stats.total_nonzero == masking.baseline_nonzero
    masking.optimizer.zero_grad()  # to None, as torch does by default
    masking.update_connections()
    assert masking.stats.total_nonzero == masking.baseline_nonzero


def test_frozen_weights_are_not_masked(model):
    model[0].weight.requires_grad_(False)
    before = model[0].weight.clone()
    assert list(masking_of(model).mask_dict) == ["2.weight"]
    assert torch.equal(model[0].weight, before)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_every_dtype_and_memory_format(dtype, memory_format):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Tanh(), nn.Conv2d(8, 4, 3)).to(
        dtype, memory_format=memory_format
    )
    for growth in ("absolute-gradient", "momentum", "random", "struct-absolute-gradient-mean"):
        structured = growth.startswith("struct")
        options = (
            {"prune_mode": "struct-magnitude-mean", "sparse_init": "struct-random"}
            if structured
            else {}
        )
        masking = masking_of(model, growth_mode=growth, lr=1e-4, **options)
        for step in range(6):
            backward(masking, 3, 6, 6, dtype=dtype)
            masking.update_connections() if step % 2 else masking.step()
        assert masking.stats.total_nonzero == masking.baseline_nonzero
        for name, mask in masking.mask_dict.items():
            assert not masking.weights[name].detach()[~mask].any()
            assert mask.stride() == masking.weights[name].stride()


def count_tensors() -> int:
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def test_no_hooks_and_no_growing_memory(model):
    masking = masking_of(model)
    for _ in range(3):
        backward(masking, 8)
        masking.update_connections()
        masking.step()
    hooks = [
        *(module._forward_hooks for module in model.modules()),
        *(p._backward_hooks for p in model.parameters()),
    ]
    assert not any(hooks)
    tensors = count_tensors()
    for _ in range(10):
        masking.update_connections()
        masking.step()
    assert count_tensors() <= tensors


def test_no_warnings_from_schedules(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        masking = masking_of(model)
        backward(masking, 8)
        masking.step()
        masking.update_connections()


def test_redistribution_statistics_are_taken_once(model, monkeypatch):
    calls = []
    masking = masking_of(model, redistribution_mode="momentum")
    backward(masking, 8)
    masking.step()
    backward(masking, 8)
    momentum = masking.get_momentum_for_weight
    monkeypatch.setattr(
        masking, "get_momentum_for_weight", lambda weight: calls.append(1) or momentum(weight)
    )
    masking.update_connections()
    assert len(calls) <= 2 * len(masking.mask_dict)  # once to see that it is there, once to use it


def test_shared_weights_are_masked_once():
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encode = nn.Linear(6, 6, bias=False)
            self.decode = nn.Linear(6, 6, bias=False)
            self.decode.weight = self.encode.weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.decode(self.encode(x))

    masking = masking_of(Tied())
    assert list(masking.mask_dict) == ["encode.weight"]
    assert masking.total_params == 36
    backward(masking, 6)
    masking.update_connections()
    masking.step()
    assert int(torch.count_nonzero(masking.module.decode.weight)) <= 18


def test_equal_scores_go_by_lowest_index():
    layer = nn.Linear(6, 1, bias=False)
    masking = masking_of(layer, sparse_init="random", rate=0.5)
    masking.set_masks({"weight": torch.tensor([[1, 1, 1, 1, 0, 0]])})
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 1.0, 1.0, 1.0, 0.0, 0.0]]))
    layer.weight.grad = torch.tensor([[0.0, 0.0, 2.0, 2.0, 2.0, 2.0]])
    masking.update_connections()
    assert masking.mask_dict["weight"].tolist() == [[False, False, True, True, True, True]]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_same_choices_on_a_gpu(model):
    choices = []
    for device in ("cpu", "cuda"):
        torch.manual_seed(0)
        part = nn.Sequential(nn.Linear(300, 200), nn.Linear(200, 10)).double().to(device)
        masking = masking_of(part, density=0.1)
        for name, weight in masking.weights.items():
            weight.grad = (
                torch.arange(weight.numel()).reshape(weight.shape).double().remainder(97).to(device)
            )
            assert masking.mask_dict[name].device.type == device
        masking.update_connections()
        masking.step()
        choices.append([mask.cpu() for mask in masking.mask_dict.values()])
    assert all(torch.equal(*pair) for pair in zip(*choices, strict=True))
