"""Numbers computed by an independent implementation of dynamic sparse training, in float32."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from edgelab.sparsity import (
    DECAYS,
    GROWERS,
    NETWORK_PRUNERS,
    PRUNERS,
    CosineDecay,
    LinearDecay,
    MagnitudePruneDecay,
    Masking,
    erdos_renyi_densities,
    prune_rates,
    share_out,
)
from edgelab.sparsity._budgets import normalised
from edgelab.sparsity._patterns import kernel_density
from edgelab.sparsity._update import update_masks

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "sparse_training.json").read_text())
RATE_TOLERANCE = 1e-12
WEIGHT_TOLERANCE = 1e-6


def tensor(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)


def mask(values) -> torch.Tensor:
    return tensor(values) != 0


class Weights(nn.Module):
    """Nothing but weights of given values."""

    def __init__(self, values: dict[str, torch.Tensor]) -> None:
        super().__init__()
        for name, value in values.items():
            self.register_parameter(name.replace(".", "_"), nn.Parameter(value.clone()))


def masking_of(
    values: dict[str, torch.Tensor], masks: dict[str, torch.Tensor], rate: float = 0.3, **options
) -> Masking:
    module = Weights(values)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    masking = Masking(
        optimizer, CosineDecay(rate), density=1.0, sparse_aware_init=False, seed=0, **options
    )
    masking.add_module(module)
    masking.set_masks({name.replace(".", "_"): mask for name, mask in masks.items()})
    masking.name2prune_rate = dict.fromkeys(masking.mask_dict, rate)
    return masking


@pytest.mark.parametrize("case", GOLDEN["decay"]["cosine_auto"], ids=str)
def test_cosine_decay_counting_by_itself(case):
    decay = CosineDecay(case["prune_rate"], case["T_max"], case["eta_min"])
    for rate in case["dr_after_0..n_steps"]:
        assert decay.get_dr() == pytest.approx(rate, abs=RATE_TOLERANCE)
        decay.step()


@pytest.mark.parametrize("case", GOLDEN["decay"]["linear_auto"], ids=str)
def test_linear_decay_counting_by_itself(case):
    decay = LinearDecay(case["prune_rate"], case["T_max"])
    for rate in case["dr_after_0..n_steps"]:
        assert decay.get_dr() == pytest.approx(rate, abs=RATE_TOLERANCE)
        decay.step()


def explicit_cases():
    beyond_the_end = {1500, 20}  # there the other implementation climbs again, or falls below 0
    for decay_class, kind in ((CosineDecay, "cosine"), (LinearDecay, "linear")):
        for case in GOLDEN["decay"][f"{kind}_explicit"]:
            arguments = {name: value for name, value in case.items() if not name.startswith("[")}
            rows = case["[step,dr,_step]"]
            if rows[0][0] not in beyond_the_end:
                yield pytest.param(decay_class(**arguments), rows, id=f"{kind}-{arguments}")


@pytest.mark.parametrize(("decay", "rows"), list(explicit_cases()))
def test_decays_at_given_steps(decay, rows):
    for step, rate, n_steps in rows:
        decay.step(step)
        assert decay.get_dr() == pytest.approx(rate, abs=RATE_TOLERANCE)
        assert decay.n_steps == n_steps


@pytest.mark.parametrize(
    "case", GOLDEN["decay"]["magnitude_prune"], ids=lambda case: str(case["kwargs"])
)
def test_magnitude_prune_decay(case):
    decay = MagnitudePruneDecay(**case["kwargs"])
    for name, value in case["defaults"].items():
        assert getattr(MagnitudePruneDecay(), name) == value
    for step, cumulative, rate, rate_from_a_quarter, n_steps in next(iter(reversed(case.values()))):
        assert decay.cumulative_sparsity(step) == pytest.approx(cumulative, abs=RATE_TOLERANCE)
        decay.step(step)
        assert decay.get_dr() == pytest.approx(rate, abs=RATE_TOLERANCE)
        decay.step(step, 0.25)
        assert decay.get_dr() == pytest.approx(rate_from_a_quarter, abs=RATE_TOLERANCE)
        assert decay.n_steps == n_steps


def test_magnitude_prune_decay_counting_by_itself():
    decay = MagnitudePruneDecay(final_sparsity=0.5, T_max=10, T_start=2, interval=1)
    for rate in GOLDEN["decay"]["magnitude_prune_auto_T10_S2_I1_f0.5"]:
        assert decay.get_dr() == pytest.approx(rate, abs=RATE_TOLERANCE)
        decay.step()


def test_modes_of_decays():
    assert {name: DECAYS[name].mode for name in DECAYS} == GOLDEN["decay"]["modes"]


@pytest.mark.parametrize("architecture", GOLDEN["erdos_renyi"])
def test_erdos_renyi_densities(architecture):
    cases = dict(GOLDEN["erdos_renyi"][architecture])
    shapes = {name: tuple(shape) for name, shape in cases.pop("shapes").items()}
    for name, case in cases.items():
        kind, density = name.split("_")
        ours = erdos_renyi_densities(shapes, float(density), with_kernel=kind == "ERK")
        assert ours == pytest.approx(case["density"], abs=RATE_TOLERANCE)


def test_density_left_for_kernels():
    for name, density in GOLDEN["struct_density"].items():
        ours = kernel_density(float(name.rpartition("_")[2]), 23472, 640)
        assert ours == pytest.approx(density, abs=RATE_TOLERANCE)


def prune_cases():
    for name, cases in GOLDEN["prune"].items():
        mode = "magnitude" if name.startswith("magnitude") else name
        for case in cases if isinstance(cases, list) else [cases]:
            if mode in PRUNERS and "weight" in case:
                yield pytest.param(mode, case, "ties" in name, id=f"{name}-{case['rate']}")


@pytest.mark.parametrize(("mode", "case", "tied"), list(prune_cases()))
def test_pruning(mode, case, tied):
    weight, before = tensor(case["weight"]), mask(case["mask_in"])
    masking = masking_of({"w": weight}, {"w": before}, case["rate"])
    after = PRUNERS[mode](masking, before, weight, "w")
    assert int(before.sum() - after.sum()) == case["removed"]
    if tied:  # the other implementation leaves open which of the tied go
        assert weight[before & ~after].abs().max() <= weight[after].abs().min()
    elif "active_zeros" not in str(case):
        expected = mask(case["mask_out"])
        # Active zeros tie with each other: compare the magnitudes that are left.
        assert torch.equal(
            weight[after].abs().sort().values, weight[expected & before].abs().sort().values
        )


@pytest.mark.parametrize(
    "case", GOLDEN["prune"]["global_magnitude"], ids=lambda case: str(case["rate"])
)
def test_global_pruning_removes_what_is_wanted(case):
    weights = {name: tensor(value) for name, value in GOLDEN["global_magnitude_weights"].items()}
    masking = masking_of(
        weights, {name: torch.ones_like(value) for name, value in weights.items()}, case["rate"]
    )
    assert NETWORK_PRUNERS["global-magnitude"](masking) == case["tokill"]


def grow_cases():
    modes = {"abs_grad": "absolute-gradient", "momentum": "momentum", "none": "none"}
    for name, cases in GOLDEN["grow"].items():
        mode = "absolute-gradient" if name.startswith("abs_grad") else modes.get(name, name)
        for case in cases if isinstance(cases, list) else [cases]:
            if mode in GROWERS and "mask_in" in case:
                yield pytest.param(name, mode, case, id=f"{name}-{case['k']}")


@pytest.mark.parametrize(("name", "mode", "case"), list(grow_cases()))
def test_growth(name, mode, case):
    before = mask(case["mask_in"])
    masking = masking_of({"w": tensor(case["weight_in"])}, {"w": before})
    weight = masking.weights["w"]
    with torch.no_grad():
        weight.copy_(tensor(case["weight_in"]))
    weight.grad = tensor(case["grad"])
    if case["momentum"] is not None:
        masking.optimizer.state[weight]["momentum_buffer"] = tensor(case["momentum"])
    after = GROWERS[mode](masking, "w", case["k"], weight)
    assert torch.equal(masking.mask_dict["w"], before)
    # Without enough nonzero gradients the other implementation sets active weights to 0 and grows
    # too few.
    if "zero" in name or (mode == "absolute-gradient" and case["k"] == 8):
        assert int(after.sum()) == min(int(before.sum()) + case["k"], before.numel())
        assert torch.equal(weight.detach()[before], tensor(case["weight_in"])[before])
        return
    assert torch.equal(weight.detach(), tensor(case["weight_out"]))
    assert torch.equal(after, mask(case["mask_out"]))


def test_random_growth_counts_are_exact():
    before = torch.zeros(80, 100, dtype=torch.bool)
    masking = masking_of({"w": torch.ones(80, 100)}, {"w": before})
    counts = {
        int(GROWERS["random"](masking, "w", 400, masking.weights["w"]).sum()) for _ in range(20)
    }
    assert counts == {400}  # the other implementation: 355 to 440


@pytest.mark.parametrize("case", GOLDEN["budget_solver"], ids=lambda case: str(case["proportion"]))
def test_budgets(case):
    capacity = {name: case["zeros"][name] + case["removed"][name] for name in case["zeros"]}
    budgets = share_out(sum(case["removed"].values()), case["proportion"], capacity)
    assert sum(budgets.values()) == sum(case["removed"].values())
    # The other implementation leaves 1 % of every layer free and rounds each share by itself, which
    # can add weights.
    surplus = sum(case["budget"].values()) - sum(case["removed"].values())
    assert all(abs(budgets[name] - case["budget"][name]) <= 1 + max(surplus, 0) for name in budgets)


@pytest.mark.parametrize("case", GOLDEN["redistribution"], ids=lambda case: case["name"])
def test_prune_rates_and_budgets_of_an_update(case):
    density = {
        name: count / (count + case["zeros"][name]) for name, count in case["nonzeros"].items()
    }
    rates = prune_rates(case["rate"], density, case["proportion"])
    assert rates == pytest.approx(case["prune_rate"], abs=RATE_TOLERANCE)
    budgets = share_out(sum(case["removed"].values()), case["proportion"], case["capacity"])
    assert sum(budgets.values()) == sum(case["removed"].values())
    assert all(abs(budgets[name] - case["budget"][name]) <= 1 for name in budgets)


@pytest.mark.parametrize(
    "case", [c for c in GOLDEN["redistribution"] if c["inputs"]], ids=lambda case: case["name"]
)
def test_an_update_with_redistribution(case):
    values = {name: tensor(layer["weight"]) for name, layer in case["inputs"].items()}
    masks = {name: mask(layer["mask"]) for name, layer in case["inputs"].items()}
    options = {"growth_mode": "absolute-gradient", "redistribution_mode": case["mode"]}
    masking = masking_of(values, masks, case["rate"], **options)
    for name, layer in case["inputs"].items():
        weight = masking.weights[name.replace(".", "_")]
        weight.grad = tensor(layer["grad"])
        masking.optimizer.state[weight]["momentum_buffer"] = tensor(layer["momentum"])
    stats = update_masks(masking)

    def ours(counts):
        return {name: counts[name.replace(".", "_")] for name in case["removed"]}

    assert ours(stats.variance_dict) == pytest.approx(case["proportion"], abs=WEIGHT_TOLERANCE)
    assert ours(stats.removed_dict) == case["removed"]
    assert sum(stats.grown_dict.values()) == sum(case["removed"].values())
    assert all(
        abs(ours(stats.grown_dict)[name] - case["budget"][name]) <= 1 for name in case["budget"]
    )


def test_normalised_shares_of_an_update():
    assert normalised({"a": 0.0, "b": float("nan")}) is None


@pytest.mark.parametrize("name", GOLDEN["masking_trace"])
def test_course_of_a_whole_training(name):
    trace = GOLDEN["masking_trace"][name]
    options = trace["cfg"]
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
    model.load_state_dict({parameter: tensor(value) for parameter, value in trace["init"].items()})
    optimizer = torch.optim.SGD(model.parameters(), lr=options["lr"], momentum=0.9)
    masking = Masking(
        optimizer,
        CosineDecay(0.4, 12),
        dense_gradients=options["dense_gradients"],
        growth_mode=options["growth"],
        redistribution_mode=options["redistribution"],
        density=1.0,
        sparse_aware_init=False,
    )
    masking.add_module(model)
    masking.set_masks({layer: mask(values) for layer, values in trace["masks"].items()})
    masking.apply_mask()
    assert masking.baseline_nonzero == trace["baseline_nonzero"]
    for expected in trace["steps"]:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(tensor(trace["X"])), tensor(trace["Y"]))
        loss.backward()
        assert loss.item() == pytest.approx(
            expected["loss_before"], abs=WEIGHT_TOLERANCE, rel=WEIGHT_TOLERANCE
        )
        masking.update_connections() if expected["kind"] == "update" else masking.step()
        assert masking.mask_step == expected["mask_step"]
        assert masking.prune_rate == pytest.approx(expected["prune_rate"], abs=RATE_TOLERANCE)
        assert dict(masking.stats.nonzeros_dict) == expected["nonzero"]
        for layer, values in expected.get("masks", {}).items():
            assert torch.equal(masking.mask_dict[layer], mask(values))
        for parameter, values in expected.get("weights", {}).items():
            torch.testing.assert_close(
                model.get_parameter(parameter).detach(),
                tensor(values),
                atol=WEIGHT_TOLERANCE,
                rtol=0,
            )
