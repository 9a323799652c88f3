"""Masking as a whole: every combination of modes keeps its promises, and a resumed run equals an
uninterrupted one.
"""

import itertools
import logging

import pytest
import torch
from torch import nn

from edgelab.errors import CheckpointError, ConfigError
from edgelab.sparsity import (
    GROWERS,
    INITIAL_PATTERNS,
    NETWORK_PRUNERS,
    PRUNERS,
    REDISTRIBUTIONS,
    CosineDecay,
    LinearDecay,
    MagnitudePruneDecay,
    Masking,
    count_active,
    reads,
)

OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9, weight_decay=1e-4),
    "nesterov": lambda parameters: torch.optim.SGD(
        parameters, lr=0.05, momentum=0.9, nesterov=True
    ),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    "amsgrad": lambda parameters: torch.optim.AdamW(parameters, lr=0.01, amsgrad=True),
}


def perceptron(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(12, 20), nn.Tanh(), nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 3)
    )


def convolutions(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 6, 2),
        nn.Tanh(),
        nn.Conv2d(6, 8, 2),
        nn.Tanh(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 3),
    )


def masked(model: nn.Module, decay=None, optimizer: str = "sgd", **options) -> Masking:
    options = {"density": 0.3, "sparse_init": "erdos-renyi-kernel", "seed": 0, **options}
    masking = Masking(
        OPTIMIZERS[optimizer](model.parameters()), decay or CosineDecay(0.4, 60), **options
    )
    masking.add_module(model)
    return masking


def train(masking: Masking, shape: tuple[int, ...], steps: range, every: int = 4) -> None:
    """Steps, and now and then an update; data depend on nothing but the number of the step."""
    for step in steps:
        x = torch.randn(8, *shape, generator=torch.Generator().manual_seed(step))
        masking.optimizer.zero_grad()
        nn.functional.mse_loss(masking.module(x), x.flatten(1)[:, :3]).backward()
        masking.update_connections() if step % every == every - 1 else masking.step()
        check_invariants(masking)


def check_invariants(masking: Masking) -> None:
    for name, mask in masking.mask_dict.items():
        assert mask.dtype == torch.bool
        assert not masking.weights[name].detach()[~mask].any(), "a weight outside its mask"
        assert torch.isfinite(masking.weights[name]).all()
    assert dict(masking.stats.nonzeros_dict) == dict(count_active(masking.mask_dict).nonzeros_dict)


UNSTRUCTURED = [name for name in [*PRUNERS, *NETWORK_PRUNERS] if not name.startswith("struct")]
GROWN = [name for name in GROWERS if name != "none" and not name.startswith("struct")]


@pytest.mark.parametrize(
    ("prune", "grow", "redistribution"),
    list(itertools.product(UNSTRUCTURED, GROWN, REDISTRIBUTIONS)),
)
def test_number_of_active_weights_never_changes(prune, grow, redistribution):
    masking = masked(
        perceptron(), prune_mode=prune, growth_mode=grow, redistribution_mode=redistribution
    )
    start, patterns = masking.baseline_nonzero, [m.clone() for m in masking.mask_dict.values()]
    for chunk in range(6):
        train(masking, (12,), range(4 * chunk, 4 * chunk + 4))
        assert masking.stats.total_nonzero == start
        assert masking.stats.total_removed == sum(masking.stats.grown_dict.values()) > 0
    assert not all(
        torch.equal(old, new) for old, new in zip(patterns, masking.mask_dict.values(), strict=True)
    )
    assert start == round(0.3 * masking.total_params)


STRUCTURED = list(
    itertools.product(
        [name for name in PRUNERS if name.startswith("struct")],
        [name for name in GROWERS if name.startswith("struct")],
        [name for name in INITIAL_PATTERNS if name.startswith("struct")],
    )
)


@pytest.mark.parametrize(("prune", "grow", "init"), STRUCTURED)
def test_structured_modes_move_whole_kernels(prune, grow, init):
    masking = masked(
        convolutions(),
        prune_mode=prune,
        growth_mode=grow,
        redistribution_mode="none",
        sparse_init=init,
        density=0.5,
    )
    assert list(masking.mask_dict) == ["0.weight", "2.weight"]
    start = dict(masking.stats.nonzeros_dict)
    train(masking, (1, 5, 5), range(24))
    assert dict(masking.stats.nonzeros_dict) == start
    for mask in masking.mask_dict.values():
        assert set(mask.flatten(2).sum(-1).flatten().tolist()) <= {0, 4}


@pytest.mark.parametrize("grow", [name for name in GROWERS if not name.startswith("struct")])
def test_growth_leaves_active_weights_alone(grow):
    masking = masked(
        perceptron(), growth_mode=grow, redistribution_mode="grad", prune_mode="magnitude"
    )
    train(masking, (12,), range(11))
    before = {
        name: (mask.clone(), masking.weights[name].detach().clone())
        for name, mask in masking.mask_dict.items()
    }
    masking.optimizer.zero_grad()
    masking.module(torch.randn(8, 12)).square().sum().backward()
    masking.update_connections()
    for name, (mask, weight) in before.items():
        survivors = masking.mask_dict[name] & mask & (masking.weights[name].detach() != 0)
        assert torch.equal(masking.weights[name].detach()[survivors], weight[survivors])


def test_without_growth_masks_only_shrink():
    masking = masked(perceptron(), growth_mode="none", redistribution_mode="none")
    for chunk in range(5):
        before = {name: mask.clone() for name, mask in masking.mask_dict.items()}
        train(masking, (12,), range(4 * chunk, 4 * chunk + 4))
        assert all(not (mask & ~before[name]).any() for name, mask in masking.mask_dict.items())
        assert masking.stats.total_nonzero < sum(int(mask.sum()) for mask in before.values())


def test_gradual_pruning_follows_its_curve():
    decay = MagnitudePruneDecay(final_sparsity=0.8, T_max=40, T_start=4, interval=4)
    masking = masked(
        perceptron(),
        decay,
        density=1.0,
        prune_mode="global-magnitude",
        growth_mode="none",
        redistribution_mode="none",
    )
    train(masking, (12,), range(60))
    assert masking.stats.total_density == pytest.approx(0.2, abs=1.5 / masking.total_params)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dense", [True, False])
def test_momentum_outside_masks(optimizer, dense):
    masking = masked(
        perceptron(),
        optimizer=optimizer,
        growth_mode="absolute-gradient",
        redistribution_mode="none",
        dense_gradients=dense,
    )
    train(masking, (12,), range(10))
    for name, mask in masking.mask_dict.items():
        state = masking.optimizer.state[masking.weights[name]]
        moments = [
            value
            for value in state.values()
            if isinstance(value, torch.Tensor) and value.shape == mask.shape
        ]
        assert moments
        assert any(bool(moment[~mask].any()) for moment in moments) is dense


@pytest.mark.parametrize(("grow", "redistribution"), [("random", "grad"), ("momentum", "momentum")])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_resumed_run_equals_one_never_interrupted(grow, redistribution, optimizer, tmp_path):
    def start(seed: int) -> Masking:
        options = {"growth_mode": grow, "redistribution_mode": redistribution, "seed": seed}
        return masked(perceptron(seed), LinearDecay(0.5, 50), optimizer, **options)

    through, killed = start(0), start(0)
    train(through, (12,), range(40))
    train(killed, (12,), range(21))
    states = {"model": killed.module, "optimizer": killed.optimizer, "mask": killed}
    torch.save({name: part.state_dict() for name, part in states.items()}, tmp_path / "run.pt")
    resumed = start(7)
    stored = torch.load(tmp_path / "run.pt", weights_only=True)
    resumed.module.load_state_dict(stored["model"])
    resumed.optimizer.load_state_dict(stored["optimizer"])
    resumed.load_state_dict(stored["mask"])
    train(resumed, (12,), range(21, 40))
    for name, mask in through.mask_dict.items():
        assert torch.equal(resumed.mask_dict[name], mask)
    for name, value in through.module.state_dict().items():
        assert torch.equal(resumed.module.state_dict()[name], value)
    assert resumed.prune_rate_decay == through.prune_rate_decay
    assert resumed.stats == through.stats
    assert resumed.mask_step == through.mask_step == 40


def test_states_that_do_not_fit_are_refused():
    masking = masked(perceptron(), growth_mode="random", redistribution_mode="none")
    state = masking.state_dict()
    with pytest.raises(CheckpointError, match="lacks"):
        masking.load_state_dict({"masks": state["masks"]})
    with pytest.raises(
        CheckpointError, match=r"growth_mode='random', this one 'absolute-gradient'"
    ):
        masked(
            perceptron(), growth_mode="absolute-gradient", redistribution_mode="none"
        ).load_state_dict(state)
    with pytest.raises(CheckpointError, match="only on one side"):
        masked(convolutions(), growth_mode="random", redistribution_mode="none").load_state_dict(
            state
        )
    wider = nn.Sequential(
        nn.Linear(13, 20), nn.Tanh(), nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 3)
    )
    with pytest.raises(CheckpointError, match="has the shape"):
        masked(wider, growth_mode="random", redistribution_mode="none").load_state_dict(state)


def test_seeds():
    def pattern(**options) -> torch.Tensor:
        return masked(perceptron(), **options).mask_dict["0.weight"]

    assert torch.equal(pattern(seed=3), pattern(seed=3))
    assert not torch.equal(pattern(seed=3), pattern(seed=4))
    assert torch.equal(pattern(seed=None), pattern(seed=None))  # both after manual_seed(0)


def test_sparse_aware_initialisation_restores_the_signal():
    plain, aware = (masked(perceptron(), sparse_aware_init=on) for on in (False, True))
    for name, mask in aware.mask_dict.items():
        density = mask.float().mean()
        torch.testing.assert_close(aware.weights[name], plain.weights[name] * density**-0.5)
    given = perceptron()
    with torch.no_grad():
        given[0].weight[:, ::2] = 0
    before = given[0].weight.detach().clone()
    masked(given, sparse_init="resume", density=1.0)
    assert torch.equal(given[0].weight.detach(), before)


def test_layers_can_be_left_out():
    masking = masked(perceptron(), sparse_init="random")
    masking.remove_weight("0")
    masking.remove_weight("4.weight")
    assert list(masking.mask_dict) == list(masking.weights) == ["2.weight"]
    assert masking.total_params == 320
    with pytest.raises(ConfigError, match="not a masked weight"):
        masking.remove_weight("0.weight")
    with pytest.raises(ConfigError, match="no masked weight has a name containing 'conv'"):
        masking.remove_weight_partial_name("conv")
    masking.remove_type(nn.Linear)
    assert masking.stats.total_density == 1.0
    convolutional = masked(convolutions())
    convolutional.remove_type(nn.Linear)
    convolutional.remove_weight_partial_name("0.")
    assert list(convolutional.mask_dict) == ["2.weight"]


@pytest.mark.parametrize(
    "option", ["sparse_init", "prune_mode", "growth_mode", "redistribution_mode"]
)
def test_unknown_modes_are_listed(option):
    with pytest.raises(ConfigError, match="choose one of"):
        masked(perceptron(), **{option: "magnitud"})


def test_wrong_uses_are_refused():
    with pytest.raises(ConfigError, match="density"):
        masked(perceptron(), density=0.0)
    with pytest.raises(ConfigError, match="nothing to mask"):
        masked(nn.Sequential(nn.LayerNorm(4)))
    masking = masked(perceptron())
    with pytest.raises(ConfigError, match="has a module already"):
        masking.add_module(perceptron())
    with pytest.raises(ConfigError, match="not a masked weight"):
        masking.set_masks({"0.wieght": torch.ones(20, 12)})


@pytest.fixture
def own_growth():
    @GROWERS.register("first places")
    @reads("gradient")
    def grow_first(masking, name, total_regrowth, weight):
        mask = masking.mask_dict[name].clone()
        mask.view(-1)[(~mask.flatten()).nonzero().squeeze(1)[:total_regrowth]] = True
        return mask

    yield "first places"
    GROWERS._entries.pop("first places")


def test_a_mode_of_ones_own(own_growth):
    assert own_growth in GROWERS.names()
    masking = masked(perceptron(), growth_mode=own_growth, redistribution_mode="none")
    train(masking, (12,), range(8))
    assert masking.stats.total_nonzero == masking.baseline_nonzero
    with pytest.raises(ConfigError, match="registered already"):
        GROWERS.register(own_growth)


def test_momentum_growth_without_dense_gradients_warns(caplog):
    with caplog.at_level(logging.WARNING):
        masked(perceptron(), growth_mode="momentum", dense_gradients=False)
    assert "arbitrary" in caplog.text
    assert masked(perceptron(), growth_mode="momentum").dense_gradients
    assert not masked(perceptron(), growth_mode="absolute-gradient").dense_gradients


@pytest.mark.parametrize("dense", [True, False])
def test_gradients_outside_the_new_masks(dense):
    masking = masked(
        perceptron(),
        growth_mode="absolute-gradient",
        redistribution_mode="none",
        dense_gradients=dense,
        optimizer="adam",
    )
    masking.module(torch.randn(8, 12)).square().sum().backward()
    masking.update_connections()
    for name, mask in masking.mask_dict.items():
        assert bool(masking.weights[name].grad[~mask].any()) is dense


def test_growth_against_gradual_pruning_warns(caplog):
    with caplog.at_level(logging.WARNING):
        masked(perceptron(), MagnitudePruneDecay(), growth_mode="random")
    assert "grows back all that MagnitudePruneDecay prunes" in caplog.text


def test_masks_can_be_written_by_hand():
    masking = masked(perceptron(), growth_mode="random", redistribution_mode="none")
    masking.mask_dict["0.weight"][0] = False
    masking.apply_mask()
    assert not masking.weights["0.weight"][0].any()
    masking.mask_dict["2.weight"] = torch.zeros(16, 20, dtype=torch.bool)
    masking.apply_mask()
    assert not masking.weights["2.weight"].any()
